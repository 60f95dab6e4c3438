//! What this browser keeps by itself, in cookies.

use crate::api::{SHORTCUTS_COOKIE, SIDEBAR_COOKIE, THEME_COOKIE};
use axum::http::{header, request::Parts};
use leptos::prelude::*;

fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';'));
    pairs.map(str::trim).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// The theme that was chosen in it.
pub(super) fn theme() -> Option<String> {
    cookie(THEME_COOKIE)
}

/// Whether its sidebar shows icons alone.
pub(super) fn sidebar_is_folded() -> bool {
    cookie(SIDEBAR_COOKIE).as_deref() == Some("folded")
}

/// Whether single keys are shortcuts in it.
#[must_use]
pub fn shortcuts_are_on() -> bool {
    cookie(SHORTCUTS_COOKIE).is_none()
}
