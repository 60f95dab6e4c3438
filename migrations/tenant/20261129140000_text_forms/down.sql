ALTER TABLE audit_log DROP COLUMN actor_key;
CREATE INDEX audit_log_actor_idx ON audit_log (lower(actor_label) text_pattern_ops, id);
ALTER TABLE roles DROP COLUMN name_key;
CREATE UNIQUE INDEX roles_name_key ON roles (lower(name));
DROP INDEX users_search_idx;
ALTER TABLE users DROP COLUMN username_key, DROP COLUMN email_key, DROP COLUMN email_unicode_key, DROP COLUMN name_key;
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE INDEX users_name_idx ON users ((lower(first_name || ' ' || last_name)), id);
CREATE INDEX users_email_sort_idx ON users ((lower(email)), id);
CREATE INDEX users_search_idx ON users
    USING gin ((lower(first_name || ' ' || last_name || ' ' || email || ' ' || username)) extensions.gin_trgm_ops);
