//! The tests of the whole: the router that is served, a database of its own for each test.
//! `make unit` starts the PostgreSQL and Redis they need.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod account;
mod ai;
mod api_docs;
mod audit;
mod authorization;
mod bulk;
mod cache;
mod command;
mod csrf;
mod domains;
mod faults;
mod headers;
mod hostile_archives;
mod hosts;
mod import;
mod invitations;
mod isolation;
mod kills;
mod list_views;
mod lists;
mod migrations;
mod own;
mod page_path;
mod project;
mod provisioning;
mod records;
mod roles;
mod sessions;
mod settings;
mod sign_in;
mod signup;
mod strings;
mod tenants;
mod text_forms;
mod told;
mod transfer;
mod unit_of_work;
mod uploads;
mod usage;
mod user_fields;
mod users;
mod verify;
mod watch;
mod wire;
