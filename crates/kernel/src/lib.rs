//! What every use case stands on: who asks, the unit of work, the audit log, the queue, e-mail, files and secrets.
//!
//! A use case begins its transaction with the operation it serves (`cx`), says what it causes, and ends it. Nothing here knows a
//! use case; `identity` and `control` build on this.

pub mod actor;
pub mod audit;
pub mod clock;
pub mod counters;
pub mod csv;
pub mod cx;
pub mod dns;
pub mod entropy;
pub mod error;
pub mod failpoint;
pub mod field_uses;
pub mod files;
pub mod flash;
pub mod hosts;
pub mod imports;
pub mod jobs;
pub mod keyring;
pub mod mail;
pub mod outside;
mod pace;
pub mod passwords;
pub mod picture;
pub mod services;
pub mod settings;
pub mod shares;
pub mod sites;
pub mod storage;
pub mod tokens;
pub mod totals;
pub mod uploads;
pub mod usage;

pub use clock::{Clock, SystemClock};
pub use cx::{RequestCx, RequestInfo};
pub use entropy::{Entropy, OsEntropy};
pub use error::{Error, Parsed, Result};
pub use hosts::{Site, TenantSite};
pub use services::{Services, ServicesConfig};
