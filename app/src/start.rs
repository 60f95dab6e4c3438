//! What starts the islands of a page: the framework's script, as a file that browsers keep instead of 2 KB in every page.

use leptos::{hydration::HydrationScriptsProps, prelude::*, reactive::owner::Owner, tachys::html::InertElement};
use sha2::{Digest, Sha256};
use std::{fmt::Write, sync::OnceLock};

/// The script and what it loads.
#[derive(Debug)]
pub struct StartScript {
    /// Its text.
    pub text: String,
    /// The first digits of its hash, by which pages ask for it.
    pub version: String,
    /// The elements of the head that load it.
    head: String,
}

/// The first digits of the hash of a file, for its address.
#[must_use]
pub fn version_of(file: &[u8]) -> String {
    Sha256::digest(file).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// Where the script is served.
pub const START_PATH: &str = "/start.js";

/// The script of the site that is served, made once.
pub fn start_script(options: &LeptosOptions) -> &'static StartScript {
    static SCRIPT: OnceLock<StartScript> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let props = HydrationScriptsProps::builder().options(options.clone()).islands(true).build();
        let html = HydrationScripts(props).to_html();
        let text = html.split_once("<script").and_then(|(_, rest)| rest.split_once('>')).and_then(|(_, rest)| rest.split_once("</script>"));
        let text = text.map_or_else(String::new, |(text, _)| html_escape::decode_html_entities(text).into_owned());
        let mut head = String::new();
        for address in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let kind = if address.ends_with(".wasm") {
                "rel=\"preload\" as=\"fetch\" type=\"application/wasm\" crossorigin"
            } else {
                "rel=\"modulepreload\""
            };
            let _infallible = write!(head, "<link {kind} href=\"{address}\">");
        }
        let version = version_of(text.as_bytes());
        let _infallible = write!(head, "<script type=\"module\" src=\"{START_PATH}?{version}\"></script>");
        StartScript { text, version, head }
    })
}

/// Loads the islands of the page.
#[component]
pub fn Start(
    /// How the site was built.
    options: LeptosOptions,
) -> impl IntoView {
    // As the framework's own component does: only islands come to life in the browser.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    InertElement::new(start_script(&options).head.as_str())
}
