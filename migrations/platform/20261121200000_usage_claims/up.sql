-- Who measures a company next: taken before it is measured, so that processes share the work and one that is out of order waits its turn.
ALTER TABLE platform.usage_sizes
    ADD COLUMN tried_at timestamptz,
    ALTER COLUMN measured_at DROP NOT NULL,
    ALTER COLUMN bytes DROP NOT NULL,
    ALTER COLUMN rows DROP NOT NULL,
    ALTER COLUMN tables DROP NOT NULL;
UPDATE platform.usage_sizes SET tried_at = measured_at;
ALTER TABLE platform.usage_sizes ALTER COLUMN tried_at SET NOT NULL;
DROP INDEX platform.usage_sizes_measured_idx;
CREATE INDEX usage_sizes_tried_idx ON platform.usage_sizes (tried_at);
