//! What tests share: a database of their own made from a template, the app as it is served, and actors with verbs.
//! Failing loudly is what test support is for, so it may panic.
#![expect(clippy::expect_used, clippy::panic, reason = "a test whose ground is missing must fail at once")]

mod actor;
mod ai;
mod app;
pub mod archive;
mod chaos;
mod clock;
mod database;
mod dns;
mod front;
mod process;
mod raw;
mod smtp;
mod tap;

pub use actor::{Actor, Answer};
pub use ai::{Asked, Mood, TestAi};
pub use app::{PASSWORD, SentEmail, Taps, Tenant, TestApp, TestOptions, Wires};
pub use chaos::ChaosProxy;
pub use clock::TestClock;
pub use database::{Sql, TestDatabase};
pub use dns::TestDns;
pub use front::TlsFront;
pub use process::{Browser, Process, Reply, environment};
pub use raw::{RawEnd, RawServer};
pub use smtp::{Received, TestSmtp};
pub use tap::{Counts, Protocol, WireTap};
