//! Whether the process lives, and whether it can serve. They say nothing else, on any host.

use super::state::AppState;
use axum::{extract::State, http::StatusCode};

/// Whether the process answers at all.
pub(super) async fn livez() -> &'static str {
    "ok"
}

/// Whether it can serve: PostgreSQL and Redis answer, and it is not about to end.
pub(super) async fn readyz(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if ready(&state).await { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") }
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
