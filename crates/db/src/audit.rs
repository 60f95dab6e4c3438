//! The audit log: append-only, each row chained to the one before by its hash.

mod append;
mod entry;
mod list;
mod newest;
mod verify;

pub(crate) use append::{append_platform, append_tenant};
pub use entry::{AuditEntry, EventEntry};
pub use list::{AuditFilter, audit_list_platform, audit_list_tenant};
pub(crate) use newest::{NewestRow, newest};
pub use verify::{Verified, audit_verify_made, audit_verify_platform, audit_verify_tenant};
