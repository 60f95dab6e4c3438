DROP INDEX platform.tenants_ai_reset_idx;
DROP TABLE platform.ai_usage;
ALTER TABLE platform.tenants
    DROP CONSTRAINT tenants_ai_usage_check,
    ALTER COLUMN ai_current_usage TYPE numeric(10,2);
