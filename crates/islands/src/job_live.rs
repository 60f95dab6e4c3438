//! The progress of a job while it runs.

use leptos::{html, prelude::*};

/// Shows how far a job is. With JavaScript it hears of each step from the server and loads the page anew at the end.
#[island]
pub fn JobLive(
    /// The job.
    id: i64,
    /// Whether it is not over yet.
    live: bool,
    /// Rows done.
    done: i64,
    /// Rows to do, once known.
    total: Option<i64>,
    /// Both as a person reads them.
    text: String,
) -> impl IntoView {
    let (shown, bar) = (NodeRef::<html::Span>::new(), NodeRef::<html::Progress>::new());
    #[cfg(feature = "hydrate")]
    if live {
        Effect::new(move |_| listen(id, shown, bar));
    }
    #[cfg(not(feature = "hydrate"))]
    let _server_only = (id, live);
    view! {
        <progress class="progress progress-primary w-full" node_ref=bar value=done.to_string() max=total.unwrap_or(1).max(1).to_string() aria-label="Rows processed"></progress>
        <p class="mt-2 text-sm tabular-nums" aria-live="polite"><span node_ref=shown>{text}</span></p>
    }
}

/// Each message is `done total text`; the last one is `over`.
#[cfg(feature = "hydrate")]
fn listen(id: i64, shown: NodeRef<html::Span>, bar: NodeRef<html::Progress>) {
    use wasm_bindgen::{JsCast, closure::Closure};
    let Ok(source) = web_sys::EventSource::new(&format!("/jobs/{id}/events")) else { return };
    let hear = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |message: web_sys::MessageEvent| {
        let data = message.data().as_string().unwrap_or_default();
        if data == "over" {
            let _reloaded = window().location().reload();
            return;
        }
        let mut parts = data.splitn(3, ' ');
        let (done, total, text) = (parts.next(), parts.next(), parts.next());
        if let (Some(done), Some(total), Some(bar)) = (done, total, bar.get()) {
            let _set = bar.set_attribute("value", done).and_then(|()| bar.set_attribute("max", total));
        }
        if let (Some(text), Some(shown)) = (text, shown.get()) {
            shown.set_text_content(Some(text));
        }
    });
    source.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It lives as long as the page.
    hear.forget();
}
