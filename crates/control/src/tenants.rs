//! Companies: the registry, and everything that makes, changes or removes one.

mod favourite;
mod form;
mod head;
mod inventory;
mod leftovers;
mod lifecycle;
mod owner;
mod people;
mod read;
mod settings;
mod write;

pub use favourite::tenant_favourite_set;
pub(crate) use form::domain_parse;
pub use form::{OwnerForm, TenantCreate, TenantForm};
pub(crate) use head::{head as head_of, hosts_of, lock as lock_of};
pub(crate) use leftovers::{leftovers_remove, leftovers_sweep};
pub use lifecycle::{tenant_archive, tenant_restore, tenant_resume, tenant_suspend};
pub(crate) use owner::owner_hash;
pub use people::{tenant_sign_out, tenant_user_link, tenant_user_mfa_reset, tenant_user_sign_out, tenant_users};
pub use read::{FILTERS, tenant_get, tenant_list, tenant_list_all, tenant_list_export};
pub use settings::{
    GeneralForm, ObjectChange, QuotaForm, Settings, TenantUpdate, tenant_danger, tenant_general, tenant_general_set, tenant_object,
    tenant_object_set, tenant_quota, tenant_quota_set,
};
pub use write::{TenantCreated, tenant_create, tenant_delete, tenant_new, tenant_provision};
pub(crate) use write::{create, taken};
