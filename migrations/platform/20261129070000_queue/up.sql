-- How a tenant puts jobs and e-mail into the platform's queues in the transaction of the act that causes them (docs/adr/0008).
-- A tenant's role has no right in `platform`. These functions have, and work for the tenant whose role calls them alone.
CREATE SCHEMA oneo_queue;
GRANT USAGE ON SCHEMA oneo_queue TO PUBLIC;

ALTER TABLE platform.mail_outbox ADD COLUMN message_id text;
UPDATE platform.mail_outbox SET message_id = gen_random_uuid()::text || '@oneo.invalid';
ALTER TABLE platform.mail_outbox ALTER COLUMN message_id SET NOT NULL, ADD CONSTRAINT mail_outbox_message_id_key UNIQUE (message_id);
CREATE INDEX jobs_finished_idx ON platform.jobs (finished_at) WHERE finished_at IS NOT NULL;

-- The tenant whose role the transaction has taken (SET LOCAL ROLE). Inside of a SECURITY DEFINER function `current_user` is the
-- function's owner, but the setting `role` is still what was taken.
CREATE FUNCTION oneo_queue.tenant() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint;
BEGIN
    SELECT substring(current_setting('role') FROM '^oneo_' || i.id || '_t([0-9]{1,18})$')::bigint INTO tenant FROM oneo_roles.installation i;
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'no tenant has been taken as a role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN tenant;
END
$$;

-- The id of a job that is to be enqueued, so that what it is to do can be written first.
CREATE FUNCTION oneo_queue.job_id() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    SELECT nextval('platform.jobs_id_seq') WHERE oneo_queue.tenant() IS NOT NULL
$$;

-- Whether the tenant may have one more open job; whoever asks at the same moment waits. Taken by every function that opens one.
CREATE FUNCTION oneo_queue.job_has_capacity(tenant bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(724004, (tenant % 2147483647)::integer);
    RETURN (SELECT count(*) < 3 FROM platform.jobs j
            WHERE j.tenant_id = tenant AND j.kind LIKE 'users\_%' AND j.status IN ('queued', 'running'));
END
$$;

-- False when the tenant has as many open jobs as it may have.
CREATE FUNCTION oneo_queue.job_enqueue(job bigint, kind text, user_id bigint, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
BEGIN
    IF kind NOT LIKE 'users\_%' THEN
        RAISE EXCEPTION 'not a job of a tenant: %', kind USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT oneo_queue.job_has_capacity(tenant) THEN
        RETURN false;
    END IF;
    INSERT INTO platform.jobs (id, kind, tenant_id, params, created_by, created_at) OVERRIDING SYSTEM VALUE
        VALUES (job, kind, tenant, jsonb_build_object('user', user_id), 'user ' || user_id, at);
    RETURN true;
END
$$;

-- The tenant's own job of that id.
CREATE FUNCTION oneo_queue.job_get(job bigint) RETURNS SETOF platform.jobs LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT j.* FROM platform.jobs j WHERE j.id = job AND j.tenant_id = oneo_queue.tenant() AND j.kind LIKE 'users\_%'
$$;

-- What it said while it ran, oldest first.
CREATE FUNCTION oneo_queue.job_log(job bigint) RETURNS TABLE (at timestamptz, line text) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = '' AS $$
    SELECT l.at, l.line FROM platform.job_log l JOIN oneo_queue.job_get(job) j ON j.id = l.job_id ORDER BY l.id LIMIT 1000
$$;

-- One that waits ends at once, one that runs is asked to. False when it is over already.
CREATE FUNCTION oneo_queue.job_cancel(job bigint, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
BEGIN
    UPDATE platform.jobs j SET cancel_requested = true,
            finished_at = CASE WHEN j.status = 'queued' THEN at END,
            status = CASE WHEN j.status = 'queued' THEN 'cancelled' ELSE j.status END
        WHERE j.id = job AND j.tenant_id = tenant AND j.kind LIKE 'users\_%' AND j.status IN ('queued', 'running');
    RETURN FOUND;
END
$$;

-- `queued`, `full` when the tenant has as many open jobs as it may have, or `no` for a job that neither failed nor was cancelled.
CREATE FUNCTION oneo_queue.job_retry(job bigint) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
BEGIN
    IF NOT oneo_queue.job_has_capacity(tenant) THEN
        RETURN 'full';
    END IF;
    -- Not the attempts themselves: a worker that was given up must stay so.
    UPDATE platform.jobs j SET status = 'queued', cancel_requested = false, finished_at = NULL, started_at = NULL, done = 0,
            tries_from = j.attempts, error = NULL
        WHERE j.id = job AND j.tenant_id = tenant AND j.kind LIKE 'users\_%' AND j.status IN ('failed', 'cancelled');
    RETURN CASE WHEN FOUND THEN 'queued' ELSE 'no' END;
END
$$;

CREATE FUNCTION oneo_queue.mail_enqueue(message_id text, token_id bigint, sealed text, expires_at timestamptz, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    INSERT INTO platform.mail_outbox (tenant_id, message_id, token_id, sealed, created_at, next_at, expires_at)
        VALUES (oneo_queue.tenant(), message_id, token_id, sealed, at, at, expires_at)
$$;
REVOKE ALL ON FUNCTION oneo_queue.job_has_capacity(bigint) FROM PUBLIC;
