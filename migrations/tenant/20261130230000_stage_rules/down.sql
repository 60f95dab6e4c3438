ALTER TABLE records DROP COLUMN stage_since;
ALTER TABLE stages DROP COLUMN requires;
