-- When a company was archived, and from when it may be purged.
ALTER TABLE platform.tenants
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN purge_after timestamptz,
    ADD CONSTRAINT tenants_purge_after_archived CHECK (purge_after IS NULL OR archived_at IS NOT NULL);
CREATE INDEX tenants_purge_after_idx ON platform.tenants (purge_after) WHERE purge_after IS NOT NULL;
