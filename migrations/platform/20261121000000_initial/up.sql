-- The control plane. Every name is qualified: nothing here relies on a search path.

CREATE TABLE platform.tenants (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                varchar(100) NOT NULL CHECK (name <> ''),
    slug                varchar(40) NOT NULL UNIQUE,
    schema_name         varchar(63) NOT NULL UNIQUE,
    status              text NOT NULL DEFAULT 'active'
                        CHECK (status IN ('active', 'suspended', 'archived', 'purging')),
    -- The newest tenant migration applied; NULL while the tenant has no schema yet.
    schema_version      bigint,
    last_error          text,
    created_on          timestamptz NOT NULL DEFAULT now(),
    auto_create_schema  boolean NOT NULL DEFAULT true,
    auto_drop_schema    boolean NOT NULL DEFAULT false,
    max_users           integer NOT NULL DEFAULT 100 CHECK (max_users >= 1),
    user_count          integer NOT NULL DEFAULT 0,
    features_enabled    jsonb NOT NULL DEFAULT '{}',
    billing_settings    jsonb NOT NULL DEFAULT '{}',
    ai_config_encrypted text,
    ai_enabled          boolean NOT NULL DEFAULT false,
    ai_usage_limit      numeric(10,2) NOT NULL DEFAULT 100.00,
    ai_current_usage    numeric(10,2) NOT NULL DEFAULT 0.00,
    ai_usage_reset_date date NOT NULL DEFAULT current_date,
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenants_created_on_idx ON platform.tenants (created_on, id);
CREATE INDEX tenants_name_idx ON platform.tenants (lower(name), id);
CREATE INDEX tenants_status_idx ON platform.tenants (status);
CREATE INDEX tenants_name_trgm_idx ON platform.tenants USING gin (lower(name) extensions.gin_trgm_ops);
CREATE INDEX tenants_schema_trgm_idx ON platform.tenants USING gin (schema_name extensions.gin_trgm_ops);

-- Schema names once used, so that none is ever given to a second tenant.
CREATE TABLE platform.schema_names (
    schema_name varchar(63) PRIMARY KEY,
    tenant_id   bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE platform.domains (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain      varchar(253) NOT NULL UNIQUE,
    tenant_id   bigint NOT NULL REFERENCES platform.tenants (id) ON DELETE CASCADE,
    is_primary  boolean NOT NULL DEFAULT false,
    verified_at timestamptz,
    token       text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX domains_one_primary_idx ON platform.domains (tenant_id) WHERE is_primary;
CREATE INDEX domains_tenant_idx ON platform.domains (tenant_id);
CREATE INDEX domains_domain_trgm_idx ON platform.domains USING gin (domain extensions.gin_trgm_ops);

CREATE TABLE platform.platform_admins (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         varchar(254) NOT NULL,
    password_hash text,
    first_name    varchar(150) NOT NULL DEFAULT '',
    last_name     varchar(150) NOT NULL DEFAULT '',
    role          text NOT NULL DEFAULT 'admin' CHECK (role IN ('admin', 'support')),
    is_active     boolean NOT NULL DEFAULT true,
    session_epoch integer NOT NULL DEFAULT 0,
    last_login    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX platform_admins_email_idx ON platform.platform_admins (lower(email));

-- One-time links of platform admins: only the SHA-256 of the secret is kept.
CREATE TABLE platform.admin_tokens (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    admin_id   bigint NOT NULL REFERENCES platform.platform_admins (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('invite', 'reset')),
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX admin_tokens_admin_idx ON platform.admin_tokens (admin_id);

CREATE TABLE platform.audit_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq          bigint NOT NULL UNIQUE,
    at           timestamptz NOT NULL,
    actor_kind   text NOT NULL CHECK (actor_kind IN ('platform_admin', 'user', 'operator', 'system', 'anonymous')),
    actor_id     bigint,
    actor_label  text NOT NULL,
    on_behalf_of text,
    tenant_id    bigint,
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
CREATE INDEX audit_log_at_idx ON platform.audit_log (at, id);
CREATE INDEX audit_log_tenant_idx ON platform.audit_log (tenant_id, id);
CREATE TABLE platform.audit_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seq       bigint NOT NULL,
    hash      bytea NOT NULL
);
INSERT INTO platform.audit_head (seq, hash) VALUES (0, sha256(''::bytea));

CREATE TABLE platform.jobs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    tenant_id   bigint,
    status      text NOT NULL DEFAULT 'queued'
                CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    params      jsonb NOT NULL DEFAULT '{}',
    done        bigint NOT NULL DEFAULT 0,
    total       bigint,
    error       text,
    created_by  text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    started_at  timestamptz,
    heartbeat_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX jobs_status_idx ON platform.jobs (status, id);
CREATE INDEX jobs_tenant_idx ON platform.jobs (tenant_id, id);

CREATE TABLE platform.settings (
    setting_key   varchar(100) PRIMARY KEY,
    setting_value jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Failed and refused attempts of nobody in particular: unchained, kept 90 days.
CREATE TABLE platform.security_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    tenant_id  bigint,
    kind       text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    ip         text,
    user_agent text,
    request_id text
);
CREATE INDEX security_events_at_idx ON platform.security_events (at);
CREATE INDEX security_events_tenant_idx ON platform.security_events (tenant_id, at);
