//! Looking at companies.

use super::head::head;
use crate::usage::hours;
use crate::views::{TENANT_LIST_NAME, views_of};
use db::{
    DbError, migrate,
    platform::{
        audit, domains,
        tenants::{self, TenantFilter, TenantRecord},
        usage,
    },
    tenant::users,
};
use domain::{
    AppError, Operation, Slug, TenantStatus,
    dto::platform::{Requests, TenantListPage, TenantPage, TenantRow},
    list::{ListQuery, created_range},
    operation,
};
use kernel::{Error, RequestCx, Result, settings::tenant_sessions, totals::tenants_of};

/// The filters the list knows.
pub const FILTERS: &[&str] = &["status", "created", "from", "to", "favourites"];

/// One page of the list of tenants.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_list(cx: &RequestCx, query: &ListQuery) -> Result<TenantListPage> {
    list(cx, &operation::platform::TENANT_LIST, query).await
}

/// The next rows of the list of tenants as a file.
///
/// # Errors
/// As [`tenant_list`]; [`AppError::ReauthRequired`].
pub async fn tenant_list_export(cx: &RequestCx, query: &ListQuery) -> Result<TenantListPage> {
    list(cx, &operation::platform::TENANT_LIST_EXPORT, &ListQuery { is_bare: false, ..query.clone() }).await
}

async fn list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<TenantListPage> {
    let mut tx = cx.platform_begin(operation).await?;
    let page = async {
        let views = views_of(&mut tx, TENANT_LIST_NAME).await?;
        let query = &views.opened(query, FILTERS);
        let (created_from, created_to) = created_range(query, cx.services.now(), cx.settings.format.zone);
        let statuses: Vec<TenantStatus> = query.filter("status").filter_map(TenantStatus::parse).collect();
        let totals = cx.services.totals.get(&mut tx.conn).await?;
        let (total, active) = (totals.iter().map(|total| total.tenants).sum(), tenants_of(&totals, &[TenantStatus::Active]));
        let favourites_of = query.filter("favourites").next().and_then(|_| tx.admin());
        let counted = favourites_of.is_none() && query.q.is_empty() && created_from.is_none() && created_to.is_none();
        let known = counted.then(|| tenants_of(&totals, &statuses));
        let filter = TenantFilter { search: query.q.clone(), statuses, created_from, created_to, favourites_of };
        let page = tenants::tenant_list(&mut tx.conn, &filter, query, known).await?;
        Ok(TenantListPage { page, total, active, views })
    }
    .await;
    tx.finish(page).await
}

/// All tenants, for the command line.
///
/// # Errors
/// When the database does not answer.
pub async fn tenant_list_all(cx: &RequestCx) -> Result<Vec<TenantRow>> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_LIST_ALL).await?;
    let found = tenants::tenant_list_all(&mut tx.conn).await.map_err(Error::from);
    tx.finish(found).await
}

/// What the page of a tenant shows. What lies in its schema is read in a second transaction, after the first.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_get(cx: &RequestCx, slug: &str) -> Result<TenantPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_GET).await?;
    let found = async {
        let slug = Slug::parse(slug).map_err(|_| AppError::NotFound)?;
        let detail = tenants::tenant_detail(&mut tx.conn, slug.as_str()).await?.ok_or(AppError::NotFound)?;
        let head = head(cx, &mut tx, &detail).await?;
        let tenant = &head.tenant;
        let domains = domains::domain_list_of(&mut tx.conn, tenant.id).await?;
        // As the pages of usage have it: two figures of one thing that differ are both doubted.
        let bytes = usage::size_get(&mut tx.conn, tenant.id).await?.map(|size| size.bytes);
        let audit = audit::audit_newest(&mut tx.conn, Some(tenant.id), 10).await?;
        let counted = hours(&mut tx.conn, tenant.id, cx.services.now()).await?;
        let sum = |sum: Requests, count: &Requests| Requests { requests: sum.requests + count.requests, errors: sum.errors + count.errors };
        let requests = (!counted.is_empty()).then(|| counted.iter().fold(Requests::default(), |total, (_, count)| sum(total, count)));
        let TenantRecord { schema_version, last_error, .. } = detail.record;
        let page = TenantPage {
            pending: schema_version.map_or(0, migrate::tenant_pending),
            schema_version,
            last_error,
            head,
            domains,
            owners: Vec::new(),
            bytes,
            sessions: None,
            last_activity: None,
            requests,
            audit,
        };
        Ok(page)
    }
    .await;
    let mut page: TenantPage = tx.finish(found).await?;
    let TenantRow { id, has_schema, ref schema_name, .. } = page.head.tenant;
    if has_schema {
        let tenant = cx.services.db.tenant_ref(id, schema_name);
        let inside = async {
            let mut conn = cx.services.db.tenant(&tenant).await?;
            let read = async {
                let owners = users::owner_list(&mut conn).await?;
                Ok::<_, DbError>((owners, users::last_activity(&mut conn).await?, users::quota_get(&conn).await?))
            }
            .await;
            conn.finish(read).await
        };
        // A tenant that is out of order must still have its page here.
        match inside.await {
            Ok((owners, last_activity, quota)) => {
                (page.owners, page.last_activity, page.head.tenant.user_count) = (owners, last_activity, quota.active_users);
            }
            Err(error) => page.last_error = Some(error.to_string()),
        }
        page.sessions = match tenant_sessions(&cx.services, &tenant).await {
            Ok(sessions) => sessions.count().await.ok(),
            Err(_) => None,
        };
    }
    Ok(page)
}
