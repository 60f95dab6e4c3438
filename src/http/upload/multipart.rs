//! Multipart forms, part by part, from clients that send at a pace.

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use domain::{AppError, Code};
use futures_util::{Stream, StreamExt, stream};
use kernel::{Error, RequestCx, shares::Permit};
use multer::{Constraints, Multipart};
use std::{io::ErrorKind, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long an upload waits for those of the same site before it; it is not read until then.
const WAIT: Duration = Duration::from_secs(20);
/// What a client sends in each such time, at least: four kilobytes a second, which the slowest mobile networks reach.
const WINDOW: Duration = Duration::from_secs(10);
const WINDOW_BYTES: usize = 40 * 1024;

/// A permit to upload, held until the file is taken in. A site has few, and all sites together not many more.
///
/// # Errors
/// [`AppError::Conflict`] while others of the same site upload.
pub(super) async fn permit(cx: &RequestCx) -> Result<Permit, AppError> {
    cx.services.uploads.wait(cx.site.key(), WAIT).await.ok_or_else(|| {
        AppError::conflict(Code::UploadLimit, "file", "Several files are being uploaded here already. Wait until one of them is done.")
    })
}

/// The parts of a form.
///
/// # Errors
/// [`AppError::Malformed`] for what is no multipart form.
pub(super) fn form(request: Request, rules: Constraints) -> Result<Multipart<'static>, AppError> {
    let kind = request.headers().get(axum::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| AppError::Malformed)?;
    Ok(Multipart::with_constraints(paced(request.into_body(), WINDOW), boundary, rules))
}

/// The bytes of a body, which breaks off when they come too slowly.
fn paced(body: Body, window: Duration) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let state = (body.into_data_stream(), Instant::now() + window, 0_usize);
    stream::try_unfold(state, move |(mut parts, mut ends, mut came)| async move {
        loop {
            match timeout_at(ends, parts.next()).await {
                Ok(Some(Ok(part))) => {
                    came = came.saturating_add(part.len());
                    return Ok(Some((part, (parts, ends, came))));
                }
                Ok(Some(Err(error))) => return Err(std::io::Error::other(error)),
                Ok(None) => return Ok(None),
                Err(_) if came < WINDOW_BYTES => return Err(std::io::Error::new(ErrorKind::TimedOut, "the client sends too slowly")),
                Err(_) => (ends, came) = (Instant::now() + window, 0),
            }
        }
    })
}

/// A form that breaks off or breaks the rules is the client's fault.
pub(super) fn broken(error: multer::Error) -> Error {
    tracing::debug!(%error, "an upload broke off");
    AppError::Malformed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a body that sends so many bytes every 5 ms, in windows of 50 ms.
    async fn came(bytes: usize) -> Result<usize, ErrorKind> {
        let sent = stream::unfold(0, move |count| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            (count < 40).then(|| (Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes])), count + 1))
        });
        let parts = paced(Body::from_stream(sent), Duration::from_millis(50));
        let mut parts = std::pin::pin!(parts);
        let mut all = 0;
        while let Some(part) = parts.next().await {
            all += part.map_err(|error| error.kind())?.len();
        }
        Ok(all)
    }

    #[tokio::test]
    async fn a_body_has_to_keep_the_pace() {
        assert_eq!(came(WINDOW_BYTES).await, Ok(40 * WINDOW_BYTES));
        assert_eq!(came(1).await, Err(ErrorKind::TimedOut), "a byte now and then is no upload");
    }
}
