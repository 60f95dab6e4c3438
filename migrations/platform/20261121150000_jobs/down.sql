DROP TABLE platform.job_log;
ALTER TABLE platform.jobs
    DROP COLUMN result,
    DROP COLUMN cancel_requested,
    DROP COLUMN tries_from,
    DROP COLUMN attempts,
    DROP COLUMN worker;
