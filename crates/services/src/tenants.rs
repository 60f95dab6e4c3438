//! Companies: the registry, and everything that makes or removes one.

mod form;
mod read;
mod write;

pub use form::{OwnerForm, TenantForm};
pub use read::{FILTERS, tenant_get, tenant_list, tenant_list_all};
pub use write::{TenantCreated, tenant_create, tenant_delete, tenant_provision};
