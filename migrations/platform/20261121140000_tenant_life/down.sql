DROP INDEX platform.tenants_purge_after_idx;
ALTER TABLE platform.tenants
    DROP CONSTRAINT tenants_purge_after_archived,
    DROP COLUMN purge_after,
    DROP COLUMN archived_at;
