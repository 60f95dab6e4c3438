-- The form in which texts are compared stands beside each of them, written by the program alone (`domain::text::fold`): SQL folds
-- some letters otherwise. What is folded here is exact for ASCII; the program folds the rest right after this.
ALTER TABLE platform.platform_admins ADD COLUMN email_key text;
UPDATE platform.platform_admins SET email_key = lower(email);
ALTER TABLE platform.platform_admins ALTER COLUMN email_key SET NOT NULL;
DROP INDEX platform.platform_admins_email_idx;
CREATE UNIQUE INDEX platform_admins_email_idx ON platform.platform_admins (email_key);

ALTER TABLE platform.tenants ADD COLUMN name_key text;
UPDATE platform.tenants SET name_key = lower(name);
ALTER TABLE platform.tenants ALTER COLUMN name_key SET NOT NULL;
DROP INDEX platform.tenants_name_idx;
CREATE INDEX tenants_name_idx ON platform.tenants (name_key, id);

CREATE OR REPLACE FUNCTION platform.tenant_search_text(tenant bigint, name text, slug text, schema_name text) RETURNS text LANGUAGE sql STABLE
RETURN concat_ws(E'\n', name, slug, schema_name,
    (SELECT string_agg(d.domain, E'\n' ORDER BY d.domain) FROM platform.domains d WHERE d.tenant_id = tenant));
CREATE OR REPLACE FUNCTION platform.tenant_search_of_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := platform.tenant_search_text(NEW.id, NEW.name_key, NEW.slug, NEW.schema_name);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION platform.tenant_search_of_domain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    PERFORM FROM platform.tenants WHERE id = changed FOR NO KEY UPDATE;
    UPDATE platform.tenants t SET search = platform.tenant_search_text(t.id, t.name_key, t.slug, t.schema_name) WHERE t.id = changed;
    RETURN NULL;
END $$;
DROP TRIGGER tenant_search ON platform.tenants;
CREATE TRIGGER tenant_search BEFORE INSERT OR UPDATE OF name_key, slug, schema_name ON platform.tenants
    FOR EACH ROW EXECUTE FUNCTION platform.tenant_search_of_tenant();

ALTER TABLE platform.audit_log ADD COLUMN actor_key text;
UPDATE platform.audit_log SET actor_key = lower(actor_label);
ALTER TABLE platform.audit_log ALTER COLUMN actor_key SET NOT NULL;
DROP INDEX platform.audit_log_actor_idx;
CREATE INDEX audit_log_actor_idx ON platform.audit_log (actor_key text_pattern_ops, id);
