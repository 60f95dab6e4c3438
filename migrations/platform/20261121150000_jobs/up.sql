-- Long work: who does it now, how often it was tried, whether somebody wants it stopped, what came out of it.
ALTER TABLE platform.jobs
    ADD COLUMN worker text,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN tries_from integer NOT NULL DEFAULT 0,
    ADD COLUMN cancel_requested boolean NOT NULL DEFAULT false,
    ADD COLUMN result jsonb NOT NULL DEFAULT '{}';

CREATE TABLE platform.job_log (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES platform.jobs (id) ON DELETE CASCADE,
    at     timestamptz NOT NULL,
    line   text NOT NULL
);
CREATE INDEX job_log_job_idx ON platform.job_log (job_id, id);
