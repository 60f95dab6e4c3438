//! Users of a company.

mod access;
mod bulk;
mod command;
mod fields;
mod help;
mod import;
mod links;
mod manager;
mod rank;
mod read;
mod watch;
mod write;

pub use access::{user_access, user_set_access};
pub use bulk::bulk_run;
pub use bulk::{BulkDone, UserBulk, user_bulk, user_bulk_ask};
pub use command::{AccessForm, Delivery, UserCreate, UserForm, UserSetAccess, UserUpdate};
pub use fields::{UserFieldCreate, user_field_create, user_field_delete, user_field_list, user_field_move, user_field_update};
pub use help::{user_mfa_reset, user_password_expire, user_sign_out, user_unlock};
pub use import::{
    ImportRules, user_import_admit, user_import_begin, user_import_check, user_import_get, user_import_new, user_import_read,
    user_import_run, user_import_undo,
};
pub(crate) use import::{NO_SEAT, header_of as import_header};
pub use import::{import_run, undo_run};
pub use links::{Handed, require_mail, user_link_create, user_link_revoke, user_mail_send};
pub use manager::user_set_manager;
pub(crate) use rank::ranked;
pub(crate) use read::user_head;
pub use read::{FILTERS, USER_LIST_NAME, user_export, user_get, user_list, user_new, user_states};
pub use watch::{AUDIT_FILTERS, user_audit, user_sign_ins};
pub use write::{user_create, user_role_set, user_set_active, user_set_deleted, user_update};
