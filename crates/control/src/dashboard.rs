//! The first page of the platform console.

use crate::usage::{DAYS, days, hours};
use chrono::TimeDelta;
use db::platform::{
    self,
    tenants::TenantFilter,
    usage::{ALL, fleet_days, usage_top},
};
use domain::{TenantStatus, dto, list::ListQuery, operation};
use kernel::{RequestCx, Result};

/// Companies on the list of those with the most requests.
const TOP: i64 = 5;
/// Lines of the audit log on a dashboard.
const AUDIT_LINES: i64 = 10;

/// What the platform's dashboard shows.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) without a platform admin.
pub async fn platform_dashboard(cx: &RequestCx) -> Result<dto::platform::DashboardPage> {
    let mut tx = cx.platform_begin(&operation::platform::DASHBOARD).await?;
    let page = async {
        let now = cx.services.now();
        let today = now.date_naive();
        let totals = cx.services.totals.get(&mut tx.conn).await?;
        let active = totals.iter().find(|total| total.status == TenantStatus::Active);
        let (users, users_max) = active.map_or((0, 0), |total| (total.users, total.users_max));
        let tenants = totals.iter().map(|total| (total.status, total.tenants)).collect();
        let newest_first = ListQuery { sort: "created".to_owned(), desc: true, size: 5, ..ListQuery::default() };
        let newest = platform::tenants::tenant_list(&mut tx.conn, &TenantFilter::default(), &newest_first, Some(0)).await?.rows;
        let audit = platform::audit::audit_newest(&mut tx.conn, None, AUDIT_LINES).await?;
        let hours = hours(&mut tx.conn, ALL, now).await?;
        let days = days(&mut tx.conn, ALL, today).await?;
        let fleet = fleet_days(&mut tx.conn, today - TimeDelta::days(DAYS)).await?;
        let top = usage_top(&mut tx.conn, today, TOP).await?;
        let verified = crate::verify::last(&mut tx.conn).await?;
        let page = dto::platform::DashboardPage { tenants, users, users_max, newest, audit, hours, days, fleet, top, verified };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}
