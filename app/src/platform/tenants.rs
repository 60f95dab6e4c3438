//! Tenants: the list, a new one, one of them.

mod list;
mod new;
mod overview;

pub use list::TenantListPage;
pub use new::TenantNewPage;
pub use overview::TenantOverviewPage;
