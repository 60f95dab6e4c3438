//! The first page of a tenant's site.

use crate::onboarding::onboarding;
use chrono::TimeDelta;
use db::tenant::{audit, roles, users};
use domain::{Permission, dto::tenant::DashboardPage, operation};
use kernel::{RequestCx, Result};

/// Lines of the audit log on the dashboard.
const AUDIT_LINES: i64 = 10;

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
        let page = DashboardPage { quota, roles: by_role, waiting, signed_in_7_days, audit, onboarding };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}
