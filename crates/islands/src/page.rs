//! The page around the islands.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

/// All elements of the page that a selector names.
pub(crate) fn all(selector: &str) -> Vec<Element> {
    document().document_element().map_or_else(Vec::new, |page| within(&page, selector))
}

/// All elements below another one that a selector names.
pub(crate) fn within(element: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = element.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// The element that an event is about.
pub(crate) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Adds an element that only a script needs, unless one with its id is there.
pub(crate) fn add(id: &str, html: &'static str) {
    if document().get_element_by_id(id).is_none() {
        let _added = document().body().map(|body| body.insert_adjacent_html("beforeend", html));
    }
}
