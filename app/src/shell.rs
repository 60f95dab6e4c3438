//! The HTML document around every page.

use crate::{start::Start, ui::BrandStyle};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The document of either site, around its app.
pub fn document<IV: IntoView>(options: LeptosOptions, app: impl FnOnce() -> IV) -> impl IntoView {
    provide_context(options.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <leptos_meta::HashedStylesheet options=options.clone()/>
                <BrandStyle/>
                <AutoReload options=options.clone()/>
                <Start options/>
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}
