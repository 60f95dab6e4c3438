-- How far a role reaches among the records of a pipeline, where that is not what its permissions say.
CREATE TABLE role_pipelines (
    role_key     varchar(50) NOT NULL REFERENCES roles (key) ON DELETE CASCADE,
    pipeline_id  bigint NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    view_reach   text CHECK (view_reach IN ('none', 'own', 'team', 'all')),
    edit_reach   text CHECK (edit_reach IN ('none', 'own', 'team', 'all')),
    delete_reach text CHECK (delete_reach IN ('none', 'own', 'team', 'all')),
    PRIMARY KEY (role_key, pipeline_id)
);
CREATE INDEX role_pipelines_pipeline_idx ON role_pipelines (pipeline_id);
