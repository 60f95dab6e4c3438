ALTER TABLE platform.audit_log DROP COLUMN actor_key;
CREATE INDEX audit_log_actor_idx ON platform.audit_log (lower(actor_label) text_pattern_ops, id);
CREATE OR REPLACE FUNCTION platform.tenant_search_text(tenant bigint, name text, slug text, schema_name text) RETURNS text LANGUAGE sql STABLE
RETURN concat_ws(E'\n', lower(name), slug, schema_name,
    (SELECT string_agg(d.domain, E'\n' ORDER BY d.domain) FROM platform.domains d WHERE d.tenant_id = tenant));
CREATE OR REPLACE FUNCTION platform.tenant_search_of_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := platform.tenant_search_text(NEW.id, NEW.name, NEW.slug, NEW.schema_name);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION platform.tenant_search_of_domain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    PERFORM FROM platform.tenants WHERE id = changed FOR NO KEY UPDATE;
    UPDATE platform.tenants t SET search = platform.tenant_search_text(t.id, t.name, t.slug, t.schema_name) WHERE t.id = changed;
    RETURN NULL;
END $$;
DROP TRIGGER tenant_search ON platform.tenants;
CREATE TRIGGER tenant_search BEFORE INSERT OR UPDATE OF name, slug, schema_name ON platform.tenants
    FOR EACH ROW EXECUTE FUNCTION platform.tenant_search_of_tenant();
ALTER TABLE platform.tenants DROP COLUMN name_key;
CREATE INDEX tenants_name_idx ON platform.tenants (lower(name), id);
ALTER TABLE platform.platform_admins DROP COLUMN email_key;
CREATE UNIQUE INDEX platform_admins_email_idx ON platform.platform_admins (lower(email));
