//! The first page of the platform console.

use crate::usage::{DAYS, days, hours};
use chrono::TimeDelta;
use db::platform::{
    self,
    attention::{FleetAttention, NamedTenant},
    tenants::TenantFilter,
    usage::{ALL, fleet_days, usage_top},
};
use domain::{
    TenantStatus,
    dto::{self, Attention, platform::Verified},
    list::{ListQuery, grouped},
    operation,
};
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
        let found = cx.services.totals.attention(&mut tx.conn, now).await?;
        let attention = attention(&found, verified.as_ref());
        let page = dto::platform::DashboardPage { tenants, users, users_max, newest, audit, hours, days, fleet, top, attention, verified };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

/// What needs attention, as an operator reads it: what is broken first.
fn attention(found: &FleetAttention, verified: Option<&Verified>) -> Vec<Attention> {
    let line = |text: String, href: &str, is_error| Attention { text, href: href.to_owned(), is_error };
    let mut lines = Vec::new();
    if let Some(verified) = verified.filter(|verified| !verified.findings.is_empty()) {
        let text = counted(i64::try_from(verified.findings.len()).unwrap_or(i64::MAX), "finding", "findings");
        lines.push(line(format!("The verification of tenant isolation has {text}"), "#isolation", true));
    }
    if found.jobs > 0 {
        let text = format!("{} failed in the last 7 days", counted(found.jobs, "job", "jobs"));
        lines.push(line(text, "/jobs?status=failed", true));
    }
    if found.domains > 0 {
        let verb = if found.domains == 1 { "is" } else { "are" };
        lines.push(line(format!("{} {verb} not verified", counted(found.domains, "domain", "domains")), "/domains?verified=no", false));
    }
    let mut tenants = |(named, all): &(Vec<NamedTenant>, i64), tab: &str, says: &dyn Fn(&NamedTenant) -> String, more: &str| {
        for tenant in named {
            lines.push(line(says(tenant), &format!("/tenants/{}{tab}", tenant.0), false));
        }
        let rest = all - i64::try_from(named.len()).unwrap_or(*all);
        if rest > 0 {
            lines.push(line(format!("{} more {more}", grouped(rest)), "/tenants", false));
        }
    };
    let seats =
        |(_, name, (used, most)): &NamedTenant| format!("{name} uses {} of {} seats", grouped((*used).into()), grouped((*most).into()));
    tenants(&found.full, "/quota", &seats, "tenants use nine of ten seats or more");
    tenants(
        &found.spent,
        "/ai",
        &|(_, name, _)| format!("{name} has nearly spent its AI limit"),
        "tenants have nearly spent their AI limit",
    );
    tenants(&found.unprovisioned, "/provision", &|(_, name, _)| format!("{name} has no schema yet"), "tenants have no schema yet");
    lines
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}
