//! What a job sends besides its page: its progress while it runs, and the file it made.

use super::{
    error_page::{HttpError, path_id},
    state::AppState,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use domain::{AppError, JobId};
use futures_util::{StreamExt, stream};
use kernel::imports::SKIPPED_COLUMNS;
use kernel::{RequestCx, csv::written};
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

/// The progress as server-sent events.
const EVENTS: &str = "/jobs/{id}/events";
/// The file a job made.
const FILE: &str = "/jobs/{id}/file";
/// The paths of this module.
pub(super) const PATHS: [&str; 2] = [EVENTS, FILE];

/// How often a job is looked at for those who watch.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long one stream lasts; the browser then asks again, and is authorized again.
const STREAM_LASTS: Duration = Duration::from_secs(25);

/// The routes of this module.
pub(super) fn router(state: &AppState) -> Router {
    Router::new().route(EVENTS, get(events)).route(FILE, get(file)).with_state(state.clone())
}

/// The lines that a company's job left out, as they were typed, each with its reason. The file of an import can be imported again as
/// it is: the columns keep their places and names.
async fn left_out(cx: RequestCx, id: JobId) -> Result<Response, HttpError> {
    let found = identity::jobs::company_job_left_header(&cx, id).await;
    // The first look decides the status.
    let (mut header, of_file) = cx.answer(found).await?;
    let width = header.len();
    let [reason, line] = SKIPPED_COLUMNS.map(str::to_owned);
    header.push(reason);
    header.extend(of_file.then_some(line));
    let first = written(std::iter::once(header)).map_err(|error| kernel::Error::Fault(error.to_string()));
    let first = cx.answer(first).await?;
    let standing = cx.clone();
    let rest = stream::try_unfold((cx, i64::MIN), move |(cx, after)| async move {
        let found = identity::jobs::company_job_left(&cx, id, after).await;
        let batch = cx.answer(found).await.map_err(|error| std::io::Error::other(error.to_string()))?;
        let Some(last) = batch.last().map(|row| row.line) else { return Ok::<_, std::io::Error>(None) };
        let rows = batch.into_iter().map(|row| {
            let mut cells = row.cells;
            cells.resize(width, String::new());
            cells.push(row.why);
            cells.extend(of_file.then(|| row.line.to_string()));
            cells
        });
        Ok(Some((written(rows)?, (cx, last))))
    });
    let rest = stream::once(async { Ok(first) }).chain(rest);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"job-{id}-skipped.csv\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    Ok((headers, Body::from_stream(standing.while_standing(rest))).into_response())
}

async fn file(Extension(cx): Extension<RequestCx>, id: Result<Path<JobId>, PathRejection>) -> Result<Response, HttpError> {
    let id = path_id(id)?;
    if cx.site.tenant().is_some() {
        return left_out(cx, id).await;
    }
    let opened = control::jobs::job_file(&cx, id).await;
    let (name, bytes) = cx.answer(opened).await?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar")),
        (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    Ok((headers, Body::from_stream(cx.while_standing(bytes))).into_response())
}

/// Who watches, what was sent last, and whether that was the end.
struct Watch {
    cx: RequestCx,
    state: AppState,
    begun: Instant,
    sent: Option<String>,
    ended: bool,
}

/// A message each time something changed: `done total text`, and `over` at the end. No connection is held between looks.
async fn events(
    State(state): State<AppState>,
    Extension(cx): Extension<RequestCx>,
    id: Result<Path<JobId>, PathRejection>,
) -> Result<Response, HttpError> {
    let id = path_id(id)?;
    // The first look decides the status.
    look(&cx, id).await?;
    let watch = Watch { cx, state, begun: Instant::now(), sent: None, ended: false };
    let messages = stream::unfold(watch, move |mut watch| async move {
        while !watch.ended && watch.begun.elapsed() < STREAM_LASTS && !watch.state.is_stopping() {
            if watch.sent.is_some() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            watch.cx.require_standing().await.ok()?;
            let (text, over) = look(&watch.cx, id).await.ok()?;
            watch.ended = over;
            if over || watch.sent.as_ref() != Some(&text) {
                watch.sent = Some(text.clone());
                let text = if over { "over".to_owned() } else { text };
                return Some((Ok::<_, Infallible>(Event::default().data(text)), watch));
            }
        }
        None
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Sse::new(messages)).into_response())
}

async fn look(cx: &RequestCx, id: JobId) -> Result<(String, bool), AppError> {
    let job = if cx.site.tenant().is_some() {
        let found = identity::jobs::company_job_watch(cx, id).await;
        cx.answer(found).await?
    } else {
        let found = control::jobs::job_get(cx, id).await;
        cx.answer(found).await?.job
    };
    let total = job.total.unwrap_or(1).max(1);
    let text = match job.total {
        Some(total) => format!("{} of {} rows", cx.settings.format.number(job.done), cx.settings.format.number(total)),
        None => "not started".to_owned(),
    };
    Ok((format!("{} {total} {text}", job.done), job.status.is_over()))
}
