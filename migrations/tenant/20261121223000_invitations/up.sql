-- How a one-time link ended, so that its page can say so, and how its letter fares.
ALTER TABLE user_tokens
    ADD COLUMN ended_at   timestamptz,
    ADD COLUMN ended_by   text CHECK (ended_by IN ('revoked', 'replaced')),
    ADD COLUMN mail_state text CHECK (mail_state IN ('waiting', 'sent', 'failed')),
    ADD COLUMN mail_at    timestamptz,
    ADD COLUMN mail_error text;
