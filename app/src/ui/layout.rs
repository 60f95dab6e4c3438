//! The frame around every page: navigation, top bar, messages; and the plain card of pages before sign-in.

use super::{
    Avatar, FlashMessages, Icon, IconName, ReturnPath,
    browser::{shortcuts_are_on, sidebar_is_folded, theme},
    date,
    nav::{Nav, NavGroup},
    site::BrandMark,
    theme::DocumentTheme,
    title::DocumentTitle,
};
use crate::api::Frame;
use islands::PageEvents;
use leptos::prelude::*;
use leptos_meta::Html;

/// Which of the two sites a page belongs to; they differ in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Platform,
    Tenant,
}

/// A page for a signed-in user.
#[component]
pub fn PageFrame(
    /// Who looks at it.
    frame: Frame,
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The navigation.
    nav: Vec<NavGroup>,
    /// The line of the navigation that leads here.
    #[prop(into)]
    active: String,
    /// The pages above this one, each a label and a link.
    #[prop(default = Vec::new())]
    crumbs: Vec<(String, String)>,
    /// What this page is called.
    #[prop(into)]
    title: String,
    /// The page.
    children: Children,
) -> impl IntoView {
    let look = if api == "/api/platform" { Look::Platform } else { Look::Tenant };
    let side = if look == Look::Platform { "sidebar sidebar-platform" } else { "sidebar sidebar-tenant" };
    let brand = frame.brand.clone();
    let document_title = if look == Look::Platform { format!("{title} · Oneo") } else { format!("{title} · {brand}") };
    let folded = sidebar_is_folded();
    view! {
        <DocumentTitle text=document_title/>
        <DocumentTheme chosen=frame.theme.clone()/>
        {(!shortcuts_are_on()).then(|| view! { <Html {..} data-shortcuts="off"/> })}
        <a class="skip-link" href="#content">"Skip to content"</a>
        <PageEvents/>
        <div class=if folded { "frame frame-folded" } else { "frame" }>
            <aside class=side id="sidebar" popover="auto">
                <Brand name=brand development=frame.development/>
                <Nav nav active=active.clone() folded/>
                <SidebarFold api folded/>
                <a class="sidebar-foot" href="/account" aria-current=(active == "/account").then_some("page")>
                    <Avatar name=frame.viewer.name.clone() photo=frame.viewer.photo.clone()/>
                    <span class="sidebar-who">
                        <span dir="auto">{frame.viewer.name.clone()}</span>
                        <small>{frame.viewer.email.clone()}</small>
                    </span>
                </a>
            </aside>
            <div class="frame-main">
                <header class="topbar">
                    <button class="btn btn-ghost btn-sm menu-button" type="button" popovertarget="sidebar" aria-label="Menu"><Icon name=IconName::Menu class="size-5"/></button>
                    <nav aria-label="Breadcrumb" class="crumbs">
                        <ol>
                            {crumbs.into_iter().map(|(label, href)| view! { <li><a href=href>{label}</a></li> }).collect_view()}
                            <li aria-current="page">{title}</li>
                        </ol>
                    </nav>
                    <div class="topbar-end">
                        <a class="btn btn-sm topbar-search" href="/search" data-palette><Icon name=IconName::Search/><span>"Search"</span></a>
                        // One form for what stands on every page: buttons that do not set the theme say where they lead.
                        <form method="post" id="chrome" action=format!("{api}/theme_set")><ReturnPath/>
                            <ThemeMenu chosen=frame.theme/>
                            <button class="btn btn-ghost btn-sm" formaction=format!("{api}/sign_out")><Icon name=IconName::SignOut/><span>"Sign out"</span></button>
                        </form>
                    </div>
                </header>
                <main class="content" id="content" tabindex="-1">
                    {frame.seeing_as.map(|role| view! {
                        <form method="post" action=format!("{api}/role_see_end") class="notice flex flex-wrap items-center gap-3 text-sm">
                            <p class="mr-auto">"You see this site as the role "<strong dir="auto">{role}</strong>" does. Your changes are saved as usual."</p>
                            <button class="btn btn-xs">"Back to my own view"</button>
                        </form>
                    })}
                    {frame.factor_by.map(|by| view! {
                        <p class="notice text-sm">"From "{date(by)}", your company requires a second factor. "<a class="link" href="/account/mfa">"Set one up"</a>". It takes a minute."</p>
                    })}
                    <FlashMessages/>
                    {children()}
                </main>
            </div>
        </div>
    }
}

/// The button that folds the sidebar of this browser to its icons, or back.
#[component]
fn SidebarFold(api: &'static str, folded: bool) -> impl IntoView {
    let label = if folded { "Show sidebar" } else { "Hide sidebar" };
    view! {
        <button class="nav-line sidebar-fold" form="chrome" formaction=format!("{api}/sidebar_fold") name=(!folded).then_some("folded") value="true" title=folded.then_some(label)>
            <Icon name=IconName::Sidebar/><span>{label}</span>
        </button>
    }
}

#[component]
fn Brand(name: String, development: bool) -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <BrandMark name=name.clone()/>
            <span class="brand-name" dir="auto">{name}</span>
            {development.then(|| view! { <span class="brand-development">"DEVELOPMENT"</span> })}
        </a>
    }
}

#[component]
fn ThemeMenu(chosen: Option<String>) -> impl IntoView {
    let chosen = chosen.or_else(theme).unwrap_or_default();
    let chosen = if chosen.is_empty() { "system" } else { &chosen };
    let choices = [("system", "System"), ("light", "Light"), ("dark", "Dark")].map(|(value, label)| {
        let is_chosen = value == chosen;
        view! {
            <button name="theme" value=value aria-current=is_chosen.then_some("true")>{label}</button>
        }
    });
    view! {
        <details class="dropdown dropdown-end" data-menu>
            <summary class="btn btn-ghost btn-sm" aria-label="Theme"><Icon name=IconName::Theme/></summary>
            <div class="dropdown-content card-box menu-box">{choices.collect_view()}</div>
        </details>
    }
}

/// The heading of a page, with what can be done on the right.
#[component]
pub fn PageHead(
    /// The one `<h1>`.
    #[prop(into)]
    title: String,
    /// What stands below it.
    #[prop(into, default = String::new())]
    subtitle: String,
    /// Links and buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="page-head">
            <div class="min-w-0">
                <h1 class="page-title" dir="auto">{title}</h1>
                {(!subtitle.is_empty()).then(|| view! { <p class="text-muted mt-1">{subtitle}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </div>
    }
}

/// Pages that belong together, each with an address of its own.
#[component]
pub fn Tabs(
    /// What all of them are about.
    label: &'static str,
    /// Label and address of each.
    tabs: Vec<(&'static str, String)>,
    /// The label of the one shown.
    active: &'static str,
) -> impl IntoView {
    view! {
        <nav class="tab-line" aria-label=label>
            <ul>
                {tabs.into_iter().map(|(label, href)| view! {
                    <li><a href=href aria-current=(label == active).then_some("page")>{label}</a></li>
                }).collect_view()}
            </ul>
        </nav>
    }
}

/// A page for a visitor who is not signed in: one card.
#[component]
pub fn CardPage(
    /// The company's name, or Oneo.
    #[prop(into)]
    brand: String,
    /// What the page is called.
    #[prop(into)]
    title: String,
    /// Whether this is a tenant's site.
    tenant: bool,
    /// The card.
    children: Children,
) -> impl IntoView {
    let class = if tenant { "card-page sidebar-tenant" } else { "card-page" };
    view! {
        <DocumentTitle text=format!("{title} · {brand}")/>
        <DocumentTheme chosen=None/>
        <main class=class id="content">
            <p class="mb-6 flex items-center justify-center gap-3">
                <BrandMark name=brand.clone() large=true/>
                <span class="text-xl font-semibold" dir="auto">{brand}</span>
            </p>
            <div class="card-page-box">{children()}</div>
        </main>
    }
}
