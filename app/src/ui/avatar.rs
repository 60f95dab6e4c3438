//! The round picture beside a person.

use domain::person::initials;
use leptos::prelude::*;

/// A person's picture, or initials. The name stands beside it.
#[component]
pub fn Avatar(
    /// The name.
    name: String,
    /// The address of the picture.
    photo: Option<String>,
    /// Whether it is the head of a page.
    #[prop(default = false)]
    large: bool,
) -> impl IntoView {
    let class = if large { "avatar-round avatar-large" } else { "avatar-round" };
    match photo {
        Some(address) => view! { <img class=class src=address alt="" loading="lazy" width="32" height="32"/> }.into_any(),
        None => view! { <span class=class aria-hidden="true">{initials(&name)}</span> }.into_any(),
    }
}
