//! Where a page stands, and where its forms lead back to.

use axum::http::request::Parts;
use domain::flash::RETURN_FIELD;
use leptos::prelude::*;

/// The page a form stands on, to which it leads back when it is refused: browsers need not say where they come from.
#[component]
pub fn ReturnPath() -> impl IntoView {
    view! { <input type="hidden" name=RETURN_FIELD value=page_path()/> }
}

/// The path and query of the page that is asked for.
#[must_use]
pub fn page_path() -> String {
    use_context::<Parts>().and_then(|parts| parts.uri.path_and_query().map(ToString::to_string)).unwrap_or_default()
}
