//! `/api/tenant/logo_set` and `/api/tenant/photo_set`: a picture, small enough to be held in memory.

use super::multipart::{broken, form, place, rest_discard};
use crate::http::{client::wants_html, error_page::HttpError, flash, forms};
use axum::{
    Extension, Json,
    extract::Request,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{AppError, Code, FieldErrors, FormState, flash::Toast};
use identity::{
    account::{PHOTO_BYTES_MAX, photo_set},
    settings::{LOGO_BYTES_MAX, logo_set, settings_may},
};
use kernel::{RequestCx, picture::picture_count};
use std::time::Duration;

/// How long a picture may take to come in.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a picture is for.
#[derive(Clone, Copy)]
enum Picture {
    /// The company's logo.
    Logo,
    /// The picture of the signed-in user.
    Photo,
}

impl Picture {
    /// The page on which it is chosen.
    const fn page(self) -> &'static str {
        match self {
            Self::Logo => "/settings",
            Self::Photo => "/account",
        }
    }

    const fn bytes_max(self) -> usize {
        match self {
            Self::Logo => LOGO_BYTES_MAX,
            Self::Photo => PHOTO_BYTES_MAX,
        }
    }

    /// Whether the person asking may set it, before a file is read.
    async fn may(self, cx: &RequestCx) -> kernel::Result<()> {
        match self {
            Self::Logo => settings_may(cx).await,
            Self::Photo => identity::auth::signed_in_check(cx).await,
        }
    }

    async fn set(self, cx: &RequestCx, file: Vec<u8>) -> kernel::Result<&'static str> {
        match self {
            Self::Logo => logo_set(cx, file).await.map(|()| "The logo is changed"),
            Self::Photo => photo_set(cx, file).await.map(|()| "Your picture is changed"),
        }
    }
}

/// Takes the company's logo in.
pub(super) async fn logo(Extension(cx): Extension<RequestCx>, request: Request) -> Result<Response, HttpError> {
    upload(Picture::Logo, &cx, request).await
}

/// Takes the picture of the signed-in user in.
pub(super) async fn photo(Extension(cx): Extension<RequestCx>, request: Request) -> Result<Response, HttpError> {
    upload(Picture::Photo, &cx, request).await
}

/// Takes a picture in: leads back to the form it stands in.
async fn upload(picture: Picture, cx: &RequestCx, mut request: Request) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let html = wants_html(&headers);
    let back = forms::back_path(request.headers(), Some(picture.page()));
    let action = request.uri().path().to_owned();
    let taken = async {
        picture.may(cx).await?;
        let _place = place(cx, |uploads| &uploads.pictures).await?;
        picture_count(cx).await?;
        let file = tokio::time::timeout(TIMEOUT, file(&mut request, picture.bytes_max())).await.map_err(|_| AppError::Malformed)??;
        picture.set(cx, file).await
    }
    .await;
    if html && taken.is_err() {
        rest_discard(cx, request).await;
    }
    match cx.answer(taken).await {
        Ok(text) if html => {
            let put = cx.flash_put(&Toast::success(text).into()).await;
            let mut response = forms::see_other(&back, &HeaderMap::new());
            if let Ok(Some(value)) = cx.answer(put).await {
                flash::set(&mut response, &value);
            }
            Ok(response)
        }
        Ok(_) => Ok(Json(()).into_response()),
        Err(error) => {
            let state = FormState { action, errors: FieldErrors::default(), ..FormState::default() };
            forms::refusal(cx, error, (html, &headers), &back, state).await
        }
    }
}

/// The one file of a form. What is too large is read to its end and thrown away: a browser shows no answer that comes before.
async fn file(request: &mut Request, most: usize) -> kernel::Result<Vec<u8>> {
    let rules = multer::Constraints::new().allowed_fields(vec!["file"]);
    let mut parts = form(request, rules)?;
    let mut file = Vec::new();
    let mut bytes = 0_usize;
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        while let Some(part) = field.chunk().await.map_err(broken)? {
            bytes += part.len();
            if bytes > 4 * most {
                return Err(AppError::Malformed.into());
            }
            if bytes <= most {
                file.extend_from_slice(&part);
            }
        }
    }
    match bytes {
        0 => Err(AppError::field(Code::FieldRequired, "file", "Choose a picture").into()),
        bytes if bytes > most => Err(AppError::field(Code::FileTooLarge, "file", format!("At most {} MB", most / 1024 / 1024)).into()),
        _ => Ok(file),
    }
}
