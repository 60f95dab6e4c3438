-- How often lists filter or sort by a field, and when they last did: the adviser of indexes reads it.
ALTER TABLE fields
    ADD COLUMN uses bigint NOT NULL DEFAULT 0,
    ADD COLUMN used_at timestamptz;
