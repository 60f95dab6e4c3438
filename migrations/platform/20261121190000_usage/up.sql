-- How much companies use: requests and errors by hour and by day, people by day, sizes as last measured. The rows of
-- tenant 0 are those of the whole installation, so that no page adds up ten thousand companies. Company 0 exists not.
CREATE TABLE platform.usage_hours (
    tenant_id bigint NOT NULL,
    hour      timestamptz NOT NULL,
    requests  bigint NOT NULL DEFAULT 0,
    errors    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, hour)
);
CREATE INDEX usage_hours_hour_idx ON platform.usage_hours (hour);

CREATE TABLE platform.usage_days (
    tenant_id bigint NOT NULL,
    day       date NOT NULL,
    requests  bigint NOT NULL DEFAULT 0,
    errors    bigint NOT NULL DEFAULT 0,
    people    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, day)
);
CREATE INDEX usage_days_day_idx ON platform.usage_days (day, requests DESC);

-- Who was seen on a day, so that nobody is counted twice. Kept for two days.
CREATE TABLE platform.usage_people (
    day       date NOT NULL,
    tenant_id bigint NOT NULL,
    user_id   bigint NOT NULL,
    PRIMARY KEY (day, tenant_id, user_id)
);

CREATE TABLE platform.usage_sizes (
    tenant_id   bigint PRIMARY KEY REFERENCES platform.tenants (id) ON DELETE CASCADE,
    measured_at timestamptz NOT NULL,
    bytes       bigint NOT NULL,
    rows        bigint NOT NULL,
    tables      jsonb NOT NULL
);
CREATE INDEX usage_sizes_measured_idx ON platform.usage_sizes (measured_at);
CREATE INDEX usage_sizes_bytes_idx ON platform.usage_sizes (bytes DESC, tenant_id);
CREATE INDEX usage_sizes_rows_idx ON platform.usage_sizes (rows DESC, tenant_id);

-- The whole installation on each day, as last seen on it.
CREATE TABLE platform.usage_fleet (
    day      date PRIMARY KEY,
    tenants  bigint NOT NULL,
    users    bigint NOT NULL,
    bytes    bigint,
    ai_spent numeric(16,6) NOT NULL
);
CREATE INDEX tenants_user_count_idx ON platform.tenants (user_count DESC, id);
