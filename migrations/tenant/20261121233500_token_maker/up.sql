-- Who made a one-time link and may still hold it: when its person comes to more rights, it ends.
ALTER TABLE user_tokens ADD COLUMN made_by bigint REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX user_tokens_made_by_idx ON user_tokens (made_by);
