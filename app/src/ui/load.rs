//! Loading what a page shows, and what to show when that fails.

use super::{CardPage, Icon, IconName, page_path, site::OwnFormat};
use crate::api::{ApiError, ApiResult, Frame, Framed};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use domain::AppError;
use leptos::{either::Either, prelude::*};
use leptos_axum::ResponseOptions;
use serde::{Serialize, de::DeserializeOwned};

/// What a page is made of, with the frame around it where a user is signed in.
pub trait Loaded {
    /// The frame, which components find in their context.
    fn frame(&self) -> Option<&Frame> {
        None
    }
}

impl Loaded for Frame {
    fn frame(&self) -> Option<&Frame> {
        Some(self)
    }
}

impl<T> Loaded for Framed<T> {
    fn frame(&self) -> Option<&Frame> {
        Some(&self.frame)
    }
}

/// The frame of the page that is being made; none where nobody is signed in.
#[must_use]
pub fn use_frame() -> Option<Frame> {
    use_context::<Frame>()
}

/// A page made of what one server function gives.
pub fn load<T, F, V>(
    fetch: impl Fn() -> F + Send + Sync + 'static,
    render: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Loaded + Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = ApiResult<T>> + Send + 'static,
    V: IntoView + 'static,
{
    let resource = Resource::new_blocking(|| (), move |()| fetch());
    view! {
        <Suspense>
            {move || {
                let render = render.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(data) => {
                            if let Some(frame) = data.frame() {
                                provide_context(frame.clone());
                                if let Some(format) = frame.format {
                                    provide_context(OwnFormat(format));
                                }
                            }
                            Either::Left(render(data))
                        }
                        Err(ApiError(error)) => Either::Right(failed(error)),
                    }
                })
            }}
        </Suspense>
    }
}

/// The pairs of the query of this page's address.
#[must_use]
pub fn search_pairs() -> Vec<(String, String)> {
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default();
    serde_urlencoded::from_str(&query).unwrap_or_default()
}

/// What this page's address asks to be confirmed, as `?confirm=...`; empty for nothing.
#[must_use]
pub fn confirm_asked() -> String {
    search_pairs().into_iter().find(|(name, _)| name == "confirm").map(|(_, value)| value).unwrap_or_default()
}

/// Leads from a page to another one, whatever the client accepts; the framework's own redirect asks for `text/html`.
pub fn page_redirect(target: &str) {
    if let (Some(response), Ok(location)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(target)) {
        response.set_status(StatusCode::FOUND);
        response.insert_header(header::LOCATION, location);
    }
}

fn failed(error: AppError) -> impl IntoView {
    if error == AppError::Unauthenticated {
        let path = page_path();
        let query = serde_urlencoded::to_string([("next", path.as_str())]).unwrap_or_default();
        let target = if path == "/" || path.is_empty() { "/login".to_owned() } else { format!("/login?{query}") };
        page_redirect(&target);
        return Either::Left(());
    }
    let way = match error {
        AppError::PasswordRequired => Some("/account/password"),
        AppError::FactorRequired => Some("/account/mfa"),
        _ => None,
    };
    if let Some(way) = way {
        page_redirect(way);
        return Either::Left(());
    }
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        response.set_status(status);
        if let Some(seconds) = error.retry_after() {
            response.insert_header(header::RETRY_AFTER, seconds.into());
        }
    }
    Either::Right(view! { <ErrorView error/> })
}

/// An error as a page of its own.
#[component]
pub fn ErrorView(
    /// The error.
    error: AppError,
) -> impl IntoView {
    let (title, text) = match &error {
        AppError::NotFound => ("Not found", "There is nothing here, or it is not yours to see.".to_owned()),
        AppError::Forbidden | AppError::ReauthRequired | AppError::FactorRequired | AppError::PasswordRequired => {
            ("Not allowed", "Your role does not permit this. Ask an admin of your company.".to_owned())
        }
        AppError::Unavailable { .. } => ("One moment", "A service does not answer right now. Try again in a few seconds.".to_owned()),
        AppError::NoSpace => ("No space left", "The server has no space left. Ask the platform's operator to free some.".to_owned()),
        AppError::Internal { request_id } => ("That went wrong", format!("The fault is ours and was noted as {request_id}.")),
        _ => ("That cannot be shown", "The request could not be read.".to_owned()),
    };
    view! {
        <CardPage brand="Oneo" title tenant=false>
            <h1 class="flex items-center gap-2 text-lg font-semibold"><Icon name=IconName::Warning class="size-5"/>{title}</h1>
            <p class="text-muted mt-2">{text}</p>
            <p class="mt-5"><a class="btn btn-sm" href="/">"Back to dashboard"</a></p>
        </CardPage>
    }
}
