//! The accept loop. hyper's own time-outs need a timer, which `axum::serve` does not install.

use super::{
    capacity::{Capacity, Upgrades},
    limits::HEADER_BYTES_MAX,
    paced::Paced,
    state::AppState,
};
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    http::{HeaderValue, header},
    response::Response,
};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long a client may take for its header block.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once, in all and of one client.
const CONNECTIONS_MAX: usize = 1000;
const CONNECTIONS_PER_CLIENT_MAX: usize = 100;
/// How long connections are still accepted and served once the process is to end, each answer saying that it is the last one:
/// what a balancer or a client sends in that time is answered (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(2);
/// How long answers under way may take after that.
const DRAIN: Duration = Duration::from_millis(2500);
/// How often it is looked whether anybody is still there.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then finishes what is under way.
///
/// # Errors
/// None at present; an accept that fails is tried again.
pub async fn serve(listener: TcpListener, router: Router, state: AppState, stop: impl Future<Output = ()>) -> std::io::Result<()> {
    // HTTP/1 alone: telling the protocols apart has no time-out, so a silent client would keep its place for ever.
    // Browsers speak HTTP/2 with TLS only, which ends at a proxy.
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_BYTES_MAX).max_headers(100);
    let (stopping, connections) = (CancellationToken::new(), TaskTracker::new());
    let capacity = Capacity::new(CONNECTIONS_MAX, CONNECTIONS_PER_CLIENT_MAX);
    let upgrades = Upgrades::default();
    let mut stop = std::pin::pin!(stop);
    let mut lingering: Option<Instant> = None;
    loop {
        // Checked here, because every accepted connection restarts the wait below.
        if lingering.is_some_and(|since| since.elapsed() >= LINGER) {
            break;
        }
        let accepted = tokio::select! {
            biased;
            () = &mut stop, if lingering.is_none() => {
                state.stop();
                lingering = Some(Instant::now());
                continue;
            }
            accepted = listener.accept() => accepted,
            () = tokio::time::sleep(LOOK_EVERY), if lingering.is_some() => {
                if connections.is_empty() {
                    break;
                }
                continue;
            }
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: they come back as connections end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let ip = peer.ip().to_canonical();
        let is_counted = !ip.is_loopback() && !state.web.trusted_proxies.contains(&ip);
        let Some(permit) = capacity.enter(is_counted.then_some(ip)) else {
            drop(stream);
            continue;
        };
        let _delay_not_set = stream.set_nodelay(true);
        let upgrades = upgrades.clone();
        let ending = state.clone();
        let service = ServiceExt::<Request>::map_response(router.clone(), move |mut response: Response| {
            if ending.is_stopping() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        });
        let service = service.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            request.extensions_mut().insert(upgrades.clone());
            request.map(axum::body::Body::new)
        });
        // An upgrade ends this future and goes on in a task of the handler that answered it, which holds a permit of its own.
        let connection = builder.serve_connection(TokioIo::new(Paced::new(stream)), TowerToHyperService::new(service)).with_upgrades();
        let stopping = stopping.clone();
        connections.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}
