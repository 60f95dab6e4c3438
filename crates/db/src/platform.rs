//! Queries on the platform's tables, one file per resource.

pub mod admins;
pub mod ai;
pub mod attention;
pub mod audit;
pub mod domains;
pub mod favourites;
pub mod installation;
pub mod jobs;
pub mod mail;
pub mod security_events;
pub mod settings;
pub mod tenants;
pub mod usage;
