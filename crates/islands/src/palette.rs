//! The palette: a search over everything that opens over the page, on Ctrl+K and on links with `data-palette`. It shows what the page
//! finds that such a link leads to, and its field says the value of the attribute. Arrows move through what was found, Enter follows
//! it. Without JavaScript the links lead to the page `/search`.

use crate::page::{add, target};
use leptos::{ev, prelude::*};
use std::{cell::Cell, time::Duration};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent, Response, SupportedType};

/// How long typing rests before something is asked.
const REST: Duration = Duration::from_millis(120);
const EVERYTHING: &str = "/search";
/// What was found: links, and buttons of forms.
const HITS: &str = "#hits :is(a,button)";

thread_local! {
    /// Whether Enter was pressed before there was an answer to follow.
    static HURRIES: Cell<bool> = const { Cell::new(false) };
    /// Counts the questions: an answer to an earlier one comes too late.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Listens on the whole page.
pub(crate) fn listen() {
    window_event_listener(ev::keydown, key);
    window_event_listener(ev::click, |event| {
        // A click that opens a tab or window does that.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let within = |selector| target(&event).and_then(|element| element.closest(selector).ok().flatten());
        if within("#palette a").is_some() {
            // A link to a place of this very page loads nothing that would close it.
            let _closed = dialog().map(|dialog| dialog.close());
        }
        if let Some(link) = within("a[data-palette]") {
            event.prevent_default();
            open(&link.get_attribute("href").unwrap_or_default(), link.get_attribute("data-palette").as_deref().unwrap_or_default());
        }
    });
    window_event_listener(ev::input, |event| {
        if let Some(dialog) = target(&event).and_then(|element| element.closest("#palette").ok().flatten()) {
            // What was found for other words is not followed by accident.
            say(&dialog, "");
            ask(REST);
        }
    });
}

const DIALOG: &str = r#"<dialog class="modal palette" id="palette" aria-label="Search"><div class="modal-box"><input class="input w-full" type="search" aria-label="Search" autocomplete="off" autofocus><div class="palette-hits" aria-live="polite"></div></div><form method="dialog" class="modal-backdrop"><button tabindex="-1">Close</button></form></dialog>"#;

/// The dialog, which is made when it is first opened.
fn dialog() -> Option<HtmlDialogElement> {
    document().get_element_by_id("palette")?.dyn_into().ok()
}

fn field(dialog: &HtmlDialogElement) -> Option<HtmlInputElement> {
    dialog.query_selector("input").ok()??.dyn_into().ok()
}

fn key(event: KeyboardEvent) {
    if (event.ctrl_key() || event.meta_key()) && event.key() == "k" {
        event.prevent_default();
        open(EVERYTHING, "");
        return;
    }
    let Some(dialog) = dialog().filter(|dialog| dialog.open() && !event.is_composing()) else { return };
    let Ok(found) = dialog.query_selector_all(HITS) else { return };
    let links: Vec<HtmlElement> = (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let at = links.iter().position(|link| active.as_ref() == Some(link.as_ref()));
    let next = match (event.key().as_str(), at) {
        ("ArrowDown", None) => links.first(),
        ("ArrowDown", Some(at)) => links.get(at + 1),
        ("ArrowUp", Some(at)) if at > 0 => links.get(at - 1),
        ("ArrowUp", Some(_)) => {
            event.prevent_default();
            let _focused = field(&dialog).map(|field| field.focus());
            return;
        }
        ("Enter", None) => {
            event.prevent_default();
            HURRIES.set(links.is_empty());
            if let Some(link) = links.first() {
                link.click();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(link) = next {
        let _focused = link.focus();
    }
}

fn open(source: &str, hint: &str) {
    add("palette", DIALOG);
    let Some(dialog) = dialog().filter(|dialog| !dialog.open()) else { return };
    let Some(field) = field(&dialog) else { return };
    let _kept = dialog.set_attribute("data-source", source);
    field.set_value("");
    field.set_placeholder(if hint.is_empty() { "Search everything" } else { hint });
    let _opened = dialog.show_modal();
    ask(Duration::ZERO);
}

/// Shows a sentence in place of what was found.
fn say(dialog: &Element, text: &str) {
    if let Ok(Some(place)) = dialog.query_selector(".palette-hits") {
        place.set_text_content(Some(text));
    }
}

/// Asks once nothing is typed for a while.
fn ask(rest: Duration) {
    HURRIES.set(false);
    let turn = ASKED.with(|asked| {
        asked.set(asked.get().wrapping_add(1));
        asked.get()
    });
    let _later = set_timeout(
        move || {
            if ASKED.get() == turn {
                leptos::task::spawn_local(async move {
                    let _shown = show(turn).await;
                });
            }
        },
        rest,
    );
}

/// Shows what the page of the search finds.
async fn show(turn: u32) -> Option<()> {
    let dialog = dialog()?;
    let source = dialog.get_attribute("data-source")?;
    let q = String::from(js_sys::encode_uri_component(&field(&dialog)?.value()));
    let mark = if source.contains('?') { '&' } else { '?' };
    let answer = JsFuture::from(window().fetch_with_str(&format!("{source}{mark}q={q}"))).await.ok()?;
    let answer: Response = answer.dyn_into().ok()?;
    // A user whose session has ended sees the sign-in page, which says so.
    if answer.redirected() {
        let _left = window().location().set_href(&source);
        return None;
    }
    if !answer.ok() {
        say(&dialog, "The search is not responding. Try again in a few seconds.");
        return None;
    }
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    let page = DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()?;
    let hits = page.get_element_by_id("hits")?;
    if ASKED.get() == turn {
        dialog.query_selector(".palette-hits").ok()??.replace_children_with_node_1(&hits);
        if HURRIES.take() {
            dialog.query_selector(HITS).ok()??.dyn_into::<HtmlElement>().ok()?.click();
        }
    }
    Some(())
}
