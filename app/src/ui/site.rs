//! What the site that was asked has set: its look, and how it writes.

use chrono::NaiveDate;
use domain::{format::Format, password::LENGTH_MIN, setting::TenantSettings};
use leptos::{nonce::use_nonce, prelude::*};
use std::sync::Arc;

/// The settings of the site, in the context of every page.
#[derive(Clone)]
pub struct SiteSettings {
    /// What counts.
    pub settings: Arc<TenantSettings>,
    /// The day it is there.
    pub today: NaiveDate,
    /// The currency of what AI costs (ISO 4217).
    pub currency: Arc<str>,
}

fn of_page<T>(read: impl FnOnce(&SiteSettings) -> T) -> Option<T> {
    use_context::<SiteSettings>().map(|site| read(&site))
}

/// How the viewer writes numbers and times, where that is not how the site does.
#[derive(Clone, Copy)]
pub(super) struct OwnFormat(pub Format);

/// How numbers and times are written on this page.
pub(super) fn format() -> Format {
    if let Some(OwnFormat(own)) = use_context() {
        return own;
    }
    of_page(|site| site.settings.format).unwrap_or_default()
}

/// The currency of what AI costs.
#[must_use]
pub fn currency() -> Arc<str> {
    of_page(|site| Arc::clone(&site.currency)).unwrap_or_default()
}

/// An amount with its currency: `10.00 USD`.
#[must_use]
pub fn money(amount: impl std::fmt::Display) -> String {
    format!("{amount} {}", currency()).trim_end().to_owned()
}

/// The least characters of a password here.
#[must_use]
pub fn password_least() -> u32 {
    let least = of_page(|site| site.settings.password_min(site.today)).unwrap_or(LENGTH_MIN);
    u32::try_from(least).unwrap_or(u32::MAX)
}

/// The mark beside the name: the company's logo, or the first letter of its name.
#[component]
pub(super) fn BrandMark(
    /// The name.
    name: String,
    /// Whether it stands alone in the middle of a page.
    #[prop(default = false)]
    large: bool,
) -> impl IntoView {
    let logo = of_page(|site| site.settings.logo.clone()).flatten();
    let class = if large { "brand-mark brand-mark-large" } else { "brand-mark" };
    match logo {
        // The name stands beside it.
        Some(hash) => {
            let class = format!("{class} brand-logo");
            view! { <img class=class src=format!("/branding/logo?v={hash}") alt=""/> }.into_any()
        }
        None => {
            let letter = name.chars().next().unwrap_or('O').to_uppercase().to_string();
            view! { <span class=class aria-hidden="true">{letter}</span> }.into_any()
        }
    }
}

/// The company's colour, for the style sheet.
#[component]
pub fn BrandStyle() -> impl IntoView {
    let colors = of_page(|site| site.settings.brand_color.clone().zip(site.settings.brand_text())).flatten();
    colors.map(|(color, text)| {
        // Both are checked when they are read from what is stored: six hexadecimal digits, and black or white.
        view! { <style nonce=use_nonce()>{format!(":root{{--own:{color};--own-text:{text}}}")}</style> }
    })
}
