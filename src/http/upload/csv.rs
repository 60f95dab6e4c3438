//! `/api/tenant/user_import_upload`: a list of people comes in and becomes a draft. It is written to disk as it comes.

use super::multipart::{broken, form, permit};
use crate::http::{client::wants_html, error_page::HttpError, forms};
use axum::{
    Extension, Json,
    extract::Request,
    http::{HeaderMap, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use domain::{AppError, Code, FieldErrors, FormState, JobId};
use identity::users::{CSV_BYTES_MAX, user_import_begin, user_import_may};
use kernel::{RequestCx, storage::storage_require};
use tokio::io::AsyncWriteExt;

/// Takes a list in: leads to its draft, or back to the form with what is wrong.
pub(super) async fn upload(Extension(cx): Extension<RequestCx>, request: Request) -> Result<Response, HttpError> {
    let html = wants_html(request.headers());
    let action = request.uri().path().to_owned();
    let back = forms::back_path(request.headers(), Some("/users/import"));
    let received = receive(&cx, request).await;
    match cx.answer(received).await {
        Ok(id) if html => Ok(forms::see_other(&format!("/users/import/{id}"), &HeaderMap::new())),
        Ok(id) => Ok(Json(id).into_response()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), ..FormState::default() };
            forms::refusal(&cx, error, html, &back, state).await
        }
    }
}

async fn receive(cx: &RequestCx, request: Request) -> kernel::Result<JobId> {
    // Before a byte of the list is read.
    user_import_may(cx).await?;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    storage_require(cx, announced).await?;
    let _permit = permit(cx).await?;
    let rules = multer::Constraints::new().allowed_fields(vec!["file"]);
    let mut parts = form(request, rules)?;
    let folder = cx.services.files.scratch()?;
    let place = folder.path().join("upload.csv");
    let (mut bytes, mut name) = (0_usize, String::new());
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        field.file_name().unwrap_or("users.csv").clone_into(&mut name);
        let mut write = tokio::fs::File::create(&place).await?;
        while let Some(part) = field.chunk().await.map_err(broken)? {
            bytes += part.len();
            // What is too large is read to its end all the same: a browser shows no answer that comes before.
            if bytes <= CSV_BYTES_MAX {
                write.write_all(&part).await?;
            }
        }
        write.flush().await?;
    }
    match bytes {
        0 => Err(AppError::field(Code::FieldRequired, "file", "Choose a file").into()),
        bytes if bytes > CSV_BYTES_MAX => Err(AppError::field(Code::FileTooLarge, "file", "At most 1 GB").into()),
        _ => user_import_begin(cx, &name, &place).await,
    }
}
