//! A search over all that a user of a tenant may see.

use db::tenant::{
    roles,
    users::{self, UserFilter},
};
use domain::{
    Permission, UserId,
    dto::search::{SEARCH_SHOWN, TenantSearch},
    list::ListQuery,
    operation,
    text::found_in,
};
use kernel::{RequestCx, Result};

/// Looks for users and roles whose names hold every word of `q`; without a word it finds none.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) when nobody is signed in.
pub async fn search(cx: &RequestCx, q: &str) -> Result<TenantSearch> {
    let tx = cx.tenant_begin(&operation::tenant::SEARCH).await?;
    let query = ListQuery::from_pairs([("q", q)], &[]);
    let query = ListQuery { size: SEARCH_SHOWN, ..query };
    let found = async {
        let mut found = TenantSearch::default();
        if query.q.is_empty() {
            return Ok(found);
        }
        let may = |permission| tx.user.permissions.has(permission);
        if may(Permission::UsersView) {
            let filter = UserFilter { search: query.q.clone(), ..UserFilter::default() };
            let page = users::user_list(&tx.conn, &filter, &query, Some(0)).await?;
            found.users = page.rows.into_iter().map(|user| (UserId(user.id), user.full_name(), user.email)).collect();
        }
        if may(Permission::UsersView) || may(Permission::RolesManage) {
            let roles = roles::role_list(&tx.conn).await?.into_iter().filter(|role| found_in(&query.q, &role.name));
            found.roles = roles.take(usize::from(SEARCH_SHOWN)).map(|role| (role.key, role.name)).collect();
        }
        Ok(found)
    }
    .await;
    tx.finish(found).await
}
