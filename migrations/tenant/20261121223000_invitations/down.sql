DELETE FROM user_tokens WHERE ended_at IS NOT NULL;
ALTER TABLE user_tokens DROP COLUMN ended_at, DROP COLUMN ended_by, DROP COLUMN mail_state, DROP COLUMN mail_at, DROP COLUMN mail_error;
