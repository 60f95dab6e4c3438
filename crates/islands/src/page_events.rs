//! What every page does by keyboard and pointer beyond HTML: menus close, texts are copied, shortcuts work. Without JavaScript all
//! of it can be done in another way.

use leptos::prelude::*;

/// Listens on the whole page. It shows nothing but speaks to screen readers, and appears once in the frame of each page:
/// * a menu (`details[data-menu]`) closes on Esc, which gives the focus back, and on a press elsewhere;
/// * a button with `data-copy` copies the value, the lines or the text of the element with that id, and one with `data-print` prints;
/// * the tab of the page is scrolled into view;
/// * `/` goes to the first search field, Ctrl+S saves the form that the focus is in or else the first one, `?` shows the shortcuts;
/// * the box with `data-tick-all` ticks all rows of its table;
/// * a field with `data-suggests` fills the field of that id with a short name, as long as nothing was typed there;
/// * a card of a board that is dragged to another stage is moved there by its form;
/// * edits of a form with `data-guard` that were not saved are asked about before the page is left.
#[island]
pub fn PageEvents() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        browser::listen();
        crate::palette::listen();
        crate::color::listen();
    }
    view! { <p class="sr-only" id="page-said" aria-live="polite"></p> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::page::{add, all, target, within};
    use domain::Slug;
    use leptos::{ev, prelude::*};
    use std::{cell::Cell, time::Duration};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{
        Element, Event, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent, ScrollIntoViewOptions,
        ScrollLogicalPosition,
    };

    /// How long a button says that it copied.
    const SAID: Duration = Duration::from_secs(2);

    /// What the keyboard does everywhere.
    const SHORTCUTS: &str = r#"<dialog class="modal" id="shortcuts" aria-labelledby="shortcuts-title"><div class="modal-box"><h2 id="shortcuts-title">Shortcuts</h2><dl><div class="detail"><dt><kbd>Ctrl+K</kbd></dt><dd>Search everything</dd></div><div class="detail"><dt><kbd>/</kbd></dt><dd>Search this page</dd></div><div class="detail"><dt><kbd>Ctrl+S</kbd></dt><dd>Save changes</dd></div><div class="detail"><dt><kbd>Esc</kbd></dt><dd>Close a menu or dialog</dd></div><div class="detail"><dt><kbd>?</kbd></dt><dd>Show these shortcuts</dd></div></dl><form method="dialog" class="modal-action"><button class="btn btn-sm" autofocus>Close</button></form></div></dialog>"#;

    thread_local! {
        static LISTENS: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn listen() {
        for button in all("[data-copy][hidden], [data-print][hidden]") {
            let _shown = button.remove_attribute("hidden");
        }
        for field in all("[data-tick-all]") {
            let _shown = field.remove_attribute("hidden");
        }
        for field in all("[data-suggests]") {
            if let Some(suggested) = suggested_by(&field).filter(|suggested| !suggested.value().is_empty()) {
                let _typed = suggested.set_attribute("data-typed", "");
            }
        }
        for tab in all(".tab-line [aria-current=page]") {
            let shown = ScrollIntoViewOptions::new();
            shown.set_inline(ScrollLogicalPosition::Nearest);
            shown.set_block(ScrollLogicalPosition::Nearest);
            tab.scroll_into_view_with_scroll_into_view_options(&shown);
        }
        window_event_listener(ev::pointerdown, |event| drop(menus_close(target(&event).as_ref())));
        window_event_listener(ev::click, |event| press(target(&event)));
        window_event_listener(ev::keydown, key);
        window_event_listener(ev::input, |event| {
            guard(target(&event), true);
            tick(target(&event));
            crate::color::pick(target(&event));
            suggest(target(&event));
        });
        window_event_listener(ev::submit, |event| guard(target(&event), false));
        window_event_listener(ev::dragstart, |event| drop(drag(target(&event), true)));
        window_event_listener(ev::dragend, |event| drop(drag(target(&event), false)));
        window_event_listener(ev::dragover, |event| drop(stage_under(&event)));
        window_event_listener(ev::drop, |event| drop(put(&event)));
    }

    /// Notes whether a card of a board is dragged. Gives the card.
    fn drag(element: Option<Element>, begins: bool) -> Option<Element> {
        let card = element?.closest(".board-card").ok()??;
        if begins { card.set_attribute("data-dragged", "") } else { card.remove_attribute("data-dragged") }.ok()?;
        Some(card)
    }

    /// The stage under a card that is dragged, which takes it.
    fn stage_under(event: &Event) -> Option<(Element, Element)> {
        let card = all("[data-dragged]").pop()?;
        let stage = target(event)?.closest("[data-stage]").ok()??;
        event.prevent_default();
        Some((card, stage))
    }

    /// Moves a card to the stage that it was dropped on, by its own form. Gives the form.
    fn put(event: &Event) -> Option<HtmlFormElement> {
        let (card, stage) = stage_under(event)?;
        let form = form_of(card.query_selector("form").ok()??)?;
        // A select has a value as an input does.
        form.query_selector("select").ok()??.unchecked_into::<HtmlInputElement>().set_value(&stage.get_attribute("data-stage")?);
        if !stage.contains(Some(&card)) {
            let _shown = stage.query_selector("ul").ok()??.prepend_with_node_1(&card);
            let _sent = form.request_submit();
        }
        Some(form)
    }

    /// Closes the open menus that do not hold `within`. Gives the last of them.
    fn menus_close(within: Option<&Element>) -> Option<Element> {
        let held = |menu: &Element| within.is_some_and(|element| menu.contains(Some(element)));
        let open: Vec<Element> = all("details[data-menu][open]").into_iter().filter(|menu| !held(menu)).collect();
        for menu in &open {
            let _closed = menu.remove_attribute("open");
        }
        open.into_iter().next_back()
    }

    fn focus(element: Option<Element>) {
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _focused = element.focus();
        }
    }

    fn key(event: KeyboardEvent) {
        let with = event.ctrl_key() || event.meta_key();
        let typing = event.alt_key()
            || document().document_element().is_some_and(|page| page.has_attribute("data-shortcuts"))
            || target(&event).is_some_and(|element| element.closest("input, textarea, select, dialog[open]").ok().flatten().is_some());
        match event.key().as_str() {
            "Escape" => {
                if let Some(menu) = menus_close(None) {
                    focus(menu.query_selector("summary").ok().flatten());
                }
            }
            "/" if !with && !typing => {
                if let Some(field) = all("input[type=search]").into_iter().next() {
                    event.prevent_default();
                    focus(Some(field));
                }
            }
            "?" if !with && !typing => {
                add("shortcuts", SHORTCUTS);
                let dialog = document().get_element_by_id("shortcuts").and_then(|found| found.dyn_into::<HtmlDialogElement>().ok());
                if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
                    let _opened = dialog.show_modal();
                }
            }
            "s" if with => {
                let around = target(&event).and_then(|element| element.closest("form[data-guard]").ok().flatten());
                if let Some(form) = around.or_else(|| all("form[data-guard]").into_iter().next()).and_then(form_of) {
                    event.prevent_default();
                    let _sent = form.request_submit();
                }
            }
            _ => {}
        }
    }

    fn form_of(element: Element) -> Option<HtmlFormElement> {
        element.dyn_into().ok()
    }

    fn suggested_by(field: &Element) -> Option<HtmlInputElement> {
        document().get_element_by_id(&field.get_attribute("data-suggests")?)?.dyn_into().ok()
    }

    /// Fills the field that a name suggests a short name for; one that was typed in is left alone.
    fn suggest(element: Option<Element>) {
        let Some(field) = element.and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) else { return };
        if !field.has_attribute("data-suggests") {
            let _typed = field.set_attribute("data-typed", "");
            return;
        }
        if let Some(found) = suggested_by(&field).filter(|found| !found.has_attribute("data-typed")) {
            let decomposed = String::from(js_sys::JsString::from(field.value()).normalize("NFKD"));
            found.set_value(Slug::suggest(&decomposed).as_ref().map_or("", Slug::as_str));
        }
    }

    /// Ticks all rows of a table with its head, and the head once all rows are ticked.
    fn tick(element: Option<Element>) {
        let Some(field) = element.and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) else { return };
        let is_tick = field.has_attribute("data-tick-all") || field.name() == "id";
        let Some(table) = field.closest(".list-table").ok().flatten().filter(|_| is_tick) else { return };
        let fields = |selector| within(&table, selector).into_iter().filter_map(|found| found.dyn_into::<HtmlInputElement>().ok());
        let rows: Vec<HtmlInputElement> = fields("tbody input[name=id]").collect();
        if field.has_attribute("data-tick-all") {
            rows.iter().for_each(|row| row.set_checked(field.checked()));
            return;
        }
        let ticked = rows.iter().filter(|row| row.checked()).count();
        for head in fields("[data-tick-all]") {
            head.set_checked(ticked == rows.len());
            head.set_indeterminate(ticked > 0 && ticked < rows.len());
        }
    }

    /// Notes whether the form around an element holds edits that were not saved.
    fn guard(element: Option<Element>, changed: bool) {
        let Some(form) = element.and_then(|element| element.closest("form[data-guard]").ok().flatten()) else { return };
        let _noted = if changed { form.set_attribute("data-changed", "") } else { form.remove_attribute("data-changed") };
        // Only once there is something to lose: a page that listens for its end is not kept for the way back (web.dev, bfcache).
        if changed && !LISTENS.replace(true) {
            window_event_listener(ev::beforeunload, |event| {
                if !all("form[data-changed]").is_empty() {
                    event.prevent_default();
                }
            });
        }
    }

    fn press(element: Option<Element>) {
        let Some(button) = element.and_then(|element| element.closest("[data-copy], [data-print]").ok().flatten()) else { return };
        if button.has_attribute("data-print") {
            let _printed = window().print();
        } else {
            copy(button);
        }
    }

    /// Copies the text that a button names, and confirms it on the button.
    fn copy(button: Element) {
        if button.has_attribute("data-copied") {
            return;
        }
        let Some(source) = button.get_attribute("data-copy").and_then(|id| document().get_element_by_id(&id)) else { return };
        let lines = within(&source, "li");
        let text = match source.dyn_ref::<HtmlInputElement>() {
            Some(field) => field.value(),
            None if lines.is_empty() => source.text_content().unwrap_or_default(),
            None => lines.iter().filter_map(|line| line.text_content()).collect::<Vec<_>>().join("\n"),
        };
        let clipboard = window().navigator().clipboard();
        // There is none on a page that came over plain HTTP (W3C Clipboard API, 4).
        let promise = (!AsRef::<JsValue>::as_ref(&clipboard).is_undefined()).then(|| clipboard.write_text(&text));
        leptos::task::spawn_local(async move {
            let copied = match promise {
                Some(promise) => wasm_bindgen_futures::JsFuture::from(promise).await.is_ok(),
                None => false,
            };
            let before = button.text_content();
            let said = if copied { "Copied" } else { "Select the text and copy it" };
            button.set_text_content(Some(said));
            // A label of the button hides its text from screen readers.
            if let Some(spoken) = document().get_element_by_id("page-said") {
                spoken.set_text_content(Some(said));
            }
            let _said = button.set_attribute("data-copied", "");
            let back = move || {
                button.set_text_content(before.as_deref());
                let _over = button.remove_attribute("data-copied");
            };
            let _later = set_timeout(back, SAID);
        });
    }
}
