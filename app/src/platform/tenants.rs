//! Tenants: the list, a new one, and the pages of one of them.

mod copies;
mod danger;
mod frame;
mod import;
mod list;
mod new;
mod objects;
mod overview;
mod quota;
mod users;

pub use copies::TenantCopiesPage;
pub use danger::TenantDangerPage;
pub use import::TenantImportPage;
pub use list::TenantListPage;
pub use new::TenantNewPage;
pub use objects::{TenantBillingPage, TenantFeaturesPage};
pub use overview::TenantOverviewPage;
pub use quota::TenantQuotaPage;
pub use users::TenantUsersPage;

pub(super) use frame::{ReadOnly, TenantFrame, slug};

use domain::list::grouped;

/// Bytes in the unit that reads best.
pub(super) fn size(bytes: i64) -> String {
    const MEGABYTE: i64 = 1024 * 1024;
    if bytes < MEGABYTE {
        format!("{} kB", bytes / 1024)
    } else {
        format!("{}.{} MB", grouped(bytes / MEGABYTE), bytes % MEGABYTE * 10 / MEGABYTE)
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(700_000), "683 kB");
        assert_eq!(size(3_670_016), "3.5 MB");
    }
}
