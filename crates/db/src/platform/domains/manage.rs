//! Giving a tenant domains and taking them away. The caller holds the tenant's row, so that exactly one is primary
//! whatever others do at the same time.

use crate::cached::{after, sql};
use crate::{
    DbResult, PlatformConn,
    error::one_row,
    keyset::{Counted, SortKey, Window, contains_pattern},
    platform::tenants::tenant_searched,
    schema_platform::{domains, tenants},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Text};
use diesel_async::RunQueryDsl;
use domain::{
    DomainId, HostName, TenantId,
    dto::platform::DomainListRow,
    list::{Count, ListPage, ListQuery},
    text::words,
};

const SORTS: &[SortKey] =
    &[SORT, SortKey::new("tenant", "tenants.name_key", "text"), SortKey::new("created", "domains.created_at", "timestamptz").descending()];
const SORT: SortKey = SortKey::new("domain", "domains.domain", "text");

/// A domain as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = domains, check_for_backend(Pg))]
pub struct DomainRecord {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub domain: String,
    /// The tenant it leads to.
    pub tenant_id: i64,
    /// Whether links lead to it.
    pub is_primary: bool,
    /// Since when it serves.
    pub verified_at: Option<DateTime<Utc>>,
    /// `platform`, `dns` or `operator`.
    pub verified_by: Option<String>,
    /// The secret its DNS must show.
    pub token: Option<String>,
    /// Until when.
    pub token_expires_at: Option<DateTime<Utc>>,
    /// When its DNS was last looked at.
    pub checked_at: Option<DateTime<Utc>>,
    /// What was wrong then.
    pub check_error: Option<String>,
    /// Since when its DNS no longer says so.
    pub failing_since: Option<DateTime<Utc>>,
}

/// What of a domain changes; `None` leaves a column as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = domains)]
pub struct DomainChange<'a> {
    /// Since when it serves.
    pub verified_at: Option<Option<DateTime<Utc>>>,
    /// How that was proved.
    pub verified_by: Option<Option<&'a str>>,
    /// The secret its DNS must show.
    pub token: Option<Option<&'a str>>,
    /// Until when.
    pub token_expires_at: Option<Option<DateTime<Utc>>>,
    /// When its DNS was last looked at.
    pub checked_at: Option<Option<DateTime<Utc>>>,
    /// What was wrong then.
    pub check_error: Option<Option<&'a str>>,
    /// Since when its DNS no longer says so.
    pub failing_since: Option<Option<DateTime<Utc>>>,
}

/// All domains of a tenant with their proofs, the primary one first.
///
/// # Errors
/// Those of the statement.
pub async fn domain_details(conn: &mut PlatformConn, tenant: TenantId) -> DbResult<Vec<DomainRecord>> {
    let rows = domains::table.filter(domains::tenant_id.eq(tenant.0)).order_by((domains::is_primary.desc(), domains::domain));
    Ok(rows.select(DomainRecord::as_select()).load(conn.raw()).await?)
}

/// A domain of that tenant.
///
/// # Errors
/// Those of the statement.
pub async fn domain_get(conn: &mut PlatformConn, tenant: TenantId, id: DomainId) -> DbResult<Option<DomainRecord>> {
    let row = domains::table.find(id.0).filter(domains::tenant_id.eq(tenant.0));
    Ok(row.select(DomainRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// Changes a domain.
///
/// # Errors
/// [`DbError::RowsAffected`](crate::DbError::RowsAffected) when it is not there.
pub async fn domain_update(conn: &mut PlatformConn, id: DomainId, change: &DomainChange<'_>) -> DbResult<()> {
    one_row(diesel::update(domains::table.find(id.0)).set(change).execute(conn.raw()).await?)
}

/// Makes a domain the one that links lead to.
///
/// # Errors
/// [`DbError::RowsAffected`](crate::DbError::RowsAffected) when it is not that tenant's.
pub async fn domain_set_primary(conn: &mut PlatformConn, tenant: TenantId, id: DomainId) -> DbResult<()> {
    let before = domains::table.filter(domains::tenant_id.eq(tenant.0)).filter(domains::is_primary);
    diesel::update(before).set(domains::is_primary.eq(false)).execute(conn.raw()).await?;
    let after = domains::table.find(id.0).filter(domains::tenant_id.eq(tenant.0));
    one_row(diesel::update(after).set(domains::is_primary.eq(true)).execute(conn.raw()).await?)
}

/// Takes a domain away that is not primary. `false` when it is, or is not there.
///
/// # Errors
/// Those of the statement.
pub async fn domain_delete(conn: &mut PlatformConn, tenant: TenantId, id: DomainId) -> DbResult<bool> {
    let row = domains::table.find(id.0).filter(domains::tenant_id.eq(tenant.0)).filter(domains::is_primary.eq(false));
    Ok(diesel::delete(row).execute(conn.raw()).await? == 1)
}

/// Removes a claim on a name that was never proved in time, so that nobody keeps a name that is not theirs.
///
/// # Errors
/// Those of the statement.
pub async fn domain_delete_expired(conn: &mut PlatformConn, host: &HostName, now: DateTime<Utc>) -> DbResult<()> {
    let stale = domains::table
        .filter(domains::domain.eq(host.as_str()))
        .filter(domains::verified_at.is_null())
        .filter(domains::is_primary.eq(false))
        .filter(domains::token_expires_at.lt(now));
    diesel::delete(stale).execute(conn.raw()).await?;
    Ok(())
}

/// Domains proved by their DNS that were not looked at since then, the longest unseen first.
///
/// # Errors
/// Those of the statement.
pub async fn domain_list_unseen(conn: &mut PlatformConn, since: DateTime<Utc>, limit: i64) -> DbResult<Vec<DomainRecord>> {
    let rows = domains::table.filter(domains::verified_by.eq("dns")).filter(domains::checked_at.lt(since));
    Ok(rows.order_by(domains::checked_at).limit(limit).select(DomainRecord::as_select()).load(conn.raw()).await?)
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct DomainFilter {
    /// Looked for in domain and tenant.
    pub search: String,
    /// Primary ones, others, or both.
    pub primary: Option<bool>,
    /// Those that serve, others, or both.
    pub verified: Option<bool>,
}

/// A line of the list as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = domains, check_for_backend(Pg))]
struct ListRecord {
    id: i64,
    domain: String,
    #[diesel(select_expression = tenants::slug, select_expression_type = tenants::slug)]
    slug: String,
    #[diesel(select_expression = tenants::name, select_expression_type = tenants::name)]
    tenant: String,
    is_primary: bool,
    verified_at: Option<DateTime<Utc>>,
}

/// One page of all domains; `known` is how many there are, where nobody asks for that.
///
/// # Errors
/// Those of the statements.
pub async fn domain_list(
    conn: &mut PlatformConn,
    filter: &DomainFilter,
    query: &ListQuery,
    known: Option<i64>,
) -> DbResult<ListPage<DomainListRow>> {
    let filtered = || {
        let mut rows = domains::table.inner_join(tenants::table).into_boxed::<Pg>();
        if let Some(primary) = filter.primary {
            rows = rows.filter(domains::is_primary.eq(primary));
        }
        match filter.verified {
            Some(true) => rows = rows.filter(domains::verified_at.is_not_null()),
            Some(false) => rows = rows.filter(domains::verified_at.is_null()),
            None => {}
        }
        for word in words(&filter.search) {
            // What a company is searched by holds its domains, so its index narrows to the companies first.
            let pattern = contains_pattern(&word);
            let found = domains::domain.like(pattern.clone()).or(tenants::name_key.like(pattern));
            rows = rows.filter(tenant_searched(&word)).filter(found);
        }
        rows
    };
    let total: i64 = match known {
        Some(total) => total,
        None => Counted(filtered().select(domains::id).limit(query.count_max() + 1)).get_result(conn.raw()).await?,
    };
    let window = Window::new(query, SORTS, SORT);
    let mut rows = filtered();
    if let Some((left, middle, cursor)) = window.condition("domains.id") {
        rows = rows.filter(after((left, middle, cursor)));
    }
    let found: Vec<(ListRecord, String)> = rows
        .order_by(sql::<Text>(window.order("domains.id")))
        .limit(window.limit())
        .select((ListRecord::as_select(), sql::<Text>(window.value())))
        .load(conn.raw())
        .await?;
    let keyed = found.into_iter().map(|(record, value)| (record.id, value, record)).map(|(id, value, record)| {
        let ListRecord { domain, slug, tenant, is_primary, verified_at, .. } = record;
        (DomainListRow { domain, slug, tenant, is_primary, verified: verified_at.is_some() }, value, id)
    });
    Ok(window.page(keyed.collect(), Count::from_capped(total, query.count_max())))
}
