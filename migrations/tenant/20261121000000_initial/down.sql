DROP TABLE job_checkpoints, login_events, recovery_codes, user_totp, user_tokens, audit_head, audit_log,
    tenant_settings, quota, user_roles;
ALTER TABLE users DROP CONSTRAINT users_user_type_fkey;
DROP TABLE roles, users;
