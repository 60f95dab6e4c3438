DROP INDEX platform.audit_log_action_idx;
DROP INDEX platform.audit_log_actor_idx;
