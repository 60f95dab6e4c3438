-- The form in which texts are compared stands beside each of them, written by the program alone (`domain::text::fold`): SQL folds
-- some letters otherwise. What is folded here is exact for ASCII; the program folds the rest right after this.
ALTER TABLE users ADD COLUMN username_key text, ADD COLUMN email_key text, ADD COLUMN email_unicode_key text, ADD COLUMN name_key text;
UPDATE users SET username_key = lower(username), email_key = lower(email), email_unicode_key = '', name_key = lower(first_name || ' ' || last_name);
ALTER TABLE users ALTER COLUMN username_key SET NOT NULL, ALTER COLUMN email_key SET NOT NULL,
    ALTER COLUMN email_unicode_key SET NOT NULL, ALTER COLUMN name_key SET NOT NULL;
DROP INDEX users_username_key, users_email_key, users_name_idx, users_email_sort_idx, users_search_idx;
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_name_idx ON users (name_key, id);
CREATE INDEX users_email_sort_idx ON users (email_key, id);
CREATE INDEX users_search_idx ON users
    USING gin ((name_key || ' ' || email_key || ' ' || email_unicode_key || ' ' || username_key) extensions.gin_trgm_ops);

-- What the name looks like (`domain::text::looks`), so that no two roles are mistaken for each other.
ALTER TABLE roles ADD COLUMN name_key text;
UPDATE roles SET name_key = lower(name);
ALTER TABLE roles ALTER COLUMN name_key SET NOT NULL;
DROP INDEX roles_name_key;
CREATE UNIQUE INDEX roles_name_key ON roles (name_key);

ALTER TABLE audit_log ADD COLUMN actor_key text;
UPDATE audit_log SET actor_key = lower(actor_label);
ALTER TABLE audit_log ALTER COLUMN actor_key SET NOT NULL;
DROP INDEX audit_log_actor_idx;
CREATE INDEX audit_log_actor_idx ON audit_log (actor_key text_pattern_ops, id);
