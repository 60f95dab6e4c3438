//! The table of a list. Its cells are data, and one writer makes HTML of them: each text is escaped in one place, and a row costs
//! neither components nor utility classes.

use super::{
    SortHeader,
    badge::{BadgeText, meter_class},
    when::{number, relative},
};
use crate::ui::site::format;
use chrono::{DateTime, Utc};
use domain::{format::Format, list::ListQuery, person::initials};
use html_escape::{encode_double_quoted_attribute_to_string as attribute, encode_text_to_string as text};
use leptos::{nonce::use_nonce, prelude::*};
use std::{borrow::Cow, fmt::Write};

/// A column of a list.
#[derive(Clone, Debug)]
pub struct Column {
    /// How the address and the layout name it.
    pub name: Cow<'static, str>,
    /// What its head says.
    pub label: Cow<'static, str>,
    /// Whether the list can be sorted by it.
    sorts: bool,
    /// Whether a card on a phone says what the value is: a number or a time does not speak for itself.
    labelled: bool,
    /// Whether only screen readers read its head.
    quiet: bool,
    /// Whether it is shown only once it was chosen.
    extra: bool,
}

impl Column {
    /// A column of values that speak for themselves, such as a name or a state.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, label: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), label: label.into(), sorts: false, labelled: false, quiet: false, extra: false }
    }

    /// The same column; the list can be sorted by it.
    #[must_use]
    pub fn sorted(self) -> Self {
        Self { sorts: true, ..self }
    }

    /// The same column, with its label beside the value on a phone.
    #[must_use]
    pub fn labelled(self) -> Self {
        Self { labelled: true, ..self }
    }

    /// The same column, whose head is not shown: of buttons.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// The same column, shown only to users who chose it.
    #[must_use]
    pub fn extra(self) -> Self {
        Self { extra: true, ..self }
    }

    /// Whether the list can be sorted by it.
    #[must_use]
    pub const fn is_sorted(&self) -> bool {
        self.sorts
    }

    pub(super) const fn is_extra(&self) -> bool {
        self.extra
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// What a cell shows.
#[derive(Debug)]
pub enum Cell {
    /// Nothing; a phone leaves it out.
    Empty,
    /// A text.
    Text(String),
    /// A number, in one line.
    Number(String),
    /// A text that says that there is nothing.
    Muted(&'static str),
    /// A text of a machine.
    Code(String),
    /// A moment, as time ago.
    When(DateTime<Utc>),
    /// A state.
    Badge(BadgeText),
    /// A share of a limit.
    Meter {
        /// How many there are.
        used: i64,
        /// How many there may be.
        most: i64,
    },
    /// A link.
    Link {
        /// Where it leads.
        href: String,
        /// What it says.
        text: String,
    },
    /// What the row is about: the first cell of each row.
    Title(Title),
    /// One of several options.
    Tag {
        /// The class of its tone.
        class: &'static str,
        /// What it says.
        text: String,
    },
    /// What no other cell shows, such as a menu.
    View(AnyView),
}

/// What a row is about.
#[derive(Clone, Debug, Default)]
pub struct Title {
    /// Its page, where it has one.
    pub href: Option<String>,
    /// Its name.
    pub text: String,
    /// A second line.
    pub sub: String,
    /// The address of the picture beside it.
    pub photo: Option<String>,
    /// Whether it is a person: initials stand where there is no picture.
    pub is_person: bool,
}

impl Title {
    /// A name that leads to its page.
    #[must_use]
    pub fn link(href: String, text: String) -> Self {
        Self { href: Some(href), text, ..Self::default() }
    }

    /// The same with a second line.
    #[must_use]
    pub fn below(self, sub: String) -> Self {
        Self { sub, ..self }
    }
}

impl Cell {
    /// A whole number, as the site writes it.
    #[must_use]
    pub fn number(value: i64) -> Self {
        Self::Text(number(value))
    }

    /// A moment, or that it never was.
    #[must_use]
    pub fn when_or_never(at: Option<DateTime<Utc>>) -> Self {
        at.map_or(Self::Muted("never"), Self::When)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<BadgeText> for Cell {
    fn from(state: BadgeText) -> Self {
        Self::Badge(state)
    }
}

impl From<Title> for Cell {
    fn from(title: Title) -> Self {
        Self::Title(title)
    }
}

/// The boxes to tick of a list.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// Whether all of the page are ticked.
    pub all: bool,
    /// The address that ticks all of the page, or nothing where they are: for browsers without a script.
    pub toggle: String,
}

/// A table of a list.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    /// What it is called.
    pub caption: Cow<'static, str>,
    /// The list's path.
    pub path: &'a str,
    /// What was asked for.
    pub query: &'a ListQuery,
    /// Its columns, the first one with what a row is about.
    pub columns: Vec<Column>,
    /// Whether rows can be ticked.
    pub ticks: Option<Ticks>,
    /// Whether rows are low.
    pub is_dense: bool,
    /// The time at which the page was made.
    pub now: DateTime<Utc>,
}

impl Table<'_> {
    /// The table with these rows: `tick` gives value and name of the box of a row, `cell` what a column of it shows.
    pub fn view<R>(self, rows: Vec<R>, tick: impl Fn(&R) -> (String, String), cell: impl Fn(&R, &str) -> Cell) -> AnyView {
        let times = Times { now: self.now, format: format() };
        let mut body = String::with_capacity(rows.len() * 512);
        let shown = rows.len();
        // No end tags: those of cells and rows may be left out (HTML, 13.1.2.4).
        for row in &rows {
            body.push_str("<tr>");
            if let Some(ticks) = &self.ticks {
                let (value, name) = tick(row);
                write_tick(&mut body, &value, &name, ticks.all);
            }
            for (index, column) in self.columns.iter().enumerate() {
                write_cell(&mut body, index == 0, cell(row, &column.name), times);
            }
        }
        let heads = self.columns.iter().map(|column| {
            let label = column.label.clone();
            match (column.sorts, column.quiet) {
                (true, _) => {
                    view! { <SortHeader path=self.path.to_owned() query=self.query.clone() name=column.name.clone() label/> }.into_any()
                }
                (false, true) => view! { <th scope="col"><span class="sr-only">{label}</span></th> }.into_any(),
                (false, false) => view! { <th scope="col">{label}</th> }.into_any(),
            }
        });
        let heads = heads.collect_view();
        let ticks = self.ticks.map(|Ticks { all, toggle }| {
            let link = if all { "Clear selection".to_owned() } else { format!("Select all {shown} on this page") };
            let head = view! { <th scope="col" class="tick"><input type="checkbox" data-tick-all hidden checked=all aria-label="Select all on this page"/></th> };
            (head, view! { <noscript><p class="toolbar"><a class="link-quiet" href=toggle>{link}</a></p></noscript> })
        });
        let (head, link) = ticks.unzip();
        let labels = labels(&self.columns, head.is_some());
        view! {
            {link}
            {(!labels.is_empty()).then(|| view! { <style nonce=use_nonce()>{labels}</style> })}
            <div class="table-scroll">
                <table class=if self.is_dense { "list-table list-dense" } else { "list-table" }>
                    <caption class="sr-only">{self.caption}</caption>
                    <thead><tr>{head}{heads}</tr></thead>
                    <tbody inner_html=body></tbody>
                </table>
            </div>
        }
        .into_any()
    }

    /// The table with rows that cannot be ticked.
    pub fn plain<R>(self, rows: Vec<R>, cell: impl Fn(&R, &str) -> Cell) -> AnyView {
        self.view(rows, |_| (String::new(), String::new()), cell)
    }
}

/// The style that says on a phone what a value is of: once for the table instead of in each row.
fn labels(columns: &[Column], has_ticks: bool) -> String {
    let first = if has_ticks { 2 } else { 1 };
    let labelled = columns.iter().enumerate().filter(|(_, column)| column.labelled);
    let rules = labelled.map(|(index, column)| {
        // Escapes everything but plain letters and digits, so that a label cannot end the string or the element (CSS Syntax 4.3.7).
        let label = column.label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{:x} ", u32::from(c)) });
        format!(".list-table tbody>tr>:nth-child({}){{--label:\"{} \"}}", index + first, label.collect::<String>())
    });
    rules.collect()
}

/// How moments are written in the cells of one table.
#[derive(Clone, Copy)]
struct Times {
    now: DateTime<Utc>,
    format: Format,
}

fn write_tick(html: &mut String, value: &str, name: &str, ticked: bool) {
    html.push_str("<td><input type=checkbox name=id value=\"");
    attribute(value, html);
    html.push_str("\" aria-label=\"");
    attribute(name, html);
    html.push_str(if ticked { "\" checked>" } else { "\">" });
}

fn write_cell(html: &mut String, is_head: bool, cell: Cell, times: Times) {
    if is_head {
        html.push_str("<th scope=row>");
    } else {
        html.push_str("<td>");
    }
    write_content(html, cell, times);
}

fn write_content(html: &mut String, cell: Cell, Times { now, format }: Times) {
    match cell {
        Cell::Empty => {}
        Cell::Text(value) => drop(text(value, html)),
        Cell::Number(value) => {
            html.push_str("<span class=num>");
            text(value, html);
            html.push_str("</span>");
        }
        Cell::Muted(value) => write_element(html, "i", value),
        Cell::Code(value) => write_element(html, "code", &value),
        Cell::When(at) => {
            html.push_str("<span title=\"");
            attribute(format.moment(at), html);
            html.push_str("\">");
            text(relative(at, now, format), html);
            html.push_str("</span>");
        }
        Cell::Badge(BadgeText { class, text: word }) => write_tag(html, class, word),
        Cell::Tag { class, text: word } => write_tag(html, class, &word),
        Cell::Meter { used, most } => {
            let share = if most > 0 { used.saturating_mul(100) / most } else { 100 };
            let _infallible = write!(
                html,
                "<progress class=\"{}\" max=\"{most}\" value=\"{used}\" aria-hidden=\"true\"></progress> {} / {}",
                meter_class(share),
                format.number(used),
                format.number(most)
            );
        }
        Cell::Link { href, text: label } => write_link(html, &href, &label),
        Cell::Title(title) => write_title(html, title),
        Cell::View(view) => html.push_str(&view.to_html()),
    }
}

/// A coloured word; its class is one name of the style sheet, which needs no quotes.
fn write_tag(html: &mut String, class: &'static str, word: &str) {
    let _infallible = write!(html, "<span class={class}>");
    text(word, html);
    html.push_str("</span>");
}

fn write_title(html: &mut String, Title { href, text: name, sub, photo, is_person }: Title) {
    if let Some(photo) = &photo {
        html.push_str("<img src=\"");
        attribute(photo, html);
        html.push_str("\" alt=\"\" loading=\"lazy\" width=\"32\" height=\"32\">");
    }
    html.push_str(if href.is_some() { "<a href=\"" } else { "<span" });
    if let Some(href) = &href {
        attribute(href, html);
        html.push('"');
    }
    if is_person && photo.is_none() {
        html.push_str(" data-i=\"");
        attribute(initials(&name), html);
        html.push('"');
    }
    html.push('>');
    text(&name, html);
    html.push_str(if href.is_some() { "</a>" } else { "</span>" });
    if !sub.is_empty() {
        write_element(html, "small", &sub);
    }
}

fn write_link(html: &mut String, href: &str, label: &str) {
    html.push_str("<a href=\"");
    attribute(href, html);
    html.push_str("\">");
    text(label, html);
    html.push_str("</a>");
}

fn write_element(html: &mut String, name: &'static str, content: &str) {
    let _infallible = write!(html, "<{name}>");
    text(content, html);
    let _infallible = write!(html, "</{name}>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserState;

    fn now() -> DateTime<Utc> {
        "2026-11-30T10:00:00Z".parse().unwrap()
    }

    fn times() -> Times {
        Times { now: now(), format: format() }
    }

    /// A row of all kinds of cells, with this text wherever a text can stand.
    fn row(evil: &str) -> String {
        let text = || evil.to_owned();
        let mut html = String::new();
        write_tick(&mut html, evil, evil, false);
        let named = Title { photo: Some(text()), ..Title::link(text(), text()).below(text()) };
        let unnamed = Title { is_person: true, text: text(), ..Title::default() };
        let cells = [
            named.into(),
            Cell::Text(text()),
            Cell::Code(text()),
            Cell::Link { href: text(), text: text() },
            Cell::Tag { class: "tone-neutral", text: text() },
            unnamed.into(),
        ];
        for cell in cells {
            write_cell(&mut html, false, cell, times());
        }
        html
    }

    #[test]
    fn nothing_in_a_cell_is_markup() {
        let (html, plain) = (row("<b>\"'&x"), row("x"));
        assert_eq!(html.matches('<').count(), plain.matches('<').count(), "no element comes from a text: {html}");
        let quotes = |html: &str| -> Vec<usize> {
            html.split('<').filter_map(|tag| tag.split('>').next()).map(|tag| tag.matches('"').count()).collect()
        };
        assert_eq!(quotes(&html), quotes(&plain), "nor does an attribute end in one: {html}");
    }

    #[test]
    fn nothing_in_a_label_ends_the_style() {
        let style = labels(&[Column::new("a", "Name"), Column::new("b", "\"}</style><b>\\é").labelled()], true);
        assert_eq!(
            style, r#".list-table tbody>tr>:nth-child(3){--label:"\22 \7d \3c \2f style\3e \3c b\3e \5c \e9  "}"#,
            "the second column stands third, behind the boxes"
        );
    }

    #[test]
    fn a_row_of_a_user_costs_little_beside_its_data() {
        let mut html = String::from("<tr>");
        write_tick(&mut html, "", "", false);
        let title = Title { is_person: true, ..Title::link("/users/".to_owned(), String::new()).below(" ".to_owned()) };
        let badge = BadgeText::from(UserState::Active);
        let cells: [Cell; 6] = [title.into(), "".into(), "".into(), badge.into(), Cell::When(now()), Cell::When(now())];
        for (index, cell) in cells.into_iter().enumerate() {
            write_cell(&mut html, index == 0, cell, times());
        }
        let data = "Active".len() + 2 * (format().moment(now()).len() + "just now".len());
        assert!(html.len() - data <= 320, "{} bytes: {html}", html.len() - data);
    }
}
