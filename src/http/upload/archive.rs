//! `/api/platform/tenant_import`: an archive comes in as a multipart form and becomes a job. It is written to disk as it
//! comes, never held in memory, and only for a user who may.

use super::multipart::{broken, form, place, rest_discard};
use crate::http::{client::wants_html, error_page::HttpError, forms};
use axum::{
    Extension, Json,
    extract::Request,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use control::transfer::{ImportForm, import_begin, import_may, import_take};
use domain::{AppError, Code, FieldErrors, FormState, JobId};
use kernel::RequestCx;
use secrecy::SecretString;
use std::collections::BTreeMap;
use tokio::io::AsyncWriteExt;

/// The most bytes of a field that is not the file.
const FIELD_MAX: u64 = 1024;

/// What was typed besides the file.
#[derive(Default)]
struct Typed {
    values: BTreeMap<String, String>,
    password: String,
}

/// Takes an archive in: leads to its job, or back to the form with what is wrong.
pub(super) async fn upload(Extension(cx): Extension<RequestCx>, mut request: Request) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let html = wants_html(&headers);
    let action = request.uri().path().to_owned();
    let back = forms::back_path(request.headers(), Some("/tenants/import"));
    let mut typed = Typed::default();
    let received = receive(&cx, &mut request, &mut typed).await;
    if html && received.is_err() {
        rest_discard(&cx, request).await;
    }
    match cx.answer(received).await {
        Ok(id) if html => Ok(forms::see_other(&format!("/jobs/{id}"), &HeaderMap::new())),
        Ok(id) => Ok(Json(id).into_response()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), values: typed.values };
            forms::refusal(&cx, error, (html, &headers), &back, state).await
        }
    }
}

async fn receive(cx: &RequestCx, request: &mut Request, typed: &mut Typed) -> kernel::Result<JobId> {
    // Before a byte of the archive is read.
    import_may(cx).await?;
    let _place = place(cx, |uploads| &uploads.files).await?;
    let sizes = ["name", "domain", "password"].into_iter().fold(multer::SizeLimit::new(), |sizes, field| sizes.for_field(field, FIELD_MAX));
    let rules = multer::Constraints::new().allowed_fields(vec!["name", "domain", "password", "file"]).size_limit(sizes);
    let mut parts = form(request, rules)?;
    let mut taken = None;
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = field.text().await.map_err(broken)?;
            if name == "password" {
                typed.password = text;
            } else {
                typed.values.insert(name, text);
            }
            continue;
        }
        // Everything else is checked before minutes are spent on the archive; but a refusal is answered after the
        // whole form was read, since a browser shows no answer that comes before.
        let value = |name: &str| typed.values.get(name).cloned().unwrap_or_default();
        let begun =
            import_begin(cx, &ImportForm { name: value("name"), domain: value("domain") }, &SecretString::from(typed.password.as_str()))
                .await;
        let folder = cx.services.files.scratch()?;
        let path = folder.path().join("upload.tar");
        let mut write = tokio::fs::File::create(&path).await?;
        let mut bytes = 0_usize;
        while let Some(part) = field.chunk().await.map_err(broken)? {
            bytes += part.len();
            if begun.is_ok() {
                write.write_all(&part).await?;
            }
        }
        write.flush().await?;
        taken = Some((begun?, folder, path, bytes));
    }
    match taken {
        Some((wish, _folder, path, bytes)) if bytes > 0 => import_take(cx, wish, &path).await,
        _ => Err(AppError::field(Code::FieldRequired, "file", "Choose an archive").into()),
    }
}
