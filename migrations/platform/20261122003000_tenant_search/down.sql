CREATE INDEX tenants_name_trgm_idx ON platform.tenants USING gin (lower(name) extensions.gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX tenants_schema_trgm_idx ON platform.tenants USING gin (schema_name extensions.gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX domains_domain_trgm_idx ON platform.domains USING gin (domain extensions.gin_trgm_ops) WITH (fastupdate = off);
DROP TRIGGER tenant_search ON platform.domains;
DROP TRIGGER tenant_search ON platform.tenants;
DROP FUNCTION platform.tenant_search_of_domain();
DROP FUNCTION platform.tenant_search_of_tenant();
DROP FUNCTION platform.tenant_search_text(bigint, text, text, text);
ALTER TABLE platform.tenants DROP COLUMN search;
