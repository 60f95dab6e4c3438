DROP SCHEMA oneo_queue CASCADE;
DROP INDEX platform.jobs_finished_idx;
ALTER TABLE platform.mail_outbox DROP COLUMN message_id;
