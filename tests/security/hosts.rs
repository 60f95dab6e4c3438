//! Which site a host leads to, whose address counts, and what names a company may have (security.md 1 to 9).

mod host;
mod names;

use crate::harness::Harness;
use axum::http::StatusCode;
use std::{path::Path, time::Duration};

const DOMAIN_ADD: &str = "/api/platform/domain_add";
const DOMAIN_CHANGE: &str = "/api/platform/domain_change";
const DOMAIN_CHECK: &str = "/api/platform/domain_check";
const FORGOT: &str = "/api/tenant/forgot_send";

/// The status of an answer that came as bytes.
fn status(text: &str) -> &str {
    text.split(' ').nth(1).unwrap_or_default()
}

/// Waits until a host answers like that; what changed is heard of within moments.
async fn becomes(harness: &Harness, host: &str, expected: StatusCode) {
    for _ in 0..100 {
        if harness.browser(host).get("/login").await.status == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(harness.browser(host).get("/login").await.status, expected, "{host} did not become so");
}

/// The one e-mail that lies in a folder, taken out of it; lines that were broken for the way are whole again.
async fn email(folder: &Path) -> String {
    for _ in 0..200 {
        let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let emails: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        assert!(emails.len() < 2, "more e-mails than were asked for");
        if let Some(path) = emails.first() {
            let text = std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=");
            if text.contains("The link works once") {
                std::fs::remove_file(path).unwrap();
                return text;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    String::new()
}

/// The address of a page, with something for each of its parameters.
fn address(path: &str) -> String {
    path.replace("{token}", "x")
        .replace("{slug}", "acme")
        .replace("{id}", "1")
        .replace("{key}", "manager")
        .replace("{pipeline}", "contacts")
}
