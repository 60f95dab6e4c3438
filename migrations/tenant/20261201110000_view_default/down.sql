ALTER TABLE list_views DROP COLUMN opens_id;
