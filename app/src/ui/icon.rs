//! Icons, drawn on a 24 × 24 grid with one stroke.

use leptos::prelude::*;

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
    Theme,
    List,
    Globe,
    Pulse,
    Chart,
    Person,
    Shield,
    Key,
    Sliders,
}

/// An icon that says nothing by itself; text beside it or a label of its parent does.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
    /// Classes for its size.
    #[prop(default = "size-4")]
    class: &'static str,
) -> impl IntoView {
    let path = match name {
        IconName::Home => "M3 11 12 3l9 8M5 9.5V20a1 1 0 0 0 1 1h4v-6h4v6h4a1 1 0 0 0 1-1V9.5",
        IconName::Building => "M5 21V4a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v17M3 21h18M9 7h1M14 7h1M9 11h1M14 11h1M10 21v-5h4v5",
        IconName::Users => {
            "M15 20v-1.5a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4V20M8.500 10.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7M22 20v-1.500a4 4 0 0 0-3-3.800M15.500 3.700a3.500 3.500 0 0 1 0 6.600"
        }
        IconName::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
        IconName::Plus => "M12 5v14M5 12h14",
        IconName::Menu => "M4 6h16M4 12h16M4 18h16",
        IconName::Close => "M6 6l12 12M18 6 6 18",
        IconName::Warning => "M12 4 2.500 20h19zM12 10v4M12 17v.01",
        IconName::ArrowUp => "M6 14l6-6 6 6",
        IconName::ArrowDown => "M6 10l6 6 6-6",
        IconName::External => "M14 4h6v6M20 4 11 13M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
        IconName::Check => "M5 12.500 10 17.500 19 7.500",
        IconName::SignOut => "M15 4h4a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-4M10 8l-4 4 4 4M6 12h10",
        IconName::List => "M8 6h13M8 12h13M8 18h13M3.500 6h.01M3.500 12h.01M3.500 18h.01",
        IconName::Globe => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3 12h18M12 3a14 14 0 0 1 0 18M12 3a14 14 0 0 0 0 18",
        IconName::Pulse => "M3 12h4l3 8 4-16 3 8h4",
        IconName::Chart => "M4 20V10M10 20V4M16 20v-7M21 20H3",
        IconName::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21a8 8 0 0 1 16 0",
        IconName::Shield => "M12 3 4.500 6v5.500c0 4.500 3 8 7.500 9.500 4.500-1.500 7.500-5 7.500-9.500V6z",
        IconName::Key => "M15 9a4 4 0 1 1-4.500 4L4 19.500V21h3v-2h2v-2l1.500-1.500M16 8h.01",
        IconName::Sliders => "M4 7h9M17 7h3M13 5v4M4 17h3M11 17h9M11 15v4",
        IconName::Theme => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 3v18",
    };
    view! {
        <svg class=format!("shrink-0 {class}") viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true">
            <path d=path/>
        </svg>
    }
}
