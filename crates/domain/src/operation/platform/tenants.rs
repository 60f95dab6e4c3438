//! Tenants.

use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, operations, optional, read, required, write,
};

operations! { OperationSite::Platform;
    /// Marks a tenant as a favourite of the caller, or no longer.
    TENANT_FAVOURITE_SET = write("tenant_favourite_set", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text), optional("is_favourite", Kind::Flag)]);
    /// Brings a company in from an archive: a multipart form, of which the file is read to disk. Leads to its job.
    TENANT_IMPORT = write("tenant_import", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            optional("name", Kind::Text),
            required("domain", Kind::Text),
            optional("password", Kind::Secret),
            required("file", Kind::File),
        ])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// What the page of an import shows.
    TENANT_IMPORT_NEW = read("tenant_import_new", "tenant")
        .rule(Rule::PlatformAdmin)
        .output("TenantImportPage");
    /// How much a company uses.
    TENANT_USAGE = read("tenant_usage", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantUsagePage");
    /// A company's AI.
    TENANT_AI = read("tenant_ai", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantAiPage");
    /// Removes a company's configuration with its key.
    TENANT_AI_FORGET = destructive("tenant_ai_forget", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("version", Kind::Integer), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Begins a company's month of spending anew, today.
    TENANT_AI_RESET = destructive("tenant_ai_reset", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// Sets a company's AI; an empty key keeps the one that is stored, as long as the service stays the same.
    TENANT_AI_SET = write("tenant_ai_set", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("version", Kind::Integer),
            required("provider", Kind::Text),
            required("model", Kind::Text),
            optional("base_url", Kind::Text),
            optional("key", Kind::Secret),
            optional("ai_enabled", Kind::Flag),
            required("ai_usage_limit", Kind::Text),
            optional("password", Kind::Secret),
        ])
        .reauthentication(Reauthentication::Always);
    /// Asks the configured service something.
    TENANT_AI_TEST = write("tenant_ai_test", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// Archives a tenant: hidden and restorable.
    TENANT_ARCHIVE = destructive("tenant_archive", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// One page of what happened to one tenant, as asked for by the query of an address.
    TENANT_AUDIT_LIST = read("tenant_audit_list", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text), optional("query", Kind::Query)])
        .output("TenantAuditPage")
        .paged();
    /// A tenant's billing settings.
    TENANT_BILLING = read("tenant_billing", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantObjectPage");
    /// Replaces a tenant's billing settings by a JSON object.
    TENANT_BILLING_REPLACE = write("tenant_billing_replace", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("version", Kind::Integer), required("json", Kind::Text)]);
    /// Changes the known billing settings of a tenant; an empty value takes one out.
    TENANT_BILLING_SET = write("tenant_billing_set", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("version", Kind::Integer), optional("fields", Kind::Map)]);
    /// Creates a company with its owner.
    TENANT_CREATE = write("tenant_create", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("name", Kind::Text),
            optional("domain", Kind::Text),
            optional("slug", Kind::Text),
            optional("schema", Kind::Text),
            optional("max_users", Kind::Text),
            optional("without_schema", Kind::Flag),
            optional("owner_first_name", Kind::Text),
            optional("owner_last_name", Kind::Text),
            optional("owner_email", Kind::Email),
            optional("invite", Kind::Text),
        ])
        .output("OneTimeLink");
    /// What the page of a tenant's end shows.
    TENANT_DANGER = read("tenant_danger", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantDangerPage");
    /// A tenant's features.
    TENANT_FEATURES = read("tenant_features", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantObjectPage");
    /// Replaces a tenant's features by a JSON object.
    TENANT_FEATURES_REPLACE = write("tenant_features_replace", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("version", Kind::Integer), required("json", Kind::Text)]);
    /// Changes the known features of a tenant; an empty value means the default.
    TENANT_FEATURES_SET = write("tenant_features_set", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("version", Kind::Integer), optional("fields", Kind::Map)]);
    /// What the page of a tenant shows.
    TENANT_GET = read("tenant_get", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantPage");
    /// One page of the list of tenants, as asked for by the query of an address.
    TENANT_LIST = read("tenant_list", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("TenantListPage")
        .paged();
    /// What the page for a new tenant shows: the host below which it gets its subdomain.
    TENANT_NEW = read("tenant_new", "tenant").rule(Rule::PlatformAdmin).output("String");
    /// A tenant's name and what becomes of its data.
    TENANT_GENERAL = read("tenant_general", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantGeneralPage");
    /// Changes a tenant's name and what becomes of its data; `version` is the one the form was filled from.
    TENANT_GENERAL_SET = write("tenant_general_set", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("version", Kind::Integer),
            required("name", Kind::Text),
            optional("auto_drop_schema", Kind::Flag),
        ]);
    /// A tenant's limits.
    TENANT_QUOTA = read("tenant_quota", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantQuotaPage");
    /// Changes a tenant's limits; `version` is the one the form was filled from.
    TENANT_QUOTA_SET = write("tenant_quota_set", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("version", Kind::Integer),
            required("max_users", Kind::Text),
            optional("max_storage_mb", Kind::Text),
        ]);
    /// Takes a tenant out of the archive.
    TENANT_RESTORE = write("tenant_restore", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// Lets the users of a suspended tenant in again.
    TENANT_RESUME = write("tenant_resume", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// Suspends a tenant: its users are signed out, its data stays.
    TENANT_SUSPEND = destructive("tenant_suspend", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text)]);
    /// Makes a one-time link for a user of a tenant: an invitation, or a reset where there is a password.
    TENANT_USER_LINK = write("tenant_user_link", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("id", Kind::Id)])
        .output("OneTimeLink")
        .reauthentication(Reauthentication::Always);
    /// Takes the second factor of a user of a tenant away who has lost it.
    TENANT_USER_MFA_RESET = destructive("tenant_user_mfa_reset", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("id", Kind::Id)])
        .reauthentication(Reauthentication::Always);
    /// Ends all sessions of a user of a tenant.
    TENANT_USER_SIGN_OUT = destructive("tenant_user_sign_out", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("id", Kind::Id)]);
    /// One page of the users of a tenant, as asked for by the query of an address.
    TENANT_USERS = read("tenant_users", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text), optional("query", Kind::Query)])
        .output("TenantUsersPage")
        .paged();
    /// Copies a tenant under another name, as a job.
    TENANT_CLONE = write("tenant_clone", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("domain", Kind::Text),
            optional("name", Kind::Text),
            optional("anonymize", Kind::Flag),
            optional("password", Kind::Secret),
        ])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// What the page of a tenant's copies shows.
    TENANT_COPIES = read("tenant_copies", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantCopiesPage");
    /// Writes everything of a tenant into one file, as a job.
    TENANT_EXPORT = write("tenant_export", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), optional("password", Kind::Secret)])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// Ends an archived tenant, as a job: a last dump, then registry, schema and role go.
    TENANT_PURGE = destructive("tenant_purge", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("name", Kind::Text),
            optional("drop_schema", Kind::Flag),
            optional("at_once", Kind::Flag),
            optional("password", Kind::Secret),
        ])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// A tenant's domains with their proofs.
    TENANT_DOMAINS = read("tenant_domains", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)])
        .output("TenantDomainsPage");
    /// Ends all sessions of all users of a tenant.
    TENANT_SIGN_OUT = destructive("tenant_sign_out", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// The list of tenants as a file, as asked for by the query of an address.
    TENANT_LIST_EXPORT = read("tenant_list_export", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("TenantListPage")
        .reauthentication(Reauthentication::Always);
    /// Every tenant of the registry.
    TENANT_LIST_ALL = read("tenant_list_all", "tenant").rule(Rule::PlatformStaff).output("TenantRow");
    /// Creates the schema and the owner of a tenant that was registered without them.
    TENANT_PROVISION = write("tenant_provision", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("owner_first_name", Kind::Text),
            required("owner_last_name", Kind::Text),
            required("owner_email", Kind::Email),
            optional("invite", Kind::Text),
        ])
        .output("OneTimeLink");
    /// Deletes a tenant; its schema is dropped only when asked for.
    TENANT_DELETE = destructive("tenant_delete", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("name", Kind::Text), optional("drop_schema", Kind::Flag)]);
    /// Charges a tenant for a call to an AI service.
    TENANT_AI_CHARGE = write("tenant_ai_charge", "tenant")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("what", Kind::Text), required("cost", Kind::Text)])
        .output("AiSpending");
    /// Acts in a tenant as the operator at a terminal; the platform's log says so.
    TENANT_OPERATE = write("tenant_operate", "tenant")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text)]);
    /// Compares the registry with what is in the database, and keeps the result.
    TENANT_VERIFY = write("tenant_verify", "tenant").rule(Rule::PlatformStaff).output("Verification");
}
