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

/// The longest a share rests: what takes longer waits for something else than a core.
const REST_MAX: Duration = Duration::from_millis(100);

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
        let response = work.await;
        cx.turn_end();
        return Ok(response);
    }
    let begun = Instant::now();
    let response = crowd::answer(work).await;
    // The next one of the same site waits for as long: what a flood leaves of the cores is there for others at once.
    let (cx, rest) = (cx.clone(), begun.elapsed().min(REST_MAX));
    tokio::spawn(async move {
        tokio::time::sleep(rest).await;
        cx.turn_end();
    });
    Ok(response)
}

/// Goes on when the client goes away: an act must not stop halfway, between its commit and what follows from it.
pub(super) async fn to_its_end(request: Request, next: Next) -> Response {
    let done = tokio::spawn(under_same_id(async move { next.run(request).await }).in_current_span()).await;
    done.unwrap_or_else(|panic| {
        tracing::error!(%panic, "a server function panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}
