-- Custom fields of users. Their values stand under `key` in users.metadata, where users_metadata_idx finds them.
CREATE TABLE user_fields (
    key         text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_]{0,49}$'),
    label       text NOT NULL CHECK (length(label) BETWEEN 1 AND 60),
    label_key   text NOT NULL UNIQUE,
    kind        text NOT NULL CHECK (kind IN ('text', 'number', 'date', 'choice', 'checkbox')),
    choices     jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(choices) = 'array'),
    is_required boolean NOT NULL DEFAULT false,
    is_unique   boolean NOT NULL DEFAULT false,
    position    integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- The values of unique fields in the form in which they are compared, so that no two users have the same.
CREATE TABLE user_field_values (
    field_key text NOT NULL REFERENCES user_fields (key) ON DELETE CASCADE,
    value_key text NOT NULL,
    user_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (field_key, value_key)
);
CREATE INDEX user_field_values_user_idx ON user_field_values (user_id);
