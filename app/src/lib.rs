//! The pages. They are made on the server alone and work without JavaScript; in the browser only the islands run.

// Each island and server function turns into code whose types are deeply nested.
#![recursion_limit = "512"]

pub mod account;
mod ai;
pub mod api;
pub mod auth;
mod lists;
pub mod platform;
mod shell;
pub mod site;
pub mod start;
pub mod tenant;
pub mod ui;
