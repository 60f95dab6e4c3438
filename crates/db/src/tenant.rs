//! Queries on a tenant's tables, one file per resource.

pub mod audit;
pub mod inventory;
pub mod job_rows;
pub mod login_events;
pub mod queue;
pub mod records;
pub mod retention;
pub mod roles;
pub mod settings;
pub mod teams;
pub mod tokens;
pub mod user_fields;
pub mod users;
