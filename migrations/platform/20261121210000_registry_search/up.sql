-- New names go into the search indexes at once. A GIN index otherwise keeps them in a list until a vacuum, and the planner, seeing that
-- list, reads the whole registry instead; companies are made far too rarely for the list to save anything.
ALTER INDEX platform.tenants_name_trgm_idx SET (fastupdate = off);
ALTER INDEX platform.tenants_schema_trgm_idx SET (fastupdate = off);
ALTER INDEX platform.domains_domain_trgm_idx SET (fastupdate = off);
SELECT gin_clean_pending_list('platform.tenants_name_trgm_idx'), gin_clean_pending_list('platform.tenants_schema_trgm_idx'),
       gin_clean_pending_list('platform.domains_domain_trgm_idx');
