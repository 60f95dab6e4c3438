DROP INDEX job_checkpoints_updated_idx;
DROP TABLE job_keys;
DROP TABLE events;
ALTER TABLE audit_head DROP COLUMN event_seq;
