DROP INDEX platform.domains_checked_idx;
ALTER TABLE platform.domains
    DROP COLUMN failing_since,
    DROP COLUMN check_error,
    DROP COLUMN checked_at,
    DROP COLUMN token_expires_at,
    DROP COLUMN verified_by;
