//! Loading what a page shows, and what to show when that fails.

use super::{CardPage, Icon, IconName, page_path, site::OwnFormat};
use crate::api::{ApiError, ApiResult, Frame, Framed, login_path};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use domain::AppError;
use kernel::RequestCx;
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
        let headers = use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default();
        page_redirect(&login_path(&page_path(), &headers));
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

/// How a site frames an error for a signed-in user: the frame, what the page is called, and what it says. Each site provides its own.
#[derive(Clone, Copy)]
pub struct ErrorFrame(pub fn(Frame, &'static str, AnyView) -> AnyView);

/// An error as a page, in the frame of its site where the request has learned who is signed in.
#[component]
pub fn ErrorView(
    /// The error.
    error: AppError,
) -> impl IntoView {
    let (title, text) = match &error {
        AppError::NotFound => ("Not found", "This page does not exist, or you do not have access to it.".to_owned()),
        AppError::Forbidden | AppError::ReauthRequired | AppError::FactorRequired | AppError::PasswordRequired => {
            ("Not allowed", "Your role does not allow this. Ask an admin for access.".to_owned())
        }
        AppError::Unavailable { .. } => ("Temporarily unavailable", "A service is not responding. Try again in a few seconds.".to_owned()),
        AppError::TooSlow => {
            let text =
                "Narrow the list with a condition, or sort it by another column. Fields that lists use often become faster by themselves.";
            ("This list takes too long to read", text.to_owned())
        }
        AppError::NoSpace => {
            ("No space left", "The server has run out of disk space. Ask the platform operator to free some space.".to_owned())
        }
        AppError::Internal { .. } => ("Something went wrong", "This is our fault, and the error was logged. Try again later.".to_owned()),
        _ => ("This page cannot be shown", "The server could not read the request. Go back and try again.".to_owned()),
    };
    let cx = use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestCx>().cloned());
    let id = cx.as_ref().map(|cx| cx.request.id.clone());
    let reset = (error == AppError::TooSlow).then(|| {
        let path = page_path();
        let path = path.split('?').next().unwrap_or("/").to_owned();
        view! { <a class="btn btn-sm btn-primary" href=path>"Reset the list"</a> }
    });
    let is_fault = matches!(error, AppError::Internal { .. } | AppError::Unavailable { .. });
    let fault = cx.as_ref().filter(|_| is_fault).and_then(RequestCx::fault);
    let body = view! {
        <h1 class="flex items-center gap-2 text-lg font-semibold"><Icon name=IconName::Warning class="size-5"/>{title}</h1>
        <p class="text-muted mt-2">{text}</p>
        <p class="mt-5 flex flex-wrap gap-2">{reset}<a class="btn btn-sm" href="/">"Back to dashboard"</a></p>
        {id.map(|id| view! { <p class="text-muted mt-5 text-xs">"Request ID: "<code>{id}</code></p> })}
        {fault.map(|fault| view! { <pre class="mt-5 overflow-x-auto text-xs whitespace-pre-wrap">{fault}</pre> })}
    };
    let body = body.into_any();
    let frame = cx.as_ref().and_then(|cx| Frame::of(cx).ok());
    match (frame, use_context::<ErrorFrame>()) {
        (Some(frame), Some(ErrorFrame(framed))) => {
            framed(frame, title, view! { <div class="card-box max-w-xl p-6">{body}</div> }.into_any())
        }
        _ => {
            let brand = cx.as_ref().map_or("Oneo", |cx| cx.brand()).to_owned();
            let tenant = cx.as_ref().is_some_and(|cx| cx.site.tenant().is_some());
            view! { <CardPage brand title tenant>{body}</CardPage> }.into_any()
        }
    }
}
