-- Acts for many records have a limit of their own: they take no place from imports of users, nor from what a change of definitions needs.
CREATE FUNCTION oneo_queue.job_has_capacity(tenant bigint, wanted text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    kinds text := CASE WHEN wanted LIKE 'users\_%' THEN 'users\_%' ELSE 'records\_%' END;
    is_act boolean := wanted IN ('records_bulk', 'records_undo');
    most integer := CASE WHEN wanted LIKE 'users\_%' THEN 3 WHEN is_act THEN 10 ELSE 20 END;
BEGIN
    PERFORM pg_advisory_xact_lock(724004, (tenant % 2147483647)::integer);
    RETURN (SELECT count(*) < most FROM platform.jobs j
            WHERE j.tenant_id = tenant AND j.kind LIKE kinds AND (j.kind IN ('records_bulk', 'records_undo')) = is_act
                AND j.status IN ('queued', 'running'));
END
$$;
REVOKE ALL ON FUNCTION oneo_queue.job_has_capacity(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION oneo_queue.job_enqueue(job bigint, kind text, user_id bigint, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
BEGIN
    IF NOT oneo_queue.is_of_tenant(kind) THEN
        RAISE EXCEPTION 'not a job of a tenant: %', kind USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT oneo_queue.job_has_capacity(tenant, kind) THEN
        RETURN false;
    END IF;
    INSERT INTO platform.jobs (id, kind, tenant_id, params, created_by, created_at) OVERRIDING SYSTEM VALUE
        VALUES (job, kind, tenant, jsonb_build_object('user', user_id), 'user ' || user_id, at);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION oneo_queue.job_retry(job bigint) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
    wanted text := (SELECT j.kind FROM platform.jobs j WHERE j.id = job AND j.tenant_id = oneo_queue.tenant() AND oneo_queue.is_of_tenant(j.kind));
BEGIN
    IF wanted IS NULL THEN
        RETURN 'no';
    END IF;
    IF NOT oneo_queue.job_has_capacity(tenant, wanted) THEN
        RETURN 'full';
    END IF;
    -- Not the attempts themselves: a worker that was given up must stay so.
    UPDATE platform.jobs j SET status = 'queued', cancel_requested = false, finished_at = NULL, started_at = NULL, done = 0,
            tries_from = j.attempts, error = NULL
        WHERE j.id = job AND j.tenant_id = tenant AND oneo_queue.is_of_tenant(j.kind) AND j.status IN ('failed', 'cancelled');
    RETURN CASE WHEN FOUND THEN 'queued' ELSE 'no' END;
END
$$;
DROP FUNCTION oneo_queue.job_has_capacity(bigint);
