//! The accept loop. hyper's own time-outs need a timer, which `axum::serve` does not install.

use super::{HEADER_BYTES_MAX, state::AppState};
use axum::{Router, extract::ConnectInfo, extract::Request};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

/// How long a client may take for its header block.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once, in all and from one address.
const CONNECTIONS_MAX: usize = 1000;
const CONNECTIONS_PER_IP_MAX: usize = 100;
/// How long requests under way may take once the process is to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then finishes what is under way.
///
/// # Errors
/// None at present; an accept that fails is tried again.
pub async fn serve(listener: TcpListener, router: Router, state: AppState, stop: impl Future<Output = ()>) -> std::io::Result<()> {
    // HTTP/1 alone: telling the protocols apart has no time-out, so a silent client would keep its place for ever.
    // Browsers speak HTTP/2 with TLS only, which ends at a proxy.
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_BYTES_MAX).max_headers(100);
    let graceful = GracefulShutdown::new();
    let capacity = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let peers = Peers::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
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
        let (Ok(place), Some(permit)) = (Arc::clone(&capacity).try_acquire_owned(), peers.enter(peer.ip(), &state.web.trusted_proxies))
        else {
            drop(stream);
            continue;
        };
        let _delay_not_set = stream.set_nodelay(true);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            request.map(axum::body::Body::new)
        });
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop((place, permit));
        });
    }
    state.stop();
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection's place; dropped, it is free again.
struct Seat(Peers, IpAddr);

impl Peers {
    fn enter(&self, ip: IpAddr, trusted: &[IpAddr]) -> Option<Seat> {
        let ip = ip.to_canonical();
        let mut counts = self.0.lock().ok()?;
        let count = counts.entry(ip).or_insert(0);
        if *count >= CONNECTIONS_PER_IP_MAX && !ip.is_loopback() && !trusted.contains(&ip) {
            return None;
        }
        *count += 1;
        Some(Seat(self.clone(), ip))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Ok(mut counts) = self.0.0.lock()
            && let Some(count) = counts.get_mut(&self.1)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}
