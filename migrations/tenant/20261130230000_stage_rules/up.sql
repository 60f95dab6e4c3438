-- Fields without which a record is not moved to a stage, nor changed in it.
ALTER TABLE stages ADD COLUMN requires bigint[] NOT NULL DEFAULT '{}';
-- Since when a record is in its stage.
ALTER TABLE records ADD COLUMN stage_since timestamptz;
UPDATE records SET stage_since = created_at WHERE stage_id IS NOT NULL;
