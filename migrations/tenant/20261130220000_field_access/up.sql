-- Fields that a role does not see (`none`) or does not change (`read`). Owners are never narrowed.
CREATE TABLE role_fields (
    role_key varchar(50) NOT NULL REFERENCES roles (key) ON DELETE CASCADE,
    field_id bigint NOT NULL REFERENCES fields (id) ON DELETE CASCADE,
    access   text NOT NULL CHECK (access IN ('none', 'read')),
    PRIMARY KEY (role_key, field_id)
);
CREATE INDEX role_fields_field_idx ON role_fields (field_id);

-- The version of the definition by which titles, amounts, due dates and search texts of all records are computed. While it is behind
-- `version`, a job is at it.
ALTER TABLE pipelines ADD COLUMN derived integer NOT NULL DEFAULT 1;
UPDATE pipelines SET derived = version;

-- A user reaches the records of everyone in the same teams, where a role reaches a team.
CREATE TABLE teams (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       varchar(60) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX teams_name_key ON teams (lower(name));

CREATE TABLE team_members (
    team_id bigint NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user_idx ON team_members (user_id);

-- Records that users or teams see although they do not reach them.
CREATE TABLE record_shares (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id bigint NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    user_id   bigint REFERENCES users (id) ON DELETE CASCADE,
    team_id   bigint REFERENCES teams (id) ON DELETE CASCADE,
    can_edit  boolean NOT NULL,
    CHECK (num_nonnulls(user_id, team_id) = 1)
);
CREATE UNIQUE INDEX record_shares_key ON record_shares (record_id, user_id, team_id) NULLS NOT DISTINCT;
CREATE INDEX record_shares_user_idx ON record_shares (user_id, record_id) WHERE user_id IS NOT NULL;
CREATE INDEX record_shares_team_idx ON record_shares (team_id, record_id) WHERE team_id IS NOT NULL;
