DROP INDEX events_at_idx;
CREATE INDEX events_at_idx ON events (at);
ALTER TABLE events DROP COLUMN pipeline_id, DROP COLUMN changes;
DROP TABLE record_keys, records, field_options, fields, stages, boards, pipelines;
