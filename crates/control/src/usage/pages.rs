//! What the pages of usage show.

use crate::tenants::head_of;
use crate::views::{USAGE_LIST_NAME, views_of};
use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use db::platform::{tenants, usage};
use domain::{
    AppError, Operation, TenantId, TenantStatus,
    dto::platform::{Requests, TenantUsagePage, UsageDay, UsageListPage},
    list::ListQuery,
    operation,
};
use kernel::{RequestCx, Result, totals::tenants_of};

/// The list has no filters but its search.
pub const FILTERS: &[&str] = &[];
/// Hours and days that plots show.
const HOURS: i64 = 24;
pub(crate) const DAYS: i64 = 30;

/// Each of the last 24 hours, this one among them, oldest first; empty when nothing was ever counted in them.
pub(crate) async fn hours(conn: &mut db::PlatformConn, tenant: TenantId, now: DateTime<Utc>) -> Result<Vec<(DateTime<Utc>, Requests)>> {
    let this = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let first = this - TimeDelta::hours(HOURS - 1);
    let known = usage::usage_hours(conn, tenant, first).await?;
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let of = |hour| known.iter().find(|(at, _)| *at == hour).map_or_else(Requests::default, |(_, count)| *count);
    Ok((0..HOURS).map(|step| first + TimeDelta::hours(step)).map(|hour| (hour, of(hour))).collect())
}

/// Each of the last 30 days, today among them, oldest first; empty when nothing was ever counted in them.
pub(crate) async fn days(conn: &mut db::PlatformConn, tenant: TenantId, today: NaiveDate) -> Result<Vec<UsageDay>> {
    let first = today - TimeDelta::days(DAYS - 1);
    let known = usage::usage_days(conn, tenant, first).await?;
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let of = |day| known.iter().find(|known| known.day == day).copied();
    let none = |day| UsageDay { day, requests: Requests::default(), people: 0 };
    Ok(first.iter_days().take_while(|day| *day <= today).map(|day| of(day).unwrap_or_else(|| none(day))).collect())
}

/// What the page of a company's usage shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_usage(cx: &RequestCx, slug: &str) -> Result<TenantUsagePage> {
    let now = cx.services.now();
    let mut tx = cx.platform_begin(&operation::platform::TENANT_USAGE).await?;
    let read = async {
        let detail = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let head = head_of(cx, &mut tx, &detail).await?;
        let id = head.tenant.id;
        let hours = hours(&mut tx.conn, id, now).await?;
        let days = days(&mut tx.conn, id, now.date_naive()).await?;
        let size = usage::size_get(&mut tx.conn, id).await?;
        Ok(TenantUsagePage { head, hours, days, size })
    }
    .await;
    tx.finish(read).await
}

/// One page of the list of companies with what they use.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn usage_list(cx: &RequestCx, query: &ListQuery) -> Result<UsageListPage> {
    list(cx, &operation::platform::USAGE_LIST, query).await
}

/// The next rows of the usage of companies as a file.
///
/// # Errors
/// As [`usage_list`]; [`AppError::ReauthRequired`].
pub async fn usage_export(cx: &RequestCx, query: &ListQuery) -> Result<UsageListPage> {
    list(cx, &operation::platform::USAGE_EXPORT, &ListQuery { is_bare: false, ..query.clone() }).await
}

async fn list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<UsageListPage> {
    let mut tx = cx.platform_begin(operation).await?;
    let page = async {
        let views = views_of(&mut tx, USAGE_LIST_NAME).await?;
        let query = &views.opened(query, FILTERS);
        let totals = cx.services.totals.get(&mut tx.conn).await?;
        let known = query.q.is_empty().then(|| tenants_of(&totals, &[TenantStatus::Active, TenantStatus::Suspended]));
        let page = usage::usage_list(&mut tx.conn, query, cx.services.now().date_naive(), known).await?;
        Ok(UsageListPage { page, views })
    }
    .await;
    tx.finish(page).await
}
