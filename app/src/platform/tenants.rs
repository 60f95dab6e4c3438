//! Tenants: the list, a new one, and the pages of one of them.

mod copies;
mod danger;
mod favourite;
mod frame;
mod general;
mod import;
mod list;
mod new;
mod objects;
mod overview;
mod provision;
mod quota;
mod users;

pub use copies::TenantCopiesPage;
pub use danger::TenantDangerPage;
pub use general::TenantGeneralPage;
pub use import::TenantImportPage;
pub use list::TenantListPage;
pub use new::TenantNewPage;
pub use objects::{TenantBillingPage, TenantFeaturesPage};
pub use overview::TenantOverviewPage;
pub use provision::TenantProvisionPage;
pub use quota::TenantQuotaPage;
pub use users::TenantUsersPage;

pub(super) use frame::{ReadOnly, TABS, TenantFrame, slug};
