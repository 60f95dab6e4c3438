-- A change of a field's type fills another slot and then swaps the two. The former values stay for 30 days.
ALTER TABLE fields
    -- The last change, as domain::record::TypeChange.
    ADD COLUMN change jsonb CHECK (jsonb_typeof(change) = 'object'),
    -- The highest number a slot of the field was given; none is given twice.
    ADD COLUMN slot_number integer NOT NULL DEFAULT 1,
    -- Slots that nothing reads any more, until their values are removed from all records.
    ADD COLUMN dropped_slots text[] NOT NULL DEFAULT '{}';
-- When the values of a deleted field were removed from all records. It cannot be restored then.
ALTER TABLE fields ADD COLUMN purged_at timestamptz;
