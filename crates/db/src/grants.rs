//! Who may do what with which table: one typed list, applied by provisioning and after each migration.

/// The rights of one role on one table; `columns` narrows `UPDATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The table.
    pub table: &'static str,
    /// `SELECT`, `INSERT` and so on.
    pub rights: &'static [&'static str],
    /// The only columns that may be updated, where that is not the whole table.
    pub update_columns: &'static [&'static str],
}

const ALL: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];
const READ: &[&str] = &["SELECT"];
const APPEND: &[&str] = &["SELECT", "INSERT"];

const fn grant(table: &'static str, rights: &'static [&'static str]) -> Grant {
    Grant { table, rights, update_columns: &[] }
}

/// What `oneo_app` may do on the platform's tables.
pub const PLATFORM: &[Grant] = &[
    grant("schema_migrations", READ),
    Grant { table: "tenants", rights: READ, update_columns: &["user_count", "ai_current_usage", "ai_usage_reset_date"] },
    grant("schema_names", READ),
    grant("domains", READ),
    grant("platform_admins", &["SELECT", "INSERT", "UPDATE"]),
    grant("admin_tokens", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    grant("admin_totp", ALL),
    grant("admin_recovery_codes", ALL),
    grant("audit_log", APPEND),
    grant("audit_head", &["SELECT", "UPDATE"]),
    grant("jobs", ALL),
    grant("job_log", APPEND),
    grant("settings", ALL),
    grant("mail_outbox", ALL),
    grant("ai_usage", APPEND),
    grant("usage_hours", ALL),
    grant("usage_days", ALL),
    grant("usage_people", &["SELECT", "INSERT", "DELETE"]),
    grant("usage_sizes", ALL),
    grant("usage_fleet", &["SELECT", "INSERT", "UPDATE"]),
    grant("security_events", &["SELECT", "INSERT", "DELETE"]),
    grant("list_views", ALL),
    grant("favourites", &["SELECT", "INSERT", "DELETE"]),
];

/// What a tenant's role may do on its own tables.
pub const TENANT: &[Grant] = &[
    grant("schema_migrations", READ),
    grant("users", ALL),
    grant("roles", ALL),
    grant("user_roles", ALL),
    Grant { table: "quota", rights: READ, update_columns: &["active_users", "active_owners"] },
    grant("tenant_settings", ALL),
    grant("audit_log", APPEND),
    grant("audit_head", &["SELECT", "UPDATE"]),
    grant("user_tokens", ALL),
    grant("user_totp", ALL),
    grant("recovery_codes", ALL),
    grant("login_events", &["SELECT", "INSERT", "DELETE"]),
    grant("job_checkpoints", ALL),
    grant("job_rows", ALL),
    grant("job_keys", &["SELECT", "INSERT", "DELETE"]),
    grant("events", &["SELECT", "INSERT", "DELETE"]),
    grant("list_views", ALL),
    grant("user_fields", ALL),
    grant("user_field_values", ALL),
    grant("pipelines", ALL),
    grant("boards", ALL),
    grant("stages", ALL),
    grant("relations", ALL),
    grant("fields", ALL),
    grant("field_options", ALL),
    grant("role_pipelines", ALL),
    grant("role_fields", ALL),
    grant("teams", ALL),
    grant("team_members", ALL),
    grant("records", ALL),
    grant("links", ALL),
    grant("notes", ALL),
    grant("record_shares", ALL),
    grant("record_keys", ALL),
];

fn sql(grants: &[Grant], schema: &str, role: &str) -> String {
    let mut sql = String::new();
    for grant in grants {
        let table = format!("{schema}{}", grant.table);
        sql.push_str(&format!("REVOKE ALL ON {table} FROM {role};\nGRANT {} ON {table} TO {role};\n", grant.rights.join(", ")));
        if !grant.update_columns.is_empty() {
            sql.push_str(&format!("GRANT UPDATE ({}) ON {table} TO {role};\n", grant.update_columns.join(", ")));
        }
    }
    sql
}

/// The statements that give `oneo_app` its rights on the platform.
pub(crate) fn platform_sql() -> String {
    // A company's job has its number before it stands in the queue.
    let usage = "GRANT USAGE ON SCHEMA platform TO oneo_app;\nGRANT USAGE ON SEQUENCE platform.jobs_id_seq TO oneo_app;\n";
    format!("{usage}{}", sql(PLATFORM, "platform.", "oneo_app"))
}

/// The statements that give a tenant's role its rights on the schema in the search path.
pub(crate) fn tenant_sql(role: &str) -> String {
    sql(TENANT, "", &format!("\"{role}\""))
}
