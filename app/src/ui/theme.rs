//! Light or dark: what the viewer chose, else what this browser did, else what the system has.

use crate::api::THEME_COOKIE;
use axum::http::{header, request::Parts};
use leptos::prelude::*;
use leptos_meta::Html;

fn of_browser() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';'));
    pairs.map(str::trim).find_map(|pair| pair.strip_prefix(THEME_COOKIE)?.strip_prefix('=')).map(str::to_owned)
}

/// Says on the document which theme it has; nothing where the system decides.
#[component]
pub fn DocumentTheme(
    /// What the viewer chose; none where browsers alone keep it.
    chosen: Option<String>,
) -> impl IntoView {
    let theme = chosen.or_else(of_browser).unwrap_or_default();
    let known = ["light", "dark"].into_iter().find(|known| *known == theme);
    known.map(|theme| view! { <Html {..} data-theme=theme/> })
}
