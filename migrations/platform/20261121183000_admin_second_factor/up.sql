-- The second factor of platform admins, as companies have it for their users.
CREATE TABLE platform.admin_totp (
    admin_id         bigint PRIMARY KEY REFERENCES platform.platform_admins (id) ON DELETE CASCADE,
    secret_encrypted text NOT NULL,
    last_step        bigint NOT NULL DEFAULT 0,
    confirmed_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE platform.admin_recovery_codes (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    admin_id  bigint NOT NULL REFERENCES platform.platform_admins (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    used_at   timestamptz,
    UNIQUE (admin_id, code_hash)
);
