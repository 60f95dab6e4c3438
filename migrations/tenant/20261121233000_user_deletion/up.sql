-- People who are deleted stay for a while, hidden and without a place, so that they can be brought back.
ALTER TABLE users ADD COLUMN deleted_at timestamptz, ADD CONSTRAINT users_deleted_check CHECK (deleted_at IS NULL OR NOT is_active);
CREATE INDEX users_deleted_idx ON users (deleted_at) WHERE deleted_at IS NOT NULL;
