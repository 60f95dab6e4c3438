//! What runs an installation: tenants, their domains, transfer, usage, AI and verification, for those who run the platform.

pub mod admins;
pub mod ai;
pub mod audit;
pub mod counters;
pub mod dashboard;
pub mod demo;
pub mod domains;
pub mod jobs;
pub mod operate;
pub mod retention;
pub mod search;
pub mod secrets;
pub mod signup;
pub mod tenants;
pub mod transfer;
pub mod usage;
pub mod user_lookup;
pub mod verify;
pub mod views;
