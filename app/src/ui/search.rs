//! The page of a search over everything, alike on both sites. The palette shows the same groups.

use super::{NavGroup, PageHead};
use domain::text::found_in;
use leptos::prelude::*;
use std::borrow::Cow;

/// What a search found of one kind.
#[derive(Clone, Debug)]
pub struct HitGroup {
    /// The kind.
    pub title: Cow<'static, str>,
    /// What was found.
    pub hits: Vec<Hit>,
}

/// One thing that a search found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its name.
    pub text: String,
    /// What tells it from others.
    pub sub: String,
    /// Its page.
    pub href: String,
}

impl Hit {
    /// A page with a name.
    #[must_use]
    pub fn new(text: impl Into<String>, sub: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), sub: sub.into(), href: href.into() }
    }
}

/// The pages whose names hold every word of a search: those of the navigation and further ones, each a name and an address.
#[must_use]
pub fn page_hits(q: &str, nav: &[NavGroup], further: &[(&'static str, &'static str)]) -> HitGroup {
    let lines = nav.iter().flat_map(|group| group.items.iter().map(|item| (&*item.label, &*item.href)));
    let found = lines.chain(further.iter().copied()).filter(|(label, _)| found_in(q, label));
    HitGroup { title: "Pages".into(), hits: found.map(|(label, href)| Hit::new(label, "", href)).collect() }
}

/// A search field and what was found.
#[component]
pub fn SearchResults(
    /// What was searched for.
    q: String,
    /// What else the address says; the form keeps it.
    #[prop(default = Vec::new())]
    kept: Vec<(&'static str, String)>,
    /// What can be searched for.
    placeholder: &'static str,
    /// What was found; groups without a hit are left out.
    groups: Vec<HitGroup>,
) -> impl IntoView {
    let groups: Vec<HitGroup> = groups.into_iter().filter(|group| !group.hits.is_empty()).collect();
    let body = if groups.is_empty() {
        view! { <p class="search-none">"No matches. Try fewer or different words."</p> }.into_any()
    } else {
        let groups = groups.into_iter().map(|HitGroup { title, hits }| {
            let hits = hits.into_iter().map(|Hit { text, sub, href }| {
                view! { <li><a href=href><span dir="auto">{text}</span><small>{sub}</small></a></li> }
            });
            view! { <li><p>{title}</p><ul>{hits.collect_view()}</ul></li> }
        });
        view! { <ul class="search-hits">{groups.collect_view()}</ul> }.into_any()
    };
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <PageHead title="Search"/>
        <div class="card-box search-page">
            <form method="get" action="/search" role="search" class="toolbar">
                {kept.collect_view()}
                <input class="input toolbar-search" type="search" name="q" value=q placeholder=placeholder aria-label=placeholder autofocus/>
                <button class="btn">"Search"</button>
            </form>
            <div id="hits">{body}</div>
        </div>
    }
}
