DROP TABLE platform.security_events, platform.settings, platform.jobs, platform.audit_head, platform.audit_log,
    platform.admin_tokens, platform.platform_admins, platform.domains, platform.schema_names, platform.tenants;
