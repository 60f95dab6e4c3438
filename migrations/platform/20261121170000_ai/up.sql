-- What companies spend on AI. One call costs far less than a cent, so sums keep six digits (docs/adr/0004).
ALTER TABLE platform.tenants
    ALTER COLUMN ai_current_usage TYPE numeric(16,6),
    ADD CONSTRAINT tenants_ai_usage_check CHECK (ai_current_usage >= 0 AND ai_usage_limit >= 0);

-- The ledger outlives its company, as the audit log does.
CREATE TABLE platform.ai_usage (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   bigint NOT NULL,
    at          timestamptz NOT NULL,
    what        varchar(100) NOT NULL,
    provider    text NOT NULL,
    model       varchar(120) NOT NULL,
    tokens_in   bigint NOT NULL CHECK (tokens_in >= 0),
    tokens_out  bigint NOT NULL CHECK (tokens_out >= 0),
    cost        numeric(16,6) NOT NULL CHECK (cost >= 0),
    actor_label text NOT NULL
);
CREATE INDEX ai_usage_tenant_idx ON platform.ai_usage (tenant_id, id);
CREATE INDEX ai_usage_tenant_at_idx ON platform.ai_usage (tenant_id, at);
CREATE INDEX ai_usage_at_idx ON platform.ai_usage (at);
-- Looked at every ten minutes for months that are over.
CREATE INDEX tenants_ai_reset_idx ON platform.tenants (ai_usage_reset_date);
