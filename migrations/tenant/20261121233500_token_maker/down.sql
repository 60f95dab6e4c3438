DROP INDEX user_tokens_made_by_idx;
ALTER TABLE user_tokens DROP COLUMN made_by;
