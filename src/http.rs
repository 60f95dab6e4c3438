//! HTTP: the accept loop, and the way of a request to a page or a server function.

mod branding;
pub mod capacity;
mod client;
mod context;
mod cors;
mod crowd;
mod error_page;
mod export;
mod files;
mod flash;
mod forms;
mod functions;
mod guard;
mod head;
mod headers;
mod health;
mod host;
mod jobs;
mod limits;
mod origin;
mod paced;
mod photos;
mod primary;
mod router;
pub mod routes;
pub mod serve;
mod session;
mod signup;
mod site;
pub mod state;
mod trace;
mod upload;

pub use router::router;
