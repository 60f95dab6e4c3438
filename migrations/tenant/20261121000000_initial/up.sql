-- One company. Names are unqualified: the transaction's search path holds this tenant's schema alone.

CREATE TABLE users (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username           varchar(150) NOT NULL CHECK (username ~ '^[A-Za-z0-9._-]+$'),
    email              varchar(254) NOT NULL,
    password_hash      text,
    first_name         varchar(150) NOT NULL DEFAULT '',
    last_name          varchar(150) NOT NULL DEFAULT '',
    is_active          boolean NOT NULL DEFAULT true,
    is_staff           boolean NOT NULL DEFAULT false,
    user_type          varchar(50) NOT NULL DEFAULT 'user',
    manager_id         bigint REFERENCES users (id) ON DELETE SET NULL,
    metadata           jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    tenant_permissions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tenant_permissions) = 'object'),
    date_joined        timestamptz NOT NULL DEFAULT now(),
    last_login         timestamptz,
    session_epoch      integer NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE INDEX users_user_type_idx ON users (user_type);
CREATE INDEX users_updated_at_idx ON users (updated_at);
CREATE INDEX users_created_at_idx ON users (created_at, id);
CREATE INDEX users_last_login_idx ON users ((coalesce(last_login, '-infinity'::timestamptz)), id);
CREATE INDEX users_name_idx ON users ((lower(first_name || ' ' || last_name)), id);
CREATE INDEX users_email_sort_idx ON users ((lower(email)), id);
CREATE INDEX users_role_sort_idx ON users (user_type, id);
CREATE INDEX users_manager_idx ON users (manager_id);
CREATE INDEX users_metadata_idx ON users USING gin (metadata);
CREATE INDEX users_tenant_permissions_idx ON users USING gin (tenant_permissions);
-- The search box: one expression, so one index serves names, e-mail and username.
CREATE INDEX users_search_idx ON users
    USING gin ((lower(first_name || ' ' || last_name || ' ' || email || ' ' || username)) extensions.gin_trgm_ops);

CREATE TABLE roles (
    key         varchar(50) PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_]*$'),
    name        varchar(100) NOT NULL,
    is_system   boolean NOT NULL DEFAULT false,
    permissions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(permissions) = 'object'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE users ADD CONSTRAINT users_user_type_fkey FOREIGN KEY (user_type) REFERENCES roles (key);

CREATE TABLE user_roles (
    user_id  bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_key varchar(50) NOT NULL REFERENCES roles (key),
    PRIMARY KEY (user_id, role_key)
);
CREATE INDEX user_roles_role_idx ON user_roles (role_key);

-- One row, locked by each change of who is active or owner, so that no race can pass a limit.
CREATE TABLE quota (
    singleton     boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    max_users     integer NOT NULL CHECK (max_users >= 1),
    active_users  integer NOT NULL DEFAULT 0 CHECK (active_users >= 0),
    active_owners integer NOT NULL DEFAULT 0 CHECK (active_owners >= 0)
);
INSERT INTO quota (max_users) VALUES (100);

CREATE TABLE tenant_settings (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    setting_key   varchar(100) NOT NULL UNIQUE,
    setting_value jsonb NOT NULL,
    is_public     boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenant_settings_value_idx ON tenant_settings USING gin (setting_value);

CREATE TABLE audit_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq          bigint NOT NULL UNIQUE,
    at           timestamptz NOT NULL,
    actor_kind   text NOT NULL CHECK (actor_kind IN ('platform_admin', 'user', 'operator', 'system', 'anonymous')),
    actor_id     bigint,
    actor_label  text NOT NULL,
    on_behalf_of text,
    action       text NOT NULL,
    object_kind  text NOT NULL,
    object_id    text,
    object_label text NOT NULL DEFAULT '',
    diff         jsonb NOT NULL DEFAULT '{}',
    ip           text,
    user_agent   text,
    request_id   text,
    hash         bytea NOT NULL
);
CREATE INDEX audit_log_at_idx ON audit_log (at, id);
CREATE INDEX audit_log_object_idx ON audit_log (object_kind, object_id, id);
CREATE TABLE audit_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seq       bigint NOT NULL,
    hash      bytea NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, sha256(''::bytea));

-- Invitations and resets: only the SHA-256 of the secret is kept, single use.
CREATE TABLE user_tokens (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('invite', 'reset')),
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX user_tokens_user_idx ON user_tokens (user_id);

CREATE TABLE user_totp (
    user_id          bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_encrypted text NOT NULL,
    last_step        bigint NOT NULL DEFAULT 0,
    confirmed_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE recovery_codes (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    used_at   timestamptz,
    UNIQUE (user_id, code_hash)
);

CREATE TABLE login_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    user_id    bigint REFERENCES users (id) ON DELETE CASCADE,
    succeeded  boolean NOT NULL,
    reason     text NOT NULL DEFAULT '',
    ip         text,
    user_agent text,
    request_id text
);
CREATE INDEX login_events_user_idx ON login_events (user_id, at);
CREATE INDEX login_events_at_idx ON login_events (at);

CREATE TABLE job_checkpoints (
    job_id     bigint PRIMARY KEY,
    position   jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
