DROP INDEX users_deleted_idx;
ALTER TABLE users DROP CONSTRAINT users_deleted_check, DROP COLUMN deleted_at;
