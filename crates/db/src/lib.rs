//! PostgreSQL: the pools, the one way to a tenant's tables ([`TenantConn`]), the queries, migrations and
//! provisioning. No function of this crate hands out a raw pooled connection.

pub mod audit;
mod bootstrap;
mod cached;
mod conn;
mod error;
pub mod factor;
mod fragment;
pub mod grants;
pub mod isolation;
pub mod keyset;
pub mod list_views;
pub mod migrate;
mod outbound;
pub mod platform;
mod pool;
pub mod provision;
mod schema_platform;
mod schema_tenant;
pub mod tenant;
pub mod tls;
pub mod transfer;

pub use audit::{AuditEntry, EventEntry};
pub use bootstrap::bootstrap;
pub use conn::{PlatformConn, TenantConn, TenantRef};
pub use error::{DbError, DbResult};
pub use outbound::{JobEntry, MailEntry, Wake};
pub use pool::{Db, DbConfig};
