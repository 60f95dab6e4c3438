//! The title of the document.

use leptos::prelude::*;
use leptos_meta::Title;

/// Sets the document's title. `leptos_meta` writes what it is given between the tags as it is, so a company's name
/// could close them; here it is escaped first. Pages use this and never `Title`.
#[component]
pub fn DocumentTitle(
    /// The title, as a person reads it.
    text: String,
) -> impl IntoView {
    view! { <Title text=html_escape::encode_text(&text).into_owned()/> }
}
