DROP TABLE links;
DELETE FROM fields WHERE kind = 'relation';
ALTER TABLE fields DROP CONSTRAINT fields_relation_check, DROP COLUMN relation_side, DROP COLUMN relation_id;
ALTER TABLE fields DROP CONSTRAINT fields_kind_check;
ALTER TABLE fields ADD CONSTRAINT fields_kind_check CHECK (kind IN ('text', 'long_text', 'number', 'money', 'percent', 'rating', 'duration',
    'date', 'datetime', 'checkbox', 'select', 'multi_select', 'email', 'phone', 'url'));
DROP TABLE relations;
