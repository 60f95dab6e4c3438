ALTER TABLE platform.tenants DROP COLUMN max_storage_mb;
