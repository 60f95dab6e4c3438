-- What a search of the registry looks into, in one column: name, short name, schema and every domain of a company. One trigram index
-- instead of three lets the planner choose by itself between the index (few are found) and a walk in the list's order (many are).
ALTER TABLE platform.tenants ADD COLUMN search text NOT NULL DEFAULT '';

-- Lines, since nothing that is searched for holds one.
CREATE FUNCTION platform.tenant_search_text(tenant bigint, name text, slug text, schema_name text) RETURNS text LANGUAGE sql STABLE
RETURN concat_ws(E'\n', lower(name), slug, schema_name,
    (SELECT string_agg(d.domain, E'\n' ORDER BY d.domain) FROM platform.domains d WHERE d.tenant_id = tenant));

CREATE FUNCTION platform.tenant_search_of_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := platform.tenant_search_text(NEW.id, NEW.name, NEW.slug, NEW.schema_name);
    RETURN NEW;
END $$;

-- The row is locked before it is written, so that of two changes at once the later one reads what the earlier one wrote.
CREATE FUNCTION platform.tenant_search_of_domain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    PERFORM FROM platform.tenants WHERE id = changed FOR NO KEY UPDATE;
    UPDATE platform.tenants t SET search = platform.tenant_search_text(t.id, t.name, t.slug, t.schema_name) WHERE t.id = changed;
    RETURN NULL;
END $$;

CREATE TRIGGER tenant_search BEFORE INSERT OR UPDATE OF name, slug, schema_name ON platform.tenants
    FOR EACH ROW EXECUTE FUNCTION platform.tenant_search_of_tenant();
CREATE TRIGGER tenant_search AFTER INSERT OR DELETE OR UPDATE OF domain ON platform.domains
    FOR EACH ROW EXECUTE FUNCTION platform.tenant_search_of_domain();

UPDATE platform.tenants t SET search = platform.tenant_search_text(t.id, t.name, t.slug, t.schema_name);

-- New names go into the index at once. A GIN index otherwise keeps them in a list until a vacuum, and the planner, seeing that list,
-- reads the whole registry instead; companies are made far too rarely for the list to save anything.
CREATE INDEX tenants_search_idx ON platform.tenants USING gin (search extensions.gin_trgm_ops) WITH (fastupdate = off);
DROP INDEX platform.tenants_name_trgm_idx, platform.tenants_schema_trgm_idx, platform.domains_domain_trgm_idx;
