//! Where the work of a site is done that floods the server while others ask: on threads that let all others go first.

use super::trace::under_same_id;
use axum::response::Response;
use std::{io::Error, panic::resume_unwind, sync::LazyLock};
use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// How far the threads stand back (nice(2)): a sixtieth of the weight of others. They go on though the cores are busy, since what they
/// hold others may wait for.
const NICENESS: i32 = 19;

/// Started by the first flood; it lasts as long as the process.
static THREADS: LazyLock<Result<Runtime, Error>> = LazyLock::new(|| {
    let started = Builder::new_multi_thread().enable_all().thread_name("crowd").on_thread_start(stand_back).build();
    if let Err(error) = &started {
        tracing::error!(%error, "no threads for floods");
    }
    started
});

fn stand_back() {
    #[cfg(target_os = "linux")]
    let _as_before = rustix::process::nice(NICENESS);
}

/// Answers a request on those threads, or on this one if there are none. It stops when it is not waited for.
pub(super) async fn answer(work: impl Future<Output = Response> + Send + 'static) -> Response {
    let Ok(threads) = &*THREADS else { return work.await };
    let done = AbortOnDropHandle::new(threads.spawn(under_same_id(work).in_current_span())).await;
    done.unwrap_or_else(|ended| resume_unwind(ended.into_panic()))
}
