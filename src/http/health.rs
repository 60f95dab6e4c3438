//! Whether the process lives, and whether it can serve. They say nothing else, on any host.

use super::state::AppState;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// The answer to `/livez` and `/readyz`, if it is one of them.
pub(super) async fn health(state: &AppState, path: &str) -> Option<Response> {
    match path {
        "/livez" => Some((StatusCode::OK, "ok").into_response()),
        "/readyz" => Some(if ready(state).await {
            (StatusCode::OK, "ok").into_response()
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response()
        }),
        _ => None,
    }
}

async fn ready(state: &AppState) -> bool {
    if state.is_stopping() {
        return false;
    }
    let database = async {
        let conn = state.services.db.platform().await?;
        conn.finish(Ok::<_, db::DbError>(())).await
    };
    let (database, redis) = tokio::join!(database, state.services.redis.ping());
    database.is_ok() && redis.is_ok()
}
