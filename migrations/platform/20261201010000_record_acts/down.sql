DELETE FROM platform.jobs WHERE kind IN ('records_bulk', 'records_undo');
CREATE OR REPLACE FUNCTION oneo_queue.job_enqueue(job bigint, kind text, user_id bigint, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    tenant bigint := oneo_queue.tenant();
BEGIN
    IF NOT oneo_queue.is_of_tenant(kind) THEN
        RAISE EXCEPTION 'not a job of a tenant: %', kind USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF kind LIKE 'records\_%' THEN
        IF (SELECT count(*) >= 20 FROM platform.jobs j
                WHERE j.tenant_id = tenant AND j.kind LIKE 'records\_%' AND j.status IN ('queued', 'running')) THEN
            RETURN false;
        END IF;
    ELSIF NOT oneo_queue.job_has_capacity(tenant) THEN
        RETURN false;
    END IF;
    INSERT INTO platform.jobs (id, kind, tenant_id, params, created_by, created_at) OVERRIDING SYSTEM VALUE
        VALUES (job, kind, tenant, jsonb_build_object('user', user_id), 'user ' || user_id, at);
    RETURN true;
END
$$;
