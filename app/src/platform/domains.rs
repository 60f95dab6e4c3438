//! Domains: the list of all, and those of one tenant.

mod list;
mod of_tenant;

pub use list::DomainListPage;
pub use of_tenant::TenantDomainsPage;
