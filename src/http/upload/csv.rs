//! `/api/tenant/user_import_upload`: a list of people comes in and becomes a draft. It is written to disk as it comes.

use super::multipart::{broken, form, place, rest_discard};
use crate::http::{client::wants_html, error_page::HttpError, forms};
use axum::{
    Extension, Json,
    extract::Request,
    http::{HeaderMap, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use domain::{AppError, Code, FieldErrors, FormState, JobId};
use identity::users::{CSV_BYTES_MAX, user_import_admit, user_import_begin};
use kernel::{
    RequestCx,
    storage::{storage_full, storage_of},
};
use tokio::io::AsyncWriteExt;

/// Takes a list in: leads to its draft, or back to the form with what is wrong.
pub(super) async fn upload(Extension(cx): Extension<RequestCx>, mut request: Request) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let html = wants_html(&headers);
    let action = request.uri().path().to_owned();
    let back = forms::back_path(request.headers(), Some("/users/import"));
    let received = receive(&cx, &mut request).await;
    if html && received.is_err() {
        rest_discard(&cx, request).await;
    }
    match cx.answer(received).await {
        Ok(id) if html => Ok(forms::see_other(&format!("/users/import/{id}"), &HeaderMap::new())),
        Ok(id) => Ok(Json(id).into_response()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), ..FormState::default() };
            forms::refusal(&cx, error, (html, &headers), &back, state).await
        }
    }
}

async fn receive(cx: &RequestCx, request: &mut Request) -> kernel::Result<JobId> {
    // Before a byte of the list is read.
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let free = user_import_admit(cx, announced).await?;
    let most = usize::try_from(free).map_or(CSV_BYTES_MAX, |free| free.min(CSV_BYTES_MAX));
    let _place = place(cx, |uploads| &uploads.files).await?;
    let rules = multer::Constraints::new().allowed_fields(vec!["file"]);
    let mut parts = form(request, rules)?;
    let folder = cx.services.files.scratch()?;
    let path = folder.path().join("upload.csv");
    let (mut bytes, mut name) = (0_usize, String::new());
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        field.file_name().unwrap_or("users.csv").clone_into(&mut name);
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
        _ => user_import_begin(cx, &name, &path).await,
    }
}
