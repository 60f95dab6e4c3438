-- Records: a pipeline is a kind of record that a company defines itself, with fields, boards and stages. All records stand in one table, their
-- values under the slots of their fields in `data`.
CREATE TABLE pipelines (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        varchar(40) NOT NULL UNIQUE CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    name       varchar(60) NOT NULL,
    name_one   varchar(60) NOT NULL,
    icon       varchar(20) NOT NULL DEFAULT '',
    -- Which fields make the title, the amount and the due date, and which columns a list has by itself.
    settings   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    version    integer NOT NULL DEFAULT 1,
    position   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);

CREATE TABLE boards (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline_id bigint NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    name        varchar(60) NOT NULL,
    position    integer NOT NULL DEFAULT 0,
    archived_at timestamptz
);
CREATE INDEX boards_pipeline_idx ON boards (pipeline_id);

CREATE TABLE stages (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id    bigint NOT NULL REFERENCES boards (id) ON DELETE CASCADE,
    key         varchar(40) NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    name        varchar(60) NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('open', 'won', 'lost')),
    -- In per cent.
    probability smallint NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 100),
    color       varchar(20) NOT NULL DEFAULT '',
    position    integer NOT NULL DEFAULT 0,
    archived_at timestamptz,
    UNIQUE (board_id, key)
);

CREATE TABLE fields (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline_id   bigint NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    key           varchar(40) NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    -- The key in `records.data`: the key of the field at first, another one after a change of type.
    slot          varchar(46) NOT NULL CHECK (slot ~ '^[a-z][a-z0-9_]{0,39}(~[0-9]{1,5})?$'),
    kind          text NOT NULL
        CHECK (kind IN ('text', 'long_text', 'number', 'money', 'date', 'checkbox', 'select', 'email', 'phone', 'url')),
    label         varchar(60) NOT NULL,
    help          varchar(300) NOT NULL DEFAULT '',
    settings      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    position      integer NOT NULL DEFAULT 0,
    is_required   boolean NOT NULL DEFAULT false,
    is_unique     boolean NOT NULL DEFAULT false,
    is_match      boolean NOT NULL DEFAULT false,
    is_searchable boolean NOT NULL DEFAULT false,
    deleted_at    timestamptz,
    UNIQUE (pipeline_id, key),
    UNIQUE (pipeline_id, slot)
);

CREATE TABLE field_options (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field_id    bigint NOT NULL REFERENCES fields (id) ON DELETE CASCADE,
    key         varchar(40) NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    label       varchar(100) NOT NULL,
    color       varchar(20) NOT NULL DEFAULT '',
    position    integer NOT NULL DEFAULT 0,
    archived_at timestamptz,
    UNIQUE (field_id, key)
);

CREATE TABLE records (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline_id bigint NOT NULL REFERENCES pipelines (id),
    owner_id    bigint REFERENCES users (id) ON DELETE SET NULL,
    stage_id    bigint REFERENCES stages (id),
    -- These four are computed from `data` by the program, each time it is written.
    title       text NOT NULL DEFAULT '',
    value       numeric,
    due         timestamptz,
    search      text NOT NULL DEFAULT '',
    data        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(data) = 'object' AND octet_length(data::text) <= 262144),
    version     integer NOT NULL DEFAULT 1,
    created_by  bigint,
    updated_by  bigint,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX records_title_idx ON records (pipeline_id, title COLLATE "und-x-icu", id) WHERE deleted_at IS NULL;
CREATE INDEX records_created_idx ON records (pipeline_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX records_updated_idx ON records (pipeline_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX records_value_idx ON records (pipeline_id, value, id) WHERE deleted_at IS NULL;
CREATE INDEX records_due_idx ON records (pipeline_id, due, id) WHERE deleted_at IS NULL;
CREATE INDEX records_stage_idx ON records (pipeline_id, stage_id, id) INCLUDE (value) WHERE deleted_at IS NULL;
CREATE INDEX records_owner_idx ON records (owner_id, pipeline_id, updated_at, id);
CREATE INDEX records_deleted_idx ON records (pipeline_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX records_search_idx ON records USING gin (search extensions.gin_trgm_ops) WHERE deleted_at IS NULL;

-- The values of unique fields, and of those by which records are matched, in the form in which they are compared. What is in the trash has none.
CREATE TABLE record_keys (
    field_id  bigint NOT NULL REFERENCES fields (id) ON DELETE CASCADE,
    key       text COLLATE "C" NOT NULL,
    record_id bigint NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    is_unique boolean NOT NULL,
    PRIMARY KEY (field_id, key, record_id)
);
CREATE UNIQUE INDEX record_keys_unique_key ON record_keys (field_id, key) WHERE is_unique;
CREATE INDEX record_keys_record_idx ON record_keys (record_id);

-- What happened to a record is its timeline: what each field held before and holds now.
ALTER TABLE events ADD COLUMN pipeline_id bigint, ADD COLUMN changes jsonb;
-- Other events go after a while.
DROP INDEX events_at_idx;
CREATE INDEX events_at_idx ON events (at) WHERE object <> 'record';
