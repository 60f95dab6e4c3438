-- Percentages, ratings, lengths of time, moments, and several options in one field.
ALTER TABLE fields DROP CONSTRAINT fields_kind_check;
ALTER TABLE fields ADD CONSTRAINT fields_kind_check CHECK (kind IN ('text', 'long_text', 'number', 'money', 'percent', 'rating', 'duration',
    'date', 'datetime', 'checkbox', 'select', 'multi_select', 'email', 'phone', 'url'));
