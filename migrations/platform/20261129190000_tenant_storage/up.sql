-- What a tenant may keep in files, in megabytes of 1024 x 1024 bytes.
ALTER TABLE platform.tenants ADD COLUMN max_storage_mb integer NOT NULL DEFAULT 5120 CHECK (max_storage_mb >= 0);
