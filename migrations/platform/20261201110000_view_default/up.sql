-- The view that a list opens with, in the row that holds its owner's columns. A view that was deleted, or that the owner no longer sees, opens nothing.
ALTER TABLE platform.list_views ADD COLUMN opens_id bigint, ADD CHECK (opens_id IS NULL OR name = '');
