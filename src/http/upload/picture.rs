//! `/api/tenant/logo_set`: a picture, small enough to be held in memory.

use super::{boundary, broken, forms};
use crate::http::{error_page::error_page, flash};
use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, Response, StatusCode},
    response::IntoResponse,
};
use domain::{AppError, FieldErrors, Flash, FormState, flash::Toast};
use leptos::nonce::Nonce;
use services::{
    RequestCx,
    settings::{LOGO_BYTES_MAX, logo_set, settings_may},
};

/// Takes a picture in: leads back to the form it stands in.
pub(super) async fn call(cx: &RequestCx, request: Request, html: bool) -> Response<Body> {
    let nonce = request.extensions().get::<Nonce>().cloned();
    let back = forms::back_path(request.headers());
    let action = request.uri().path().to_owned();
    let taken = async {
        settings_may(cx).await?;
        logo_set(cx, file(request).await?).await
    }
    .await;
    match cx.answer(taken).await {
        Ok(()) if html => {
            let toast = Toast { text: "The logo is changed".to_owned(), undo: None };
            let put = cx.flash_put(&Flash { toast: Some(toast), ..Flash::default() }).await;
            let mut response = forms::see_other(&back, &HeaderMap::new());
            if let Ok(Some(value)) = cx.answer(put).await {
                flash::set(&mut response, &value);
            }
            response
        }
        Ok(()) => Json(()).into_response(),
        Err(AppError::Malformed) => error_page(StatusCode::BAD_REQUEST, html, nonce.as_ref()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), ..FormState::default() };
            forms::refusal(cx, error, html, &back, state, nonce.as_ref()).await
        }
    }
}

/// The one file of a form. What is too large is read to its end and thrown away: a browser shows no answer that comes before.
async fn file(request: Request) -> services::Result<Vec<u8>> {
    let boundary = boundary(&request)?;
    let rules = multer::Constraints::new().allowed_fields(vec!["file"]);
    let mut form = multer::Multipart::with_constraints(request.into_body().into_data_stream(), boundary, rules);
    let mut file = Vec::new();
    let mut bytes = 0_usize;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        while let Some(part) = field.chunk().await.map_err(broken)? {
            bytes += part.len();
            if bytes > 8 * LOGO_BYTES_MAX {
                return Err(AppError::Malformed.into());
            }
            if bytes <= LOGO_BYTES_MAX {
                file.extend_from_slice(&part);
            }
        }
    }
    match bytes {
        0 => Err(AppError::field("file", "Choose a picture").into()),
        bytes if bytes > LOGO_BYTES_MAX => Err(AppError::field("file", "At most 2 MB").into()),
        _ => Ok(file),
    }
}
