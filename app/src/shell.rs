//! The HTML document around every page.

use crate::{api::THEME_COOKIE, ui::BrandStyle};
use axum::http::{header, request::Parts};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The theme chosen by this browser, if one was; otherwise the system decides.
fn theme_chosen() -> Option<&'static str> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let chosen = cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(THEME_COOKIE)?.strip_prefix('='))?;
    ["light", "dark"].into_iter().find(|theme| *theme == chosen)
}

/// The document of either site, around its app.
pub fn document<IV: IntoView>(options: LeptosOptions, app: impl FnOnce() -> IV) -> impl IntoView {
    provide_context(options.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme_chosen()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <leptos_meta::HashedStylesheet options=options.clone()/>
                <BrandStyle/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}
