//! The server functions of the two sites.

use super::{crowd, error_page::HttpError, limits::SHARE_WAIT, state::AppState, trace::under_same_id};
use app::site::function_paths;
use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::AppError;
use kernel::RequestCx;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// The paths of the server functions of a site, uploads left out. Each takes POST alone.
pub(super) fn paths(site: &str) -> Vec<&'static str> {
    let prefix = format!("/api/{site}/");
    function_paths().filter(|path| path.starts_with(&prefix)).collect()
}

/// Makes pages of a site some at a time: a flood on one leaves the others as they were.
pub(super) async fn in_turn(
    State(state): State<AppState>,
    Extension(cx): Extension<RequestCx>,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    Ok(turn(&state, &cx, next.run(request)).await?)
}

/// How many times as long as it worked the share of a flooded site rests beside others, and the longest: what takes longer waits for
/// something else than a core.
const REST: u32 = 12;
const REST_MAX: Duration = Duration::from_millis(200);
/// What takes longer than this lends its share to other requests of its site. Beside others a flood is slow because it stands back.
const SLOW: Duration = Duration::from_millis(50);
const SLOW_BESIDE: Duration = Duration::from_millis(500);

/// Works on an answer once the share of its site has room, and where a flood leaves the cores to others.
///
/// # Errors
/// [`AppError::Unavailable`] when that takes too long.
pub(super) async fn turn(
    state: &AppState,
    cx: &RequestCx,
    work: impl Future<Output = Response> + Send + 'static,
) -> Result<Response, AppError> {
    let permit = state.shares.wait(cx.site.key(), SHARE_WAIT).await.ok_or(AppError::Unavailable { retry_after: 1 })?;
    let yields = permit.yields();
    cx.turn_begin(permit);
    if !yields {
        let response = lending(cx, SLOW, work).await;
        cx.turn_end();
        return Ok(response);
    }
    let begun = Instant::now();
    let response = lending(cx, SLOW_BESIDE, crowd::answer(work)).await;
    // The next one of the same site waits: what a flood leaves of the cores is there for others at once.
    let (cx, rest) = (cx.clone(), (begun.elapsed() * REST).min(REST_MAX));
    tokio::spawn(async move {
        tokio::time::sleep(rest).await;
        cx.turn_end();
    });
    Ok(response)
}

/// Works on an answer and lends the share once that takes long.
async fn lending(cx: &RequestCx, slow: Duration, work: impl Future<Output = Response>) -> Response {
    let slow = async {
        tokio::time::sleep(slow).await;
        cx.turn_lend();
        std::future::pending().await
    };
    tokio::select! {
        response = work => response,
        response = slow => response,
    }
}

/// Goes on when the client goes away: an act must not stop halfway, between its commit and what follows from it.
pub(super) async fn to_its_end(request: Request, next: Next) -> Response {
    let done = tokio::spawn(under_same_id(async move { next.run(request).await }).in_current_span()).await;
    done.unwrap_or_else(|panic| {
        tracing::error!(%panic, "a server function panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}
