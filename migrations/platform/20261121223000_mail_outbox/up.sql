-- Letters that wait to be sent: sealed, since they hold one-time links. A worker sends them after the act that caused
-- them is committed, and tries again while the mail server does not answer.
CREATE TABLE platform.mail_outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  bigint REFERENCES platform.tenants (id) ON DELETE CASCADE,
    -- The one-time link it brings, in the company's `user_tokens`.
    token_id   bigint,
    sealed     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_outbox_next_idx ON platform.mail_outbox (next_at, id);
CREATE INDEX mail_outbox_tenant_idx ON platform.mail_outbox (tenant_id);
