//! Oneo: one binary that serves many companies, each in its own PostgreSQL schema and on its own domain.

// The futures of pages are deeply nested types.
#![recursion_limit = "512"]

pub mod cli;
pub mod config;
pub mod http;
pub mod local_services;

pub use http::{router, state::AppState};
