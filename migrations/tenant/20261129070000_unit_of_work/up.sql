-- What happened, in the order of commits and without holes: `seq` is taken from the head of the audit log, which the writing
-- statement holds until its transaction ends. Several events of one transaction are told apart by `n`.
ALTER TABLE audit_head ADD COLUMN event_seq bigint NOT NULL DEFAULT 0;
CREATE TABLE events (
    seq       bigint NOT NULL,
    n         integer NOT NULL,
    at        timestamptz NOT NULL,
    -- What happened, such as `user.update`, to what kind of object.
    kind      text NOT NULL,
    object    text NOT NULL,
    record_id bigint,
    version   bigint,
    -- Who did it, such as `user:7`, and what caused it, such as `job:12`.
    actor     text NOT NULL,
    origin    text NOT NULL DEFAULT '',
    -- The names of the fields that changed.
    changed   text[] NOT NULL DEFAULT '{}',
    owner_id  bigint,
    PRIMARY KEY (seq, n)
);
CREATE INDEX events_at_idx ON events (at);
CREATE INDEX events_record_idx ON events (object, record_id, seq) WHERE record_id IS NOT NULL;

-- The keys of an import that its lines had so far: of a file with millions of lines nothing has to be kept in memory to
-- find a line that stands there twice. They go with the end of the job.
CREATE TABLE job_keys (
    job_id bigint NOT NULL,
    -- The first eight bytes of the SHA-256 of the key.
    key    bigint NOT NULL,
    PRIMARY KEY (job_id, key)
);
CREATE INDEX job_checkpoints_updated_idx ON job_checkpoints (updated_at);
