-- Finding lines of the audit log by the beginning of an actor or an action.
CREATE INDEX audit_log_actor_idx ON platform.audit_log (lower(actor_label) text_pattern_ops, id);
CREATE INDEX audit_log_action_idx ON platform.audit_log (action text_pattern_ops, id);
