//! A search over all that the platform console shows.

use db::platform::{
    admins,
    domains::{self, DomainFilter},
    tenants::{self, TenantFilter},
};
use domain::{
    dto::search::{PlatformSearch, SEARCH_SHOWN},
    list::ListQuery,
    operation,
    text::found_in,
};
use kernel::{RequestCx, Result};

/// Looks for tenants, domains and platform admins; without a word it finds the favourites of the caller.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) when nobody is signed in.
pub async fn search(cx: &RequestCx, q: &str) -> Result<PlatformSearch> {
    let mut tx = cx.platform_begin(&operation::platform::SEARCH).await?;
    let query = ListQuery::from_pairs([("q", q)], &[]);
    let query = ListQuery { size: SEARCH_SHOWN, ..query };
    let found = async {
        let mut found = PlatformSearch::default();
        // Without a word, the tenants that the caller comes back to.
        let favourites_of = tx.admin().filter(|_| query.q.is_empty());
        let filter = TenantFilter { search: query.q.clone(), favourites_of, ..TenantFilter::default() };
        let page = tenants::tenant_list(&mut tx.conn, &filter, &query, Some(0)).await?;
        found.tenants = page.rows.into_iter().map(|row| (row.slug, row.name, row.domain)).collect();
        if query.q.is_empty() {
            return Ok(found);
        }
        let filter = DomainFilter { search: query.q.clone(), ..DomainFilter::default() };
        found.domains = domains::domain_list(&mut tx.conn, &filter, &query, Some(0)).await?.rows;
        let admins = admins::admin_list(&mut tx.conn).await?.into_iter().map(|admin| {
            let name = format!("{} {}", admin.first_name, admin.last_name).trim().to_owned();
            (name, admin.email)
        });
        let admins = admins.filter(|(name, email)| found_in(&query.q, &format!("{name} {email}")));
        found.admins = admins.take(usize::from(SEARCH_SHOWN)).collect();
        Ok(found)
    }
    .await;
    tx.finish(found).await
}
