ALTER TABLE platform.list_views DROP COLUMN opens_id;
