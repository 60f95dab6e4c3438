//! What keeps companies apart, read from the catalog: what each schema is made of, who may do what in it, and what leads out
//! of one. Compared with a schema that is made for it and never committed.

use crate::{Db, DbResult, PlatformConn, TenantRef, conn::role_name, migrate, provision, schema_platform::tenants};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::TenantId;
use std::collections::{BTreeMap, BTreeSet};

/// What the name of a schema begins with that others are compared with; it lives in one transaction.
const REFERENCE: &str = "verify_";
/// What stands for the role of its company.
const REFERENCE_ROLE: &str = "oneo_app";
/// Schemas that belong to no company.
const COMMON: &[&str] = &["platform", "extensions", "oneo_roles", "oneo_queue", "public"];
/// Schemas looked at in one statement.
const BATCH: usize = 200;
/// Differences shown of one schema.
const SHOWN: usize = 5;

/// What a schema is made of, line by line: relations, columns, constraints, indexes, triggers, functions, and every right
/// besides those of its owner. Names of the schema and of its role are taken out, so that two schemas can be compared. Indexes of fields
/// (`rx_..`) differ from tenant to tenant; only `oneo_owner` builds them.
const LINES: &str = r#"
    WITH spaces AS (
        SELECT n.oid, n.nspname, s.role FROM unnest($1::text[], $2::text[]) AS s(name, role) JOIN pg_namespace n ON n.nspname = s.name
    ), lines AS (
        SELECT s.nspname, 'relation ' || c.relname || ' ' || c.relkind::text || ' of ' || pg_get_userbyid(c.relowner) AS line
            FROM spaces s JOIN pg_class c ON c.relnamespace = s.oid AND NOT (c.relkind = 'i' AND c.relname ~ '^rx_[0-9]+_[0-9]+$')
        UNION ALL
        SELECT s.nspname, 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text
                || ' ' || a.attidentity::text || a.attgenerated::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
            FROM spaces s JOIN pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        UNION ALL
        SELECT s.nspname, 'constraint ' || k.conname || ' ' || replace(pg_get_constraintdef(k.oid), s.nspname || '.', '')
            FROM spaces s JOIN pg_constraint k ON k.connamespace = s.oid
        UNION ALL
        SELECT s.nspname, 'index ' || replace(pg_get_indexdef(i.indexrelid), s.nspname || '.', '')
            FROM spaces s JOIN pg_class c ON c.relnamespace = s.oid AND c.relkind = 'i' JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relname !~ '^rx_[0-9]+_[0-9]+$'
        UNION ALL
        SELECT s.nspname, 'trigger ' || t.tgname || ' on ' || c.relname
            FROM spaces s JOIN pg_class c ON c.relnamespace = s.oid JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
        UNION ALL
        SELECT s.nspname, 'function ' || p.proname FROM spaces s JOIN pg_proc p ON p.pronamespace = s.oid
        UNION ALL
        SELECT s.nspname, 'row security on ' || c.relname FROM spaces s JOIN pg_class c ON c.relnamespace = s.oid AND c.relrowsecurity
        UNION ALL
        SELECT s.nspname, 'right ' || x.privilege_type || ' on ' || x.object || ' for '
                || CASE WHEN x.grantee = 0 THEN 'everybody' WHEN r.rolname = s.role THEN 'its role' ELSE coalesce(r.rolname, x.grantee::text) END
                || CASE WHEN x.is_grantable THEN ', to pass on' ELSE '' END
            FROM spaces s
            CROSS JOIN LATERAL (
                SELECT c.relname::text AS object, e.grantee, e.privilege_type, e.is_grantable, c.relowner AS owner
                    FROM pg_class c, aclexplode(c.relacl) e WHERE c.relnamespace = s.oid
                UNION ALL
                SELECT c.relname || '.' || a.attname, e.grantee, e.privilege_type, e.is_grantable, c.relowner
                    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) e WHERE c.relnamespace = s.oid
                UNION ALL
                SELECT 'the schema', e.grantee, e.privilege_type, e.is_grantable, n.nspowner
                    FROM pg_namespace n, aclexplode(n.nspacl) e WHERE n.oid = s.oid
                UNION ALL
                SELECT 'whatever is made later', e.grantee, e.privilege_type, e.is_grantable, d.defaclrole
                    FROM pg_default_acl d, aclexplode(d.defaclacl) e WHERE d.defaclnamespace = s.oid
            ) x
            LEFT JOIN pg_roles r ON r.oid = x.grantee
            WHERE x.grantee <> x.owner
    )
"#;

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A company with a schema, as the registry knows it.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The way to its tables.
    pub tenant: TenantRef,
    /// Its short name.
    pub slug: String,
    /// Whether its schema is as new as this program.
    pub is_current: bool,
}

/// Every company that has a schema.
///
/// # Errors
/// Those of the statement.
pub async fn registered(conn: &mut PlatformConn) -> DbResult<Vec<Registered>> {
    let rows: Vec<(i64, String, String, Option<i64>)> = tenants::table
        .filter(tenants::schema_version.is_not_null())
        .order_by(tenants::id)
        .select((tenants::id, tenants::slug, tenants::schema_name, tenants::schema_version))
        .load(conn.raw())
        .await?;
    let installation = conn.installation().to_owned();
    let is_current = |version: Option<i64>| version == Some(migrate::tenant_version());
    let known = |(id, slug, schema, version): (i64, String, String, Option<i64>)| Registered {
        tenant: TenantRef::new(&installation, TenantId(id), &schema),
        slug,
        is_current: is_current(version),
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Looks for whatever the catalog holds that it should not, or lacks that it should hold. Nothing is changed: the schema to
/// compare with is undone with its transaction.
///
/// # Errors
/// Those of the statements.
pub async fn catalog_verify(db: &Db, companies: &[Registered]) -> DbResult<Vec<String>> {
    let mut conn = db.owner().await?;
    let found = catalog_findings(&mut conn, companies).await;
    // Undone in any case.
    let undone: Result<(), Ended> = conn.finish(Err(Ended(None))).await;
    if let Err(Ended(Some(error))) = undone {
        return Err(error);
    }
    found
}

/// Why a transaction was undone: on purpose, or by an error.
struct Ended(Option<crate::DbError>);

impl From<crate::DbError> for Ended {
    fn from(error: crate::DbError) -> Self {
        Self(Some(error))
    }
}

async fn catalog_findings(conn: &mut PlatformConn, companies: &[Registered]) -> DbResult<Vec<String>> {
    // Of this transaction alone, so that two may look at once.
    let own: Line = diesel::sql_query(format!("SELECT '{REFERENCE}' || pg_backend_pid() AS line")).get_result(conn.raw()).await?;
    let reference = own.line.as_str();
    provision::schema_reference(conn, reference, REFERENCE_ROLE).await?;
    let mut findings = shapes(conn, companies, reference).await?;
    findings.extend(roles(conn, companies).await?);
    findings.extend(strays(conn, companies, reference).await?);
    Ok(findings)
}

/// Schemas that are not made like the one to compare with.
async fn shapes(conn: &mut PlatformConn, companies: &[Registered], reference: &str) -> DbResult<Vec<String>> {
    let current: Vec<&Registered> = companies.iter().filter(|company| company.is_current).collect();
    let wanted = hashes(conn, &[(reference, REFERENCE_ROLE)]).await?.remove(reference).unwrap_or_default();
    let mut hashed = BTreeMap::new();
    for some in current.chunks(BATCH) {
        let spaces: Vec<(&str, &str)> = some.iter().map(|company| (company.tenant.schema(), company.tenant.role())).collect();
        hashed.extend(hashes(conn, &spaces).await?);
    }
    let mut findings = Vec::new();
    let mut model = None;
    for company in current {
        let (slug, schema) = (&company.slug, company.tenant.schema());
        match hashed.get(schema) {
            None => findings.push(format!("{slug}: its schema {schema} is not there, or empty")),
            Some(hash) if *hash == wanted => {}
            Some(_) => {
                let wanted = match &mut model {
                    Some(lines) => lines,
                    None => model.insert(lines(conn, reference, REFERENCE_ROLE).await?),
                };
                let held = lines(conn, schema, company.tenant.role()).await?;
                let more = held.difference(wanted).map(|line| format!("{slug}: has {line}"));
                let less = wanted.difference(&held).map(|line| format!("{slug}: lacks {line}"));
                findings.extend(more.chain(less).take(SHOWN));
            }
        }
    }
    Ok(findings)
}

/// The hash of what each schema is made of; none for one that is not there. Each comes with the name of its role.
async fn hashes(conn: &mut PlatformConn, spaces: &[(&str, &str)]) -> DbResult<BTreeMap<String, String>> {
    let (names, its_roles): (Vec<&str>, Vec<&str>) = spaces.iter().copied().unzip();
    let sql = format!(
        "{LINES} SELECT nspname::text AS name, md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) AS value FROM lines GROUP BY nspname"
    );
    let query = diesel::sql_query(sql).bind::<Array<Text>, _>(names).bind::<Array<Text>, _>(its_roles);
    let found: Vec<Pair> = query.load(conn.raw()).await?;
    Ok(found.into_iter().map(|pair| (pair.name, pair.value)).collect())
}

async fn lines(conn: &mut PlatformConn, schema: &str, role: &str) -> DbResult<BTreeSet<String>> {
    let sql = format!("{LINES} SELECT line FROM lines");
    let query = diesel::sql_query(sql).bind::<Array<Text>, _>(vec![schema]).bind::<Array<Text>, _>(vec![role]);
    let found: Vec<Line> = query.load(conn.raw()).await?;
    Ok(found.into_iter().map(|line| line.line).collect())
}

/// Roles that are nobody's, are too mighty, or are held by a role that should not hold them.
async fn roles(conn: &mut PlatformConn, companies: &[Registered]) -> DbResult<Vec<String>> {
    let prefix = role_name(conn.installation(), TenantId(0)).trim_end_matches('0').to_owned();
    let known: Vec<&str> = companies.iter().map(|company| company.tenant.role()).collect();
    let sql = "\
        SELECT 'role ' || rolname || ' belongs to no company' AS line FROM pg_roles WHERE starts_with(rolname, $1) AND rolname <> ALL($2) \
        UNION ALL SELECT 'role ' || name || ' is missing' FROM unnest($2::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \
        UNION ALL SELECT 'role ' || rolname || ' may do more than work in its schema' FROM pg_roles \
            WHERE (starts_with(rolname, $1) AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit)) \
               OR (rolname IN ('oneo_app', 'oneo_owner') AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit)) \
        UNION ALL SELECT 'role ' || g.rolname || ' can be taken by ' || m.rolname FROM pg_auth_members a \
            JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member \
            WHERE starts_with(g.rolname, $1) AND m.rolname NOT IN ('oneo_app', 'oneo_owner', 'oneo_role_maker') \
        UNION ALL SELECT 'role ' || m.rolname || ' can take ' || g.rolname FROM pg_auth_members a \
            JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE starts_with(m.rolname, $1)";
    let found: Vec<Line> = diesel::sql_query(sql).bind::<Text, _>(prefix).bind::<Array<Text>, _>(&known).load(conn.raw()).await?;
    Ok(found.into_iter().map(|line| line.line).collect())
}

/// What leads out of a schema, stands in none, or is a schema of nobody.
async fn strays(conn: &mut PlatformConn, companies: &[Registered], reference: &str) -> DbResult<Vec<String>> {
    let mut known: Vec<&str> = companies.iter().map(|company| company.tenant.schema()).collect();
    known.extend(COMMON);
    known.push(reference);
    let sql = "\
        SELECT 'foreign key ' || k.conname || ' leads from ' || f.relnamespace::regnamespace::text || ' into ' || t.relnamespace::regnamespace::text AS line \
            FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid \
            WHERE k.contype = 'f' AND f.relnamespace <> t.relnamespace \
        UNION ALL SELECT 'schema ' || nspname || ' belongs to no company' FROM pg_namespace \
            WHERE nspname <> ALL($1) AND nspname !~ '^(pg_|kept_[0-9]+$)' AND nspname <> 'information_schema' \
        UNION ALL SELECT 'table ' || tablename || ' stands in public' FROM pg_tables WHERE schemaname = 'public' \
        UNION ALL SELECT 'right ' || e.privilege_type || ' on platform.' || c.relname || ' for ' || coalesce(r.rolname, 'everybody') \
            FROM pg_class c CROSS JOIN aclexplode(c.relacl) e LEFT JOIN pg_roles r ON r.oid = e.grantee \
            WHERE c.relnamespace = 'platform'::regnamespace AND e.grantee <> c.relowner AND r.rolname IS DISTINCT FROM 'oneo_app' \
        UNION ALL SELECT 'schema public: everybody may create there' WHERE has_schema_privilege('oneo_app', 'public', 'CREATE')";
    let found: Vec<Line> = diesel::sql_query(sql).bind::<Array<Text>, _>(&known).load(conn.raw()).await?;
    Ok(found.into_iter().map(|line| line.line).collect())
}

#[derive(QueryableByName)]
struct Counters {
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = BigInt)]
    counted: i64,
    #[diesel(sql_type = BigInt)]
    owners: i64,
    #[diesel(sql_type = BigInt)]
    owners_counted: i64,
}

/// Compares the counters of a company, which hold its quota and its last owner, with its rows.
///
/// # Errors
/// Those of the statement.
pub async fn counters_verify(db: &Db, company: &Registered) -> DbResult<Vec<String>> {
    const SQL: &str = "SELECT active_users::bigint AS active, (SELECT count(*) FROM users WHERE is_active) AS counted, \
        active_owners::bigint AS owners, (SELECT count(*) FROM users WHERE is_active AND user_type = 'owner') AS owners_counted FROM quota";
    let mut conn = db.tenant(&company.tenant).await?;
    let read: DbResult<Counters> = diesel::sql_query(SQL).get_result(conn.raw()).await.map_err(Into::into);
    let found = conn.finish(read).await?;
    let mut findings = Vec::new();
    if found.active != found.counted {
        findings.push(format!("{}: counts {} active users where there are {}", company.slug, found.active, found.counted));
    }
    if found.owners != found.owners_counted {
        findings.push(format!("{}: counts {} active owners where there are {}", company.slug, found.owners, found.owners_counted));
    }
    if found.owners_counted == 0 {
        findings.push(format!("{}: has no active owner", company.slug));
    }
    Ok(findings)
}
