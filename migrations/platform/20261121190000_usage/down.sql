DROP INDEX platform.tenants_user_count_idx;
DROP TABLE platform.usage_fleet;
DROP TABLE platform.usage_sizes;
DROP TABLE platform.usage_people;
DROP TABLE platform.usage_days;
DROP TABLE platform.usage_hours;
