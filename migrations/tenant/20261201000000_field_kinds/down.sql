ALTER TABLE fields DROP CONSTRAINT fields_kind_check;
ALTER TABLE fields ADD CONSTRAINT fields_kind_check CHECK (kind IN ('text', 'long_text', 'number', 'money', 'date', 'checkbox', 'select',
    'email', 'phone', 'url'));
