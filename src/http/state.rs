//! What the HTTP layer works with.

use crate::config::{WebConfig, environment};
use kernel::{Services, shares::Shares};
use leptos::config::LeptosOptions;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// One for the whole process; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The use cases' side.
    pub services: Arc<Services>,
    /// Hosts and proxies.
    pub web: Arc<WebConfig>,
    /// Where the built site is.
    pub leptos: LeptosOptions,
    /// Pages and forms of one site that are worked on at once.
    pub shares: Shares,
    /// The port of hot reload, while cargo-leptos watches a development installation.
    pub reload_port: Option<u32>,
    stopping: Arc<AtomicBool>,
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(services: Arc<Services>, web: WebConfig, leptos: LeptosOptions) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let is_watched = web.public_url.scheme() == "http" && environment("LEPTOS_WATCH").is_some();
        let reload_port = is_watched.then_some(leptos.reload_external_port.unwrap_or(leptos.reload_port));
        let (shares, stopping) = (Shares::of_cores(cores), Arc::new(AtomicBool::new(false)));
        Self { services, web: Arc::new(web), leptos, shares, reload_port, stopping }
    }

    /// From now on `/readyz` says that no more requests should come.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
