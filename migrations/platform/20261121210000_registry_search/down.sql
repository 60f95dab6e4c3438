ALTER INDEX platform.tenants_name_trgm_idx RESET (fastupdate);
ALTER INDEX platform.tenants_schema_trgm_idx RESET (fastupdate);
ALTER INDEX platform.domains_domain_trgm_idx RESET (fastupdate);
