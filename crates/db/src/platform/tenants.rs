//! The registry of tenants.

mod change;

pub use change::{
    TenantChange, TenantDetail, tenant_detail, tenant_detail_by_id, tenant_detail_lock, tenant_due, tenant_lock_by_id, tenant_release,
    tenant_update,
};

use crate::cached::{Matches, after, sql};
use crate::{
    DbError, DbResult, PlatformConn, TenantRef,
    error::one_row,
    keyset::{Counted, SortKey, Window, contains_pattern},
    schema_platform::{domains, favourites, schema_names, tenants},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::{count_star, exists, sum},
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    AdminId, HostName, SchemaName, Slug, TenantId, TenantStatus,
    dto::platform::{TenantName, TenantRow},
    list::{Count, ListPage, ListQuery},
    text::{fold, words},
};

/// The columns the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::new("name", "tenants.name_key", "text"),
    SortKey::new("schema", "tenants.schema_name", "text"),
    SortKey::new("created", "tenants.created_on", "timestamptz").descending(),
    SortKey::new("users", "tenants.user_count", "integer").descending(),
    SortKey::new("status", "tenants.status", "text"),
];
const SORT_DEFAULT: SortKey = SortKey::new("name", "tenants.name_key", "text");

/// A tenant as registered.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(Pg))]
pub struct TenantRecord {
    /// The tenant's id.
    pub id: i64,
    /// The company's name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Its schema.
    pub schema_name: String,
    /// Its status, as stored.
    pub status: String,
    /// The newest migration applied; `None` without a schema.
    pub schema_version: Option<i64>,
    /// The last migration error.
    pub last_error: Option<String>,
    /// When it was created.
    pub created_on: DateTime<Utc>,
    /// The most active users it may have.
    pub max_users: i32,
    /// The most megabytes it may keep in files.
    pub max_storage_mb: i32,
    /// Active users, as last reported.
    pub user_count: i32,
    /// Whether purging may drop its schema.
    pub auto_drop_schema: bool,
    /// From when it may be purged; set while it is archived.
    pub purge_after: Option<DateTime<Utc>>,
}

impl TenantRecord {
    /// As pages show it, with its primary domain.
    ///
    /// # Errors
    /// [`DbError::Decode`] for a status the code does not know.
    pub fn into_row(self, domain: Option<String>) -> DbResult<TenantRow> {
        let status = TenantStatus::parse(&self.status).ok_or_else(|| DbError::Decode(format!("tenant status {}", self.status)))?;
        Ok(TenantRow {
            id: TenantId(self.id),
            name: self.name,
            slug: self.slug,
            domain: domain.unwrap_or_default(),
            schema_name: self.schema_name,
            status,
            has_schema: self.schema_version.is_some(),
            created_on: self.created_on,
            user_count: self.user_count,
            max_users: self.max_users,
        })
    }
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct TenantFilter {
    /// Looked for in name, schema and domains.
    pub search: String,
    /// Any of these, or all.
    pub statuses: Vec<TenantStatus>,
    /// Created then or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Created before.
    pub created_to: Option<DateTime<Utc>>,
    /// The favourites of this admin alone.
    pub favourites_of: Option<AdminId>,
}

type Boxed<'a> = diesel::helper_types::IntoBoxed<'a, tenants::table, Pg>;

/// Narrows to the companies of a word of a search. Never prepared, unlike the typed `tenants::search.like`: the planner has to see
/// the pattern, to know whether it finds few (by its index) or many (along the list's order).
pub(crate) fn tenant_searched(word: &str) -> Matches {
    sql::<Bool>("tenants.search LIKE ").bind::<Text, _>(contains_pattern(word))
}

fn filtered(filter: &TenantFilter) -> Boxed<'_> {
    let mut query = tenants::table.into_boxed();
    if filter.statuses.is_empty() {
        // Archived companies are hidden unless asked for.
        query = query.filter(tenants::status.ne_all(["archived", "purging"]));
    } else {
        query = query.filter(tenants::status.eq_any(filter.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(tenants::created_on.ge(from));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(tenants::created_on.lt(to));
    }
    if let Some(admin) = filter.favourites_of {
        query = query.filter(tenants::id.eq_any(favourites::table.filter(favourites::admin_id.eq(admin.0)).select(favourites::tenant_id)));
    }
    for word in words(&filter.search) {
        query = query.filter(tenant_searched(&word));
    }
    query
}

/// One page of the list of tenants; `known` is how many there are, where that is known without counting.
///
/// # Errors
/// Those of the statements.
pub async fn tenant_list(
    conn: &mut PlatformConn,
    filter: &TenantFilter,
    query: &ListQuery,
    known: Option<i64>,
) -> DbResult<ListPage<TenantRow>> {
    let total = match known {
        Some(total) => total,
        None => Counted(filtered(filter).select(tenants::id).limit(query.count_max() + 1)).get_result(conn.raw()).await?,
    };
    let window = Window::new(query, SORTS, SORT_DEFAULT);
    let mut rows = filtered(filter);
    if let Some((left, middle, cursor)) = window.condition("tenants.id") {
        let bound = after((left, middle, cursor));
        rows = rows.filter(bound);
    }
    let primary = domains::table.filter(domains::tenant_id.eq(tenants::id)).filter(domains::is_primary).select(domains::domain);
    let found: Vec<(TenantRecord, Option<String>, String)> = rows
        .order_by(sql::<Text>(window.order("tenants.id")))
        .limit(window.limit())
        .select((TenantRecord::as_select(), primary.single_value(), sql::<Text>(window.value())))
        .load(conn.raw())
        .await?;
    let mut keyed = Vec::with_capacity(found.len());
    for (record, domain, value) in found {
        let id = record.id;
        keyed.push((record.into_row(domain)?, value, id));
    }
    Ok(window.page(keyed, Count::from_capped(total, query.count_max())))
}

/// The tenant of that short name.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_find(conn: &mut PlatformConn, slug: &str) -> DbResult<Option<(TenantRow, TenantRecord)>> {
    let primary = domains::table.filter(domains::tenant_id.eq(tenants::id)).filter(domains::is_primary).select(domains::domain);
    let found: Option<(TenantRecord, Option<String>)> = tenants::table
        .filter(tenants::slug.eq(slug))
        .select((TenantRecord::as_select(), primary.single_value()))
        .first(conn.raw())
        .await
        .optional()?;
    found.map(|(record, domain)| Ok((record.clone().into_row(domain)?, record))).transpose()
}

/// Short names and names of tenants by their ids, as far as they exist.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_names(conn: &mut PlatformConn, ids: &[i64]) -> DbResult<Vec<TenantName>> {
    let rows: Vec<(i64, String, String)> =
        tenants::table.filter(tenants::id.eq_any(ids)).select((tenants::id, tenants::slug, tenants::name)).load(conn.raw()).await?;
    Ok(rows.into_iter().map(|(id, slug, name)| TenantName { id: TenantId(id), slug, name }).collect())
}

/// What there is of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantTotal {
    /// The status.
    pub status: TenantStatus,
    /// Tenants that have it.
    pub tenants: i64,
    /// Their active users, as last reported.
    pub users: i64,
    /// The most they may have.
    pub users_max: i64,
}

/// What there is of each status: one look at the registry.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_totals(conn: &mut PlatformConn) -> DbResult<Vec<TenantTotal>> {
    let rows: Vec<(String, i64, Option<i64>, Option<i64>)> = tenants::table
        .group_by(tenants::status)
        .select((tenants::status, count_star(), sum(tenants::user_count), sum(tenants::max_users)))
        .load(conn.raw())
        .await?;
    let total = |status: TenantStatus| {
        let row = rows.iter().find(|row| row.0 == status.as_str());
        let (tenants, users, users_max) = row.map_or((0, 0, 0), |row| (row.1, row.2.unwrap_or(0), row.3.unwrap_or(0)));
        TenantTotal { status, tenants, users, users_max }
    };
    Ok(TenantStatus::ALL.into_iter().map(total).collect())
}

/// Whether a tenant has a short name that looks like this one (`domain::slug::skeleton`).
///
/// # Errors
/// Those of the statement.
pub async fn tenant_skeleton_taken(conn: &mut PlatformConn, skeleton: &str) -> DbResult<bool> {
    let expr = "replace(replace(replace(translate(slug, '01i5843792-', 'ollsbaetgz'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd')";
    let alike = tenants::table.filter(sql::<Text>(expr).eq(skeleton));
    Ok(diesel::select(exists(alike)).get_result(conn.raw()).await?)
}

/// Waits for others who register a slug that looks the same, until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_skeleton_lock(conn: &mut PlatformConn, skeleton: &str) -> DbResult<()> {
    let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 724003))").bind::<Text, _>(skeleton);
    lock.execute(conn.raw()).await?;
    Ok(())
}

/// A tenant to be registered.
#[derive(Clone, Debug)]
pub struct TenantInsert<'a> {
    /// The company's name.
    pub name: &'a str,
    /// Its short name.
    pub slug: &'a Slug,
    /// The schema it would like to have.
    pub schema: &'a SchemaName,
    /// Whether its schema is made with it.
    pub auto_create_schema: bool,
    /// The most active users it may have.
    pub max_users: i32,
    /// When.
    pub created_on: DateTime<Utc>,
}

/// Registers a tenant and reserves its schema's name for ever; a name used before gets `_<id>`.
///
/// # Errors
/// [`DbError::Unique`] when the slug is taken.
pub async fn tenant_insert(conn: &mut PlatformConn, insert: &TenantInsert<'_>) -> DbResult<(TenantId, SchemaName)> {
    // The id comes first, since the schema's name may need it.
    let id: i64 = diesel::select(sql::<BigInt>("nextval(pg_get_serial_sequence('platform.tenants', 'id'))")).get_result(conn.raw()).await?;
    let id = TenantId(id);
    let mut schema = insert.schema.clone();
    if !schema_name_reserve(conn, &schema, id).await? {
        schema = schema.with_id(id);
        if !schema_name_reserve(conn, &schema, id).await? {
            return Err(DbError::Unique { constraint: "tenants_schema_name_key".to_owned() });
        }
    }
    let touched = diesel::sql_query(
        "INSERT INTO platform.tenants (id, name, slug, schema_name, auto_create_schema, max_users, created_on, updated_at, name_key) \
         OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind::<BigInt, _>(id.0)
    .bind::<Text, _>(insert.name)
    .bind::<Text, _>(insert.slug.as_str())
    .bind::<Text, _>(schema.as_str())
    .bind::<Bool, _>(insert.auto_create_schema)
    .bind::<diesel::sql_types::Integer, _>(insert.max_users)
    .bind::<diesel::sql_types::Timestamptz, _>(insert.created_on)
    .bind::<Text, _>(fold(insert.name))
    .execute(conn.raw())
    .await?;
    one_row(touched)?;
    Ok((id, schema))
}

async fn schema_name_reserve(conn: &mut PlatformConn, schema: &SchemaName, id: TenantId) -> DbResult<bool> {
    let values = (schema_names::schema_name.eq(schema.as_str()), schema_names::tenant_id.eq(id.0));
    let added = diesel::insert_into(schema_names::table).values(values).on_conflict_do_nothing().execute(conn.raw()).await?;
    Ok(added == 1)
}

/// Notes the version a tenant's schema has reached, and that nothing is wrong with it.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_set_version(conn: &mut PlatformConn, id: TenantId, version: i64) -> DbResult<()> {
    let values = (tenants::schema_version.eq(version), tenants::last_error.eq(None::<String>));
    one_row(diesel::update(tenants::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Notes what is wrong with a tenant's schema.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_set_error(conn: &mut PlatformConn, id: TenantId, error: Option<&str>) -> DbResult<()> {
    // The tenant may be gone by now.
    let _touched = diesel::update(tenants::table.find(id.0)).set(tenants::last_error.eq(error)).execute(conn.raw()).await?;
    Ok(())
}

/// Reports how many active users a tenant has.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_set_user_count(conn: &mut PlatformConn, id: TenantId, users: i32) -> DbResult<()> {
    // The tenant may be gone by now.
    let _touched = diesel::update(tenants::table.find(id.0)).set(tenants::user_count.eq(users)).execute(conn.raw()).await?;
    Ok(())
}

/// Removes a tenant and its domains from the registry.
///
/// # Errors
/// [`DbError::RowsAffected`] when it is not there.
pub async fn tenant_delete(conn: &mut PlatformConn, id: TenantId) -> DbResult<()> {
    one_row(diesel::delete(tenants::table.find(id.0)).execute(conn.raw()).await?)
}

/// Locks a tenant's row until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_lock(conn: &mut PlatformConn, slug: &str) -> DbResult<Option<TenantRecord>> {
    Ok(tenants::table.filter(tenants::slug.eq(slug)).select(TenantRecord::as_select()).for_update().first(conn.raw()).await.optional()?)
}

/// Tenants whose schema is older than `version`: how to reach them, their short names and versions.
pub(crate) async fn tenant_list_behind(conn: &mut PlatformConn, version: i64) -> DbResult<Vec<(TenantRef, String, i64)>> {
    let rows: Vec<(i64, String, String, Option<i64>)> = tenants::table
        .filter(tenants::schema_version.lt(version))
        .select((tenants::id, tenants::schema_name, tenants::slug, tenants::schema_version))
        .order_by(tenants::id)
        .load(conn.raw())
        .await?;
    let installation = conn.installation().to_owned();
    Ok(rows
        .into_iter()
        .filter_map(|(id, schema, slug, version)| Some((TenantRef::new(&installation, TenantId(id), &schema), slug, version?)))
        .collect())
}

#[derive(diesel::QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Nullable<BigInt>)]
    bytes: Option<i64>,
}

/// Bytes a schema takes on disk, indexes and long values included.
///
/// # Errors
/// Those of the statement.
pub async fn schema_bytes(conn: &mut PlatformConn, schema: &str) -> DbResult<Option<i64>> {
    const SQL: &str = "SELECT sum(pg_total_relation_size(c.oid))::bigint AS bytes FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'm')";
    let row: Bytes = diesel::sql_query(SQL).bind::<Text, _>(schema).get_result(conn.raw()).await?;
    Ok(row.bytes)
}

/// Whether a host is some tenant's already.
///
/// # Errors
/// Those of the statement.
pub async fn domain_is_taken(conn: &mut PlatformConn, host: &HostName) -> DbResult<bool> {
    Ok(diesel::select(exists(domains::table.filter(domains::domain.eq(host.as_str())))).get_result(conn.raw()).await?)
}

/// All tenants that serve, for commands that go over all of them.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_list_all(conn: &mut PlatformConn) -> DbResult<Vec<TenantRow>> {
    let primary = domains::table.filter(domains::tenant_id.eq(tenants::id)).filter(domains::is_primary).select(domains::domain);
    let found: Vec<(TenantRecord, Option<String>)> =
        tenants::table.select((TenantRecord::as_select(), primary.single_value())).order_by(tenants::id).load(conn.raw()).await?;
    found.into_iter().map(|(record, domain)| record.into_row(domain)).collect()
}
