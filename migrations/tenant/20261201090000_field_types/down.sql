ALTER TABLE fields DROP COLUMN change, DROP COLUMN slot_number, DROP COLUMN dropped_slots, DROP COLUMN purged_at;
