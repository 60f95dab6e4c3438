//! Serving until told to stop.

use super::start::{CliError, leptos_options};
use crate::{config::Config, http};
use kernel::Services;
use listenfd::ListenFd;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// How often changed user counts and counted requests are reported to the platform.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// How often old security events are removed.
const PRUNE_EVERY: Duration = Duration::from_secs(6 * 3600);

/// How often it is noted how the whole installation stands.
const FLEET_EVERY: Duration = Duration::from_secs(8);

/// How often it is looked whether companies are to be measured.
const SIZES_EVERY: Duration = Duration::from_secs(30);

/// How often it is looked whether a month of spending on AI is over.
const MONTHS_EVERY: Duration = Duration::from_secs(600);

/// How often it is looked whether the DNS of some domain is to be looked at again.
const DOMAINS_EVERY: Duration = Duration::from_secs(600);

/// Serves on the configured address until SIGTERM or SIGINT.
///
/// # Errors
/// When the address is taken.
pub(super) async fn run(config: &Config, services: Arc<Services>, ready: impl FnOnce()) -> Result<(), CliError> {
    let other = |error: std::io::Error| CliError::Other(error.to_string());
    let address = config.web.listen;
    let listener = listener(address).await?;
    let state = http::state::AppState::new(Arc::clone(&services), config.web.clone(), leptos_options());
    let mut terminate = signal(SignalKind::terminate()).map_err(other)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(other)?;
    let background = tokio::spawn(background(Arc::clone(&services)));
    let (ending, ended) = tokio::sync::watch::channel(());
    let reporting = tokio::spawn(report(Arc::clone(&services), ended));
    ready();
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    http::serve::serve(listener, http::router(state.clone()), state, stop).await.map_err(other)?;
    background.abort();
    // What is being written is written to its end, and what came last after it.
    drop(ending);
    let _ended = reporting.await;
    Ok(())
}

/// The socket that a supervisor handed over (`LISTEN_FDS`, systemd's socket activation), which stays open over restarts so that
/// nobody is refused; else one on the configured address.
async fn listener(address: SocketAddr) -> Result<TcpListener, CliError> {
    let handed = ListenFd::from_env().take_tcp_listener(0);
    let handed = handed.map_err(|error| CliError::Other(format!("the socket handed over cannot be used: {error}")))?;
    let Some(socket) = handed else {
        return TcpListener::bind(address).await.map_err(|error| CliError::Other(format!("cannot listen on {address}: {error}")));
    };
    let taken = socket.set_nonblocking(true).and_then(|()| TcpListener::from_std(socket));
    taken.map_err(|error| CliError::Other(format!("the socket handed over cannot be used: {error}")))
}

/// Writes down what was counted, every two seconds and once more at the end.
async fn report(services: Arc<Services>, mut ended: tokio::sync::watch::Receiver<()>) {
    loop {
        let stop = tokio::time::timeout(REPORT_EVERY, ended.changed()).await.is_ok();
        control::counters::flush(&services).await;
        control::usage::flush(&services).await;
        if stop {
            return;
        }
    }
}

/// What goes on beside requests: hearing of changes, noting how the installation stands, tidying up.
async fn background(services: Arc<Services>) {
    let hearing = Arc::clone(&services);
    let listen = cache::listen(services.redis.clone(), move |change| hearing.forget(&change));
    let fleet = async {
        loop {
            if let Err(error) = control::usage::fleet_note(&services).await {
                tracing::warn!(%error, "how the installation stands was not noted");
            }
            tokio::time::sleep(FLEET_EVERY).await;
        }
    };
    let sizes = async {
        loop {
            if let Err(error) = control::usage::measure(&services).await {
                tracing::warn!(%error, "companies were not measured");
            }
            tokio::time::sleep(SIZES_EVERY).await;
        }
    };
    let domains = async {
        loop {
            if let Err(error) = control::domains::domains_recheck(&services).await {
                tracing::warn!(%error, "domains were not looked at again");
            }
            tokio::time::sleep(DOMAINS_EVERY).await;
        }
    };
    let months = async {
        loop {
            if let Err(error) = control::ai::months_close(&services).await {
                tracing::warn!(%error, "months of AI were not closed");
            }
            tokio::time::sleep(MONTHS_EVERY).await;
        }
    };
    let prune = async {
        loop {
            if let Err(error) = control::retention::daily(&services).await {
                tracing::warn!(%error, "what is too old was not removed");
            }
            if let Err(error) = control::transfer::uploads_sweep(&services).await {
                tracing::warn!(%error, "archives of imports that failed were not removed");
            }
            tokio::time::sleep(PRUNE_EVERY).await;
        }
    };
    let verify = async {
        loop {
            if let Err(error) = control::verify::daily(&services).await {
                tracing::warn!(%error, "tenant isolation was not verified");
            }
            tokio::time::sleep(PRUNE_EVERY).await;
        }
    };
    tokio::join!(
        listen,
        verify,
        fleet,
        sizes,
        prune,
        months,
        domains,
        kernel::mail::deliver_work(Arc::clone(&services)),
        control::jobs::work(Arc::clone(&services))
    );
}
