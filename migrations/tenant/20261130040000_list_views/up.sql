-- Views of lists: filters, sorting and columns under a name, of one user or shared with all. The view without a name holds the columns in
-- which its owner reads the list.
CREATE TABLE list_views (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    list       text NOT NULL CHECK (length(list) BETWEEN 1 AND 60),
    name       text NOT NULL CHECK (length(name) <= 60),
    name_key   text NOT NULL,
    query      text NOT NULL DEFAULT '' CHECK (length(query) <= 2000),
    columns    jsonb NOT NULL DEFAULT '[]',
    is_dense   boolean NOT NULL DEFAULT false,
    is_shared  boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, list, name_key),
    CHECK (name <> '' OR NOT is_shared)
);
CREATE INDEX list_views_shared_idx ON list_views (list) WHERE is_shared;
