//! How the admin who acts reads a list.

use db::list_views::{ViewConn, view_list_of};
use domain::list::ListViews;
use kernel::{Result, cx::PlatformTx};

/// What the list of tenants is called where its views are stored, and so on.
pub const TENANT_LIST_NAME: &str = "tenants";
/// See [`TENANT_LIST_NAME`].
pub const DOMAIN_LIST_NAME: &str = "domains";
/// See [`TENANT_LIST_NAME`].
pub const USAGE_LIST_NAME: &str = "usage";

/// The columns and views that the admin has of a list; none for an operator.
pub(crate) async fn views_of(tx: &mut PlatformTx, list: &str) -> Result<ListViews> {
    match tx.admin() {
        Some(admin) => Ok(view_list_of(&mut ViewConn::Platform(&mut tx.conn), list, admin.0).await?),
        None => Ok(ListViews::default()),
    }
}
