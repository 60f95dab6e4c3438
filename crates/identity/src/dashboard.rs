//! The first page of a tenant's site.

use crate::onboarding::onboarding;
use chrono::TimeDelta;
use db::tenant::{
    audit, roles,
    users::{self, UserFilter, UserStatus},
};
use domain::{
    Permission,
    dto::{
        Attention,
        tenant::{DashboardPage, Quota},
    },
    operation,
};
use kernel::{RequestCx, Result, cx::TenantTx};

/// Lines of the audit log on the dashboard.
const AUDIT_LINES: i64 = 10;

/// What needs attention, as the people of the company read it.
async fn attention(cx: &RequestCx, tx: &mut TenantTx, quota: &Quota) -> Result<Vec<Attention>> {
    let number = |count: i64| cx.settings.format.number(count);
    let users = |count: i64| if count == 1 { "1 user".to_owned() } else { format!("{} users", number(count)) };
    let line = |text: String, href: &str, is_error| Attention { text, href: href.to_owned(), is_error };
    let mut lines = Vec::new();
    let locked = i64::try_from(cx.locked.len()).unwrap_or(i64::MAX);
    if locked > 0 {
        let verb = if locked == 1 { "is" } else { "are" };
        lines.push(line(format!("{} {verb} locked after too many wrong passwords", users(locked)), "/users?status=locked", false));
    }
    if i64::from(quota.active_users) * 10 >= i64::from(quota.max_users) * 9 {
        let (used, most) = (number(quota.active_users.into()), number(quota.max_users.into()));
        lines.push(line(format!("{used} of {most} seats are used"), "/users?status=active", quota.active_users >= quota.max_users));
    }
    let status = UserStatus::Waiting(Some(false), cx.services.now());
    let expired = users::user_count(&mut tx.conn, &UserFilter { status, ..UserFilter::default() }).await?;
    if expired > 0 {
        lines.push(line(format!("The invitation of {} has expired", users(expired)), "/users?status=invitation_expired", false));
    }
    Ok(lines)
}

/// What a company's dashboard shows to the signed-in user.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) when nobody is.
pub async fn tenant_dashboard(cx: &RequestCx) -> Result<DashboardPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::DASHBOARD).await?;
    let page = async {
        let permissions = &tx.user.permissions;
        let (sees_users, reads_audit) = (permissions.has(Permission::UsersView), permissions.has(Permission::AuditView));
        let quota = users::quota_get(&tx.conn).await?;
        let (mut by_role, mut waiting, mut signed_in_7_days) = (Vec::new(), 0, 0);
        if sees_users {
            let names = roles::role_list(&tx.conn).await?;
            let counts = users::user_count_by_role(&mut tx.conn).await?;
            by_role = names
                .into_iter()
                .filter_map(|role| counts.iter().find(|(key, _)| *key == role.key).map(|(_, count)| (role.name, *count)))
                .collect();
            (waiting, signed_in_7_days) = users::user_count_by_login(&mut tx.conn, cx.services.now() - TimeDelta::days(7)).await?;
        }
        let audit = if reads_audit { Some(audit::audit_newest(&mut tx.conn, None, AUDIT_LINES).await?) } else { None };
        let onboarding = onboarding(&mut tx, quota.active_users).await?;
        let attention = if sees_users { attention(cx, &mut tx, &quota).await? } else { Vec::new() };
        let page = DashboardPage { quota, roles: by_role, waiting, signed_in_7_days, attention, audit, onboarding };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}
