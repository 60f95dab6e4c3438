//! Light or dark: what the viewer chose, else what this browser did, else what the system has.

use super::browser;
use leptos::prelude::*;
use leptos_meta::Html;

/// Says on the document which theme it has; nothing where the system decides.
#[component]
pub fn DocumentTheme(
    /// What the viewer chose; none where browsers alone keep it.
    chosen: Option<String>,
) -> impl IntoView {
    let theme = chosen.or_else(browser::theme).unwrap_or_default();
    let known = ["light", "dark"].into_iter().find(|known| *known == theme);
    known.map(|theme| view! { <Html {..} data-theme=theme/> })
}
