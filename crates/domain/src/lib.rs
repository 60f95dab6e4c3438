//! The words of Oneo that every layer shares, in the browser too: ids, names that were checked, roles and
//! permissions, what a page shows, and the errors a person may see. Nothing here does any I/O.

pub mod access;
pub mod admin_role;
pub mod ai;
pub mod bulk;
pub mod dto;
pub mod email;
pub mod error;
pub mod flash;
pub mod format;
pub mod host;
pub mod ids;
pub mod import;
pub mod job;
pub mod list;
pub mod login;
pub mod money;
pub mod operation;
pub mod password;
pub mod permission;
pub mod person;
pub mod plan;
pub mod role;
pub mod schema_name;
pub mod setting;
pub mod site;
pub mod slug;
pub mod tenant_status;
pub mod text;
pub mod typed_json;

pub use admin_role::AdminRole;
pub use email::Email;
pub use error::{AppError, Code, FieldError, FieldErrors, FieldReason};
pub use flash::{Flash, FormState};
pub use host::HostName;
pub use ids::{AdminId, DomainId, JobId, TenantId, UserId};
pub use login::Login;
pub use money::Money;
pub use operation::Operation;
pub use permission::{Permission, PermissionSet, Scope};
pub use person::{PersonName, Username};
pub use schema_name::SchemaName;
pub use site::SiteKey;
pub use slug::Slug;
pub use tenant_status::TenantStatus;
