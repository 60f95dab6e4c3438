-- How a domain was proved to be its company's, until when it may be proved, and what the last look at its DNS said.
ALTER TABLE platform.domains
    ADD COLUMN verified_by text CHECK (verified_by IN ('platform', 'dns', 'operator')),
    ADD COLUMN token_expires_at timestamptz,
    ADD COLUMN checked_at timestamptz,
    ADD COLUMN check_error text,
    ADD COLUMN failing_since timestamptz;
UPDATE platform.domains SET verified_by = 'platform' WHERE verified_at IS NOT NULL;
CREATE INDEX domains_checked_idx ON platform.domains (checked_at) WHERE verified_by = 'dns';
