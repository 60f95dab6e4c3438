//! Files to import: they come in, are written to disk as they come, and become drafts.

use super::multipart::{broken, form, place, rest_discard};
use crate::http::{client::wants_html, error_page::HttpError, forms};
use axum::{
    Extension, Json,
    extract::Request,
    http::{HeaderMap, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use domain::{AppError, Code, FieldErrors, FormState, JobId, record::key_is_valid};
use identity::users::{user_import_admit, user_import_begin};
use kernel::{
    RequestCx,
    imports::CSV_BYTES_MAX,
    storage::{storage_full, storage_of},
};
use records::{record_import_admit, record_import_begin};
use std::path::Path;
use tokio::io::AsyncWriteExt;

/// What a file is a list of.
#[derive(Clone, Debug)]
enum List {
    /// Users of the tenant.
    Users,
    /// Records of the pipeline of that key.
    Records(String),
}

impl List {
    /// The page on which a file is chosen.
    fn path(&self) -> String {
        match self {
            Self::Users => "/users/import".to_owned(),
            Self::Records(pipeline) => format!("/p/{pipeline}/import"),
        }
    }

    async fn admit(&self, cx: &RequestCx, announced: Option<u64>) -> kernel::Result<u64> {
        match self {
            Self::Users => user_import_admit(cx, announced).await,
            Self::Records(pipeline) => record_import_admit(cx, pipeline, announced).await,
        }
    }

    async fn begin(&self, cx: &RequestCx, name: &str, file: &Path) -> kernel::Result<JobId> {
        match self {
            Self::Users => user_import_begin(cx, name, file).await,
            Self::Records(pipeline) => record_import_begin(cx, pipeline, name, file).await,
        }
    }
}

/// Takes a list of users in.
pub(super) async fn users(Extension(cx): Extension<RequestCx>, request: Request) -> Result<Response, HttpError> {
    upload(&cx, &List::Users, request).await
}

/// Takes a list of records in; the query of the address names their pipeline.
pub(super) async fn records(Extension(cx): Extension<RequestCx>, request: Request) -> Result<Response, HttpError> {
    let pairs: Vec<(String, String)> = request.uri().query().and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default();
    let pipeline = pairs.into_iter().find(|(name, _)| name == "pipeline").map(|(_, key)| key).unwrap_or_default();
    // What is no key leads to no page, and is found nowhere.
    let list = List::Records(if key_is_valid(&pipeline) { pipeline } else { "unknown".to_owned() });
    upload(&cx, &list, request).await
}

/// Leads to the draft that a list becomes, or back to the form with what is wrong.
async fn upload(cx: &RequestCx, list: &List, mut request: Request) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let html = wants_html(&headers);
    let action = request.uri().path().to_owned();
    let path = list.path();
    let back = forms::back_path(request.headers(), Some(&path));
    let received = receive(cx, list, &mut request).await;
    if html && received.is_err() {
        rest_discard(cx, request).await;
    }
    match cx.answer(received).await {
        Ok(id) if html => Ok(forms::see_other(&format!("{path}/{id}"), &HeaderMap::new())),
        Ok(id) => Ok(Json(id).into_response()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), ..FormState::default() };
            forms::refusal(cx, error, (html, &headers), &back, state).await
        }
    }
}

async fn receive(cx: &RequestCx, list: &List, request: &mut Request) -> kernel::Result<JobId> {
    // Before a byte of the list is read.
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let free = list.admit(cx, announced).await?;
    let most = usize::try_from(free).map_or(CSV_BYTES_MAX, |free| free.min(CSV_BYTES_MAX));
    let _place = place(cx, |uploads| &uploads.files).await?;
    let rules = multer::Constraints::new().allowed_fields(vec!["file"]);
    let mut parts = form(request, rules)?;
    let folder = cx.services.files.scratch()?;
    let path = folder.path().join("upload.csv");
    let (mut bytes, mut name) = (0_usize, String::new());
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        field.file_name().unwrap_or("import.csv").clone_into(&mut name);
        let mut write = tokio::fs::File::create(&path).await?;
        while let Some(part) = field.chunk().await.map_err(broken)? {
            bytes = bytes.saturating_add(part.len());
            // What is too large is read to its end all the same: a browser shows no answer that comes before.
            if bytes <= most {
                write.write_all(&part).await?;
            }
        }
        write.flush().await?;
    }
    match bytes {
        0 => Err(AppError::field(Code::FieldRequired, "file", "Choose a file").into()),
        bytes if bytes > CSV_BYTES_MAX => Err(AppError::field(Code::FileTooLarge, "file", "At most 1 GB").into()),
        bytes if bytes > most => Err(storage_full(storage_of(cx).await?).into()),
        _ => list.begin(cx, &name, &path).await,
    }
}
