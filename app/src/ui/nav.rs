//! The navigation. It stands on every page, so its lines are written as text ([adr/0012](../../../docs/adr/0012-rows-are-written-as-text.md)).

use super::{IconName, icon::icon_href};
use html_escape::{encode_double_quoted_attribute_to_string as attribute, encode_text_to_string as escape};
use leptos::prelude::*;
use std::borrow::Cow;

/// A line of the navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// What it says.
    pub label: Cow<'static, str>,
    /// Where it leads.
    pub href: Cow<'static, str>,
    /// Its icon.
    pub icon: IconName,
}

impl NavItem {
    /// A line of the navigation.
    #[must_use]
    pub fn new(label: impl Into<Cow<'static, str>>, href: impl Into<Cow<'static, str>>, icon: IconName) -> Self {
        Self { label: label.into(), href: href.into(), icon }
    }
}

/// Lines of the navigation under one heading.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// The heading; empty for none.
    pub title: &'static str,
    /// The lines.
    pub items: Vec<NavItem>,
}

/// The navigation of a site.
#[component]
pub(super) fn Nav(
    /// Its lines.
    nav: Vec<NavGroup>,
    /// The line that leads to this page.
    active: String,
    /// Whether the sidebar shows icons alone.
    folded: bool,
) -> impl IntoView {
    let html = nav_html(&nav, &active, folded);
    view! { <nav aria-label="Main" inner_html=html></nav> }
}

/// The lines of the navigation; no end tags of list items: they may be left out (HTML, 13.1.2.4).
fn nav_html(nav: &[NavGroup], active: &str, folded: bool) -> String {
    let mut html = String::with_capacity(2048);
    for group in nav {
        if !group.title.is_empty() {
            html.push_str("<p>");
            escape(group.title, &mut html);
            html.push_str("</p>");
        }
        html.push_str("<ul>");
        for item in &group.items {
            html.push_str("<li><a href=\"");
            attribute(&item.href, &mut html);
            html.push_str(if item.href == active { "\" aria-current=\"page\"" } else { "\"" });
            // An icon alone says its name on hover.
            if folded {
                html.push_str(" title=\"");
                attribute(&item.label, &mut html);
                html.push('"');
            }
            html.push_str("><svg aria-hidden=true><use href=\"");
            html.push_str(&icon_href(item.icon));
            html.push_str("\"/></svg><span>");
            escape(&item.label, &mut html);
            html.push_str("</span></a>");
        }
        html.push_str("</ul>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_label_is_markup() {
        let html = |label: &'static str, folded| {
            let items = vec![NavItem::new(label, format!("/p/{}", label.replace('<', "")), IconName::List)];
            nav_html(&[NavGroup { title: "", items }], "/", folded)
        };
        assert_eq!(html("<b>'&x", false).matches('<').count(), html("x", false).matches('<').count(), "no element comes from a text");
        let quotes = |html: String| html.split("<span>").next().map(|tags| tags.matches('"').count());
        assert_eq!(quotes(html("\" x=\"", true)), quotes(html("x", true)), "nor does an attribute end in one");
    }
}
