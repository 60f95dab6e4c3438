DELETE FROM platform.usage_sizes WHERE measured_at IS NULL;
DROP INDEX platform.usage_sizes_tried_idx;
ALTER TABLE platform.usage_sizes
    DROP COLUMN tried_at,
    ALTER COLUMN measured_at SET NOT NULL,
    ALTER COLUMN bytes SET NOT NULL,
    ALTER COLUMN rows SET NOT NULL,
    ALTER COLUMN tables SET NOT NULL;
CREATE INDEX usage_sizes_measured_idx ON platform.usage_sizes (measured_at);
