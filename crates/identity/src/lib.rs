//! Who a user is and what they may do: accounts, signing in, users, roles, sessions and settings of a tenant.

pub mod account;
pub mod audit;
pub mod auth;
pub mod dashboard;
pub mod jobs;
pub mod lists;
pub mod onboarding;
pub mod principal;
pub mod roles;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod teams;
pub mod users;
