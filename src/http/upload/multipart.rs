//! Multipart forms, part by part, from clients that send at a pace.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::header::CONTENT_TYPE,
};
use domain::{AppError, Code, SiteKey};
use futures_util::{Stream, StreamExt, stream};
use kernel::{
    Error, RequestCx,
    uploads::{Busy, Place, Places, Uploads},
};
use multer::{Constraints, Multipart};
use std::{error::Error as StdError, io::ErrorKind, time::Duration};
use tokio::time::{Instant, timeout};
use tower_http::timeout::TimeoutError;

/// How long an upload waits for those before it; it is not read until then.
const WAIT: Duration = Duration::from_secs(20);
/// What a client sends in each such time, at least: four kilobytes a second, which the slowest mobile networks reach.
const WINDOW: Duration = Duration::from_secs(10);
const WINDOW_BYTES: usize = 40 * 1024;
/// How long, and how many bytes of it, the rest of a body is read that was refused: as long as nginx lingers (lingering_time).
const REST_TIME: Duration = Duration::from_secs(30);
const REST_BYTES: usize = 256 * 1024 * 1024;

/// A place to upload, held until the file is taken in: few of a user, few of a site, and not many in all.
///
/// # Errors
/// [`AppError::Conflict`] beside `file` while others have them.
pub(super) async fn place(cx: &RequestCx, of: fn(&Uploads) -> &Places) -> Result<Place, AppError> {
    let user = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?.subject;
    of(&cx.services.uploads).wait(cx.site.key(), user, WAIT).await.map_err(|busy| {
        let sentence = match (busy, cx.site.key()) {
            (Busy::User, _) => "You are uploading as many files as one user may at once. Wait until one of them is done.",
            (Busy::Site, SiteKey::Platform) => "Other admins are uploading several files already. Wait until one of them is done.",
            (Busy::Site, SiteKey::Tenant(_)) => {
                "Others in your company are uploading several files already. Wait until one of them is done."
            }
            (Busy::All, _) => "The server is receiving as many files as it can. Try again in a minute.",
        };
        AppError::conflict(Code::UploadLimit, "file", sentence)
    })
}

/// The parts of a form. The request keeps an empty body.
///
/// # Errors
/// [`AppError::Malformed`] for what is no multipart form.
pub(super) fn form(request: &mut Request, rules: Constraints) -> Result<Multipart<'static>, AppError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| AppError::Malformed)?;
    Ok(Multipart::with_constraints(paced(std::mem::take(request.body_mut()), WINDOW), boundary, rules))
}

/// Reads what is left of the body of a refused form, within bounds: a browser shows no answer that comes before it has sent everything.
/// Nobody who is not signed in is waited for.
pub(super) async fn rest_discard(cx: &RequestCx, request: Request) {
    if cx.auth.is_none() {
        return;
    }
    let mut parts = std::pin::pin!(paced(request.into_body(), WINDOW));
    let mut bytes = 0;
    let discard = async {
        while let Some(Ok(part)) = parts.next().await {
            bytes += part.len();
            if bytes > REST_BYTES {
                break;
            }
        }
    };
    let _in_time = timeout(REST_TIME, discard).await;
}

/// The bytes of a body, which breaks off when they come too slowly. Only the time counts in which the client is waited for.
fn paced(body: Body, window: Duration) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::try_unfold((body.into_data_stream(), window, 0_usize), move |(mut parts, mut left, mut came)| async move {
        loop {
            let asked = Instant::now();
            match timeout(left, parts.next()).await {
                Ok(Some(Ok(part))) => {
                    left = left.saturating_sub(asked.elapsed());
                    came = came.saturating_add(part.len());
                    return Ok(Some((part, (parts, left, came))));
                }
                Ok(Some(Err(error))) => return Err(std::io::Error::other(error)),
                Ok(None) => return Ok(None),
                Err(_) if came < WINDOW_BYTES => return Err(std::io::Error::new(ErrorKind::TimedOut, "the client sends too slowly")),
                Err(_) => (left, came) = (window, 0),
            }
        }
    })
}

/// A form that breaks off or breaks the rules is the client's fault.
pub(super) fn broken(error: multer::Error) -> Error {
    tracing::debug!(%error, "an upload broke off");
    if is_slow(&error) {
        let sentence = "The file came in too slowly, so the upload was stopped. Try again on a faster connection.";
        return AppError::field(Code::UploadSlow, "file", sentence).into();
    }
    AppError::Malformed.into()
}

/// Whether the client kept the server waiting.
fn is_slow(error: &multer::Error) -> bool {
    causes(error).any(|cause| match cause.downcast_ref::<std::io::Error>() {
        // It does not name what it wraps among its sources.
        Some(io) => {
            io.kind() == ErrorKind::TimedOut || io.get_ref().is_some_and(|inner| causes(inner).any(|cause| cause.is::<TimeoutError>()))
        }
        None => cause.is::<TimeoutError>(),
    })
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
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

    /// What the user reads of a form whose body comes like that.
    async fn said(body: Body) -> Code {
        let mut parts = Multipart::new(paced(body, Duration::from_millis(50)), "b");
        match broken(parts.next_field().await.unwrap_err()) {
            Error::App(error) => error.code(),
            other => unreachable!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_user_reads_that_an_upload_was_too_slow() {
        let silent = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(said(silent()).await, Code::UploadSlow);
        let stalled = tower_http::timeout::TimeoutBody::new(Duration::from_millis(10), silent());
        assert_eq!(said(Body::new(stalled)).await, Code::UploadSlow, "a body that stood still");
        assert_eq!(said(Body::from("nonsense")).await, Code::Malformed);
    }

    #[tokio::test]
    async fn what_the_server_takes_to_write_is_not_the_client_s_delay() {
        let parts = paced(
            Body::from_stream(stream::iter((0..6).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x"))))),
            Duration::from_millis(20),
        );
        let mut parts = std::pin::pin!(parts);
        while let Some(part) = parts.next().await {
            part.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_body_has_to_keep_the_pace() {
        assert_eq!(came(WINDOW_BYTES).await, Ok(40 * WINDOW_BYTES));
        assert_eq!(came(1).await, Err(ErrorKind::TimedOut), "a byte now and then is no upload");
    }
}
