//! The interactive parts, all of them: everything else is plain HTML.

mod confirm_dialog;
mod job_live;
mod password_field;
mod subdomain_field;

pub use confirm_dialog::ConfirmDialog;
pub use job_live::JobLive;
pub use password_field::PasswordField;
pub use subdomain_field::SubdomainField;
