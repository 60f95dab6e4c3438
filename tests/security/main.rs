//! The requirements of security, each proved from outside: against the built program as it is run, over a socket, by
//! bytes where a client library would tidy up. Tests are named by their number; `docs/SECURITY-REQUIREMENTS.md` lists them.
//! `make security` runs these and everything else that carries a number.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod abuse;
mod access;
mod browser;
mod data;
mod edge;
mod harness;
mod hosts;
mod requirements;
mod sessions;
mod signing_in;
mod timing;
