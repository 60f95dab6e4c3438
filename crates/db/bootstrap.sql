-- Run once per database by a superuser, before the first `oneo migrate`; safe to run again.
-- Roles are made without a password: set those of oneo_owner and oneo_app with ALTER ROLE .. PASSWORD.
-- On PostgreSQL 15 CREATEROLE is a way to the operating system, so no role that can sign in holds it.
BEGIN;
-- Roles belong to the whole cluster. Any other change of them, even for another database, waits until this one has committed.
LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oneo_role_maker') THEN
        CREATE ROLE oneo_role_maker NOLOGIN CREATEROLE NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oneo_owner') THEN
        CREATE ROLE oneo_owner LOGIN NOCREATEROLE NOCREATEDB NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oneo_app') THEN
        CREATE ROLE oneo_app LOGIN NOCREATEROLE NOCREATEDB NOINHERIT;
    END IF;
    -- A temporary table could shadow a tenant's, so not even that right is left to PUBLIC.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO oneo_app, oneo_owner', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO oneo_owner', current_database());
END
$$;

ALTER ROLE oneo_app SET search_path = '';
ALTER ROLE oneo_app SET statement_timeout = '15s';
ALTER ROLE oneo_app SET lock_timeout = '5s';
ALTER ROLE oneo_app SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE oneo_app SET client_connection_check_interval = '1s';
-- Errors are told apart by their texts where diesel passes no SQLSTATE on; cursors are times as text.
ALTER ROLE oneo_app SET lc_messages = 'C';
ALTER ROLE oneo_app SET datestyle = 'ISO, MDY';
ALTER ROLE oneo_app SET timezone = 'UTC';
ALTER ROLE oneo_owner SET lc_messages = 'C';
ALTER ROLE oneo_owner SET datestyle = 'ISO, MDY';
ALTER ROLE oneo_owner SET timezone = 'UTC';
ALTER ROLE oneo_owner SET search_path = '';
ALTER ROLE oneo_owner SET lock_timeout = '5s';
ALTER ROLE oneo_owner SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE oneo_owner SET client_connection_check_interval = '1s';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS platform AUTHORIZATION oneo_owner;
CREATE SCHEMA IF NOT EXISTS extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA extensions;

-- What makes roles lives where nobody who can sign in may create or change anything: a name that these functions
-- read from elsewhere could be replaced by code of the schema's owner.
CREATE SCHEMA IF NOT EXISTS oneo_roles;
REVOKE ALL ON SCHEMA oneo_roles FROM PUBLIC;
GRANT USAGE ON SCHEMA oneo_roles TO oneo_role_maker, oneo_owner, oneo_app;
-- Roles belong to the whole cluster, so each installation marks its own with eight random characters.
CREATE TABLE IF NOT EXISTS oneo_roles.installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id        text NOT NULL CHECK (id ~ '^[a-z0-9]{8}$')
);
INSERT INTO oneo_roles.installation (id) VALUES (substr(replace(gen_random_uuid()::text, '-', ''), 1, 8)) ON CONFLICT DO NOTHING;
GRANT SELECT ON oneo_roles.installation TO oneo_role_maker, oneo_owner, oneo_app;

-- Makes the role of one tenant. It builds the name itself, so its caller can make no other role with it.
CREATE OR REPLACE FUNCTION oneo_roles.tenant_role_create(tenant_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    role_name text;
BEGIN
    SELECT 'oneo_' || i.id || '_t' || tenant_id INTO STRICT role_name FROM oneo_roles.installation i;
    IF tenant_id IS NULL OR role_name !~ '^oneo_[a-z0-9]{8}_t[0-9]{1,19}$' THEN
        RAISE EXCEPTION 'not a tenant role: %', role_name;
    END IF;
    EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', role_name);
    EXECUTE pg_catalog.format('GRANT %I TO oneo_app, oneo_owner', role_name);
    RETURN role_name;
END
$$;
CREATE OR REPLACE FUNCTION oneo_roles.tenant_role_drop(tenant_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    role_name text;
BEGIN
    SELECT 'oneo_' || i.id || '_t' || tenant_id INTO STRICT role_name FROM oneo_roles.installation i;
    IF tenant_id IS NULL OR role_name !~ '^oneo_[a-z0-9]{8}_t[0-9]{1,19}$' THEN
        RAISE EXCEPTION 'not a tenant role: %', role_name;
    END IF;
    EXECUTE pg_catalog.format('DROP ROLE IF EXISTS %I', role_name);
END
$$;
ALTER FUNCTION oneo_roles.tenant_role_create(bigint) OWNER TO oneo_role_maker;
ALTER FUNCTION oneo_roles.tenant_role_drop(bigint) OWNER TO oneo_role_maker;
REVOKE ALL ON FUNCTION oneo_roles.tenant_role_create(bigint), oneo_roles.tenant_role_drop(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oneo_roles.tenant_role_create(bigint), oneo_roles.tenant_role_drop(bigint) TO oneo_owner;
COMMIT;
