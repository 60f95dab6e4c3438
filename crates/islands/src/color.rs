//! A field for a colour, with its picker and its preview (`ui::form::ColorField` of the pages).

use crate::page::all;
use domain::color::{Color, contrast_text};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

/// Shows the pickers, which could fill no field without a script.
pub(crate) fn listen() {
    for swatch in all("[data-color-of]") {
        let _shown = swatch.remove_attribute("data-idle");
    }
}

/// Fills the field of a picker, or the picker of a field, and shows what the colour looks like.
pub(crate) fn pick(element: Option<Element>) {
    let Some(field) = element.and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) else { return };
    let of = field.get_attribute("data-color-of");
    let Some(name) = of.clone().or_else(|| field.get_attribute("data-color")) else { return };
    let (typed, color) = (field.value(), Color::parse(&field.value()));
    if of.is_some() {
        if let Some(text) = document().get_element_by_id(&name).and_then(|text| text.dyn_into::<HtmlInputElement>().ok()) {
            text.set_value(&typed);
        }
    } else if let Some(color) = color {
        let swatch = all("[data-color-of]").into_iter().find(|swatch| swatch.get_attribute("data-color-of").as_ref() == Some(&name));
        if let Some(swatch) = swatch.and_then(|swatch| swatch.dyn_into::<HtmlInputElement>().ok()) {
            swatch.set_value(&color.hex());
        }
    }
    // Through the object model: the policy of the page lets no attribute hold a style.
    let preview = document().get_element_by_id(&format!("{name}-preview")).and_then(|found| found.dyn_into::<HtmlElement>().ok());
    if let Some(style) = preview.map(|preview| preview.style()) {
        let (own, text) = color.map_or_else(|| ("initial".to_owned(), "initial"), |color| (color.hex(), color.text()));
        let _styled = (style.set_property("--own", &own), style.set_property("--own-text", text));
    }
    if let Some(says) = document().get_element_by_id(&format!("{name}-contrast")) {
        let text = match color {
            Some(color) => contrast_text(color),
            None if typed.is_empty() => "The default colour of Oneo".to_owned(),
            None => "Enter a colour, such as #1d4ed8".to_owned(),
        };
        says.set_text_content(Some(&text));
    }
}
