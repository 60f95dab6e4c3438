//! Icons, drawn on a 24 × 24 grid with one stroke. The browser loads all of them once, as `public/icons.svg`.

use crate::start::version_of;
use leptos::prelude::*;
use std::sync::LazyLock;

/// The icons there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after what it shows")]
pub enum IconName {
    Home,
    Building,
    Users,
    Search,
    Plus,
    Menu,
    Close,
    Warning,
    ArrowUp,
    ArrowDown,
    External,
    Check,
    SignOut,
    List,
    Globe,
    Pulse,
    Chart,
    Person,
    Shield,
    Key,
    Sliders,
    Theme,
    Star,
    Sidebar,
    Columns,
    Deal,
    Calendar,
    Team,
}

impl IconName {
    /// The icon that a pipeline names.
    #[must_use]
    pub fn of_pipeline(name: &str) -> Self {
        match name {
            "person" => Self::Person,
            "building" => Self::Building,
            "deal" => Self::Deal,
            "calendar" => Self::Calendar,
            _ => Self::List,
        }
    }

    /// The symbol of `icons.svg`.
    const fn symbol(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Building => "building",
            Self::Users => "users",
            Self::Search => "search",
            Self::Plus => "plus",
            Self::Menu => "menu",
            Self::Close => "close",
            Self::Warning => "warning",
            Self::ArrowUp => "arrow-up",
            Self::ArrowDown => "arrow-down",
            Self::External => "external",
            Self::Check => "check",
            Self::SignOut => "sign-out",
            Self::List => "list",
            Self::Globe => "globe",
            Self::Pulse => "pulse",
            Self::Chart => "chart",
            Self::Person => "person",
            Self::Shield => "shield",
            Self::Key => "key",
            Self::Sliders => "sliders",
            Self::Theme => "theme",
            Self::Star => "star",
            Self::Sidebar => "sidebar",
            Self::Columns => "columns",
            Self::Deal => "deal",
            Self::Calendar => "calendar",
            Self::Team => "team",
        }
    }
}

/// Where the icons are served.
pub const ICONS_PATH: &str = "/icons.svg";
/// The version of the icons, so that a browser loads those of a new release.
pub static ICONS_VERSION: LazyLock<String> = LazyLock::new(|| version_of(include_bytes!("../../../public/icons.svg")));

/// Where the symbol of an icon is.
pub(super) fn icon_href(name: IconName) -> String {
    format!("{ICONS_PATH}?{}#{}", *ICONS_VERSION, name.symbol())
}

/// An icon that says nothing by itself; text beside it or a label of its parent does.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
    /// Classes for its size, where that is not the usual one.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let href = icon_href(name);
    // Leptos would write an empty class attribute.
    if class.is_empty() {
        return view! { <svg aria-hidden="true"><use href=href></use></svg> }.into_any();
    }
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_drawn() {
        let drawn = include_str!("../../../public/icons.svg");
        for name in [
            IconName::Home,
            IconName::Building,
            IconName::Users,
            IconName::Search,
            IconName::Plus,
            IconName::Menu,
            IconName::Close,
            IconName::Warning,
            IconName::ArrowUp,
            IconName::ArrowDown,
            IconName::External,
            IconName::Check,
            IconName::SignOut,
            IconName::List,
            IconName::Globe,
            IconName::Pulse,
            IconName::Chart,
            IconName::Person,
            IconName::Shield,
            IconName::Key,
            IconName::Sliders,
            IconName::Theme,
            IconName::Star,
            IconName::Sidebar,
            IconName::Columns,
            IconName::Deal,
            IconName::Calendar,
            IconName::Team,
        ] {
            assert!(drawn.contains(&format!("id=\"{}\"", name.symbol())), "{name:?}");
        }
    }
}
