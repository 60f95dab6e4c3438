-- What a job did to each person: for its report, for those it could do nothing with, and to take it back.
CREATE TABLE job_rows (
    job_id  bigint NOT NULL,
    line    bigint NOT NULL,
    -- The person, where there is one; not a reference, since whoever was made can be taken back.
    user_id bigint,
    outcome text NOT NULL CHECK (outcome IN ('waiting', 'done', 'created', 'updated', 'unchanged', 'failed', 'undone', 'kept')),
    -- What was typed and why it failed, or what stood there before.
    detail  jsonb NOT NULL DEFAULT '{}',
    -- The version the person had then.
    version timestamptz,
    PRIMARY KEY (job_id, line)
);
CREATE INDEX job_rows_outcome_idx ON job_rows (job_id, outcome, line);
