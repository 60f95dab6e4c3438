//! Keyset paging: a page is found by the sort value and id of its neighbour, so any page costs the same.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDateTime};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::BigInt,
};
use domain::list::{Count, LAST_PAGE, ListPage, ListQuery};
use serde::{Deserialize, Serialize};

/// A column to sort by, as an SQL expression that an index serves together with the id.
#[derive(Clone, Copy, Debug)]
pub struct SortKey {
    /// What `?sort=` calls it.
    pub name: &'static str,
    /// The expression.
    pub expr: &'static str,
    /// The type to which a cursor's text is cast.
    pub cast: &'static str,
    /// Whether it runs from the greatest value down unless asked otherwise.
    pub desc: bool,
    /// Whether it can be null. Rows without a value come last, whichever way the list runs, so a page is read in up to two parts.
    pub nullable: bool,
}

/// More rows than any list has; a cursor comes back from a browser.
const OFFSET_MAX: i64 = 1_000_000_000_000;

/// Where a page begins: after or before the row with this sort value and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The sort value, as PostgreSQL writes it.
    #[serde(rename = "v")]
    pub value: String,
    /// The id, which breaks ties.
    #[serde(rename = "i")]
    pub id: i64,
    /// How many rows stand before that row.
    #[serde(rename = "n")]
    pub offset: i64,
    /// The sort it was made for; with another it means nothing.
    #[serde(rename = "s")]
    pub sort: String,
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str) -> Option<Self> {
        let mut cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        cursor.offset = cursor.offset.clamp(0, OFFSET_MAX);
        Some(cursor)
    }
}

/// How to fetch one page: the order, and the condition that begins it.
#[derive(Clone, Debug)]
pub struct Window {
    key: SortKey,
    desc: bool,
    backwards: bool,
    cursor: Option<Cursor>,
    ignored: bool,
    /// Whether the rows are counted from the end of the list.
    is_last: bool,
    size: i64,
}

impl Window {
    /// Reads what was asked for; anything that cannot be read means the first page of the default order.
    #[must_use]
    pub fn new(query: &ListQuery, keys: &[SortKey], default: SortKey) -> Self {
        let chosen = keys.iter().find(|key| key.name == query.sort);
        let key = chosen.copied().unwrap_or(default);
        let desc = if chosen.is_some() { query.desc } else { key.desc };
        let (text, backwards) = match (&query.after, &query.before) {
            (Some(after), _) => (Some(after), false),
            (None, Some(before)) => (Some(before), true),
            (None, None) => (None, false),
        };
        let sort = format!("{}{}", key.name, if desc { "-" } else { "+" });
        let cursor = text.and_then(|text| Cursor::decode(text)).filter(|cursor| cursor.sort == sort && key.fits(&cursor.value));
        let is_last = backwards && text.is_some_and(|text| text == LAST_PAGE);
        let ignored = text.is_some() && cursor.is_none() && !is_last;
        let backwards = backwards && (cursor.is_some() || is_last);
        Self { key, desc, backwards, cursor, ignored, is_last, size: i64::from(query.size.max(1)) }
    }

    /// `ORDER BY`.
    #[must_use]
    pub fn order(&self, id: &str) -> String {
        let dir = if self.desc == self.backwards { "ASC" } else { "DESC" };
        format!("{} {dir}, {id} {dir}", self.key.expr)
    }

    /// The sort value as text, to be selected with each row.
    #[must_use]
    pub fn value(&self) -> String {
        if self.key.nullable { format!("coalesce(({})::text, '')", self.key.expr) } else { format!("({})::text", self.key.expr) }
    }

    /// The condition in two parts around the bound value and id: `(expr, id) > (`, `::cast, `.
    #[must_use]
    pub fn condition(&self, id: &str) -> Option<(String, String, &Cursor)> {
        let cursor = self.cursor.as_ref()?;
        let sign = if self.desc == self.backwards { ">" } else { "<" };
        Some((format!("({}, {id}) {sign} (", self.key.expr), format!("::{}, ", self.key.cast), cursor))
    }

    /// The parts in which a page is read, one after the other until it is full. There is one unless the sort value can be null.
    #[must_use]
    pub fn parts(&self) -> Vec<WindowPart> {
        if !self.key.nullable {
            return vec![WindowPart { nulls: None, begins: self.cursor.is_some() }];
        }
        let part = |nulls, begins| WindowPart { nulls: Some(nulls), begins };
        let in_nulls = self.cursor.as_ref().map(|cursor| cursor.value.is_empty());
        match (in_nulls, self.backwards) {
            (None, false) => vec![part(false, false), part(true, false)],
            (None, true) => vec![part(true, false), part(false, false)],
            (Some(false), false) => vec![part(false, true), part(true, false)],
            (Some(false), true) => vec![part(false, true)],
            (Some(true), false) => vec![part(true, true)],
            (Some(true), true) => vec![part(true, true), part(false, false)],
        }
    }

    /// The cursor, for the condition of a part of rows without a sort value.
    #[must_use]
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The expression of the sort value.
    #[must_use]
    pub const fn expr(&self) -> &'static str {
        self.key.expr
    }

    /// Whether rows are read by ascending ids.
    #[must_use]
    pub const fn ascends(&self) -> bool {
        self.desc == self.backwards
    }

    /// One row more than the page takes, to see whether there is another page.
    #[must_use]
    pub const fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Makes the page of the rows found with their sort values and ids.
    #[must_use]
    pub fn page<T>(self, mut rows: Vec<(T, String, i64)>, total: Count) -> ListPage<T> {
        let more = rows.len() > usize::try_from(self.size).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        if self.backwards {
            rows.reverse();
        }
        let length = i64::try_from(rows.len()).unwrap_or(0);
        let first = match &self.cursor {
            None if self.is_last => match total {
                Count::Exact(rows) => (rows - length).max(0),
                // The total is unknown beyond the counting limit.
                Count::Many => OFFSET_MAX.min(domain::list::COUNT_EXACT_MAX),
            },
            None => 0,
            Some(cursor) if self.backwards => (cursor.offset - length).max(0),
            Some(cursor) => cursor.offset + 1,
        };
        let has_before = if self.backwards { more } else { self.cursor.is_some() && length > 0 };
        let has_after = if self.is_last { false } else { self.backwards || more };
        let sort = format!("{}{}", self.key.name, if self.desc { "-" } else { "+" });
        let cursor = |row: Option<&(T, String, i64)>, offset: i64| {
            row.map(|(_, value, id)| Cursor { value: value.clone(), id: *id, offset, sort: sort.clone() }.encode())
        };
        let before = if has_before { cursor(rows.first(), first) } else { None };
        let after = if has_after { cursor(rows.last(), first + length - 1) } else { None };
        let rows = rows.into_iter().map(|(row, ..)| row).collect();
        ListPage { rows, total, offset: first, before, after, cursor_ignored: self.ignored }
    }
}

/// A part of a page, see [`Window::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowPart {
    /// Whether it holds the rows without a sort value; `None` where every row has one.
    pub nulls: Option<bool>,
    /// Whether it begins at the cursor.
    pub begins: bool,
}

impl SortKey {
    fn fits(&self, value: &str) -> bool {
        (self.nullable && value.is_empty()) || value_fits(self.cast, value)
    }
}

/// A cursor's value comes back from a browser, so it is checked before PostgreSQL casts it.
fn value_fits(cast: &str, value: &str) -> bool {
    match cast {
        "timestamptz" => {
            // The session's time zone is UTC, so PostgreSQL never writes another one.
            let time =
                |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok_and(|at| (1..=9999).contains(&at.year()));
            value == "-infinity" || value.strip_suffix("+00").is_some_and(time)
        }
        "integer" => value.parse::<i32>().is_ok(),
        "bigint" => value.parse::<i64>().is_ok(),
        // As PostgreSQL writes it; the parsers of numbers take more.
        "numeric" => {
            let digits = |text: &str| (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            let number = value.strip_prefix('-').unwrap_or(value);
            let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
            digits(whole) && fraction.is_none_or(digits)
        }
        _ => !value.contains('\0'),
    }
}

/// The pattern that finds `text` anywhere, for `LIKE`.
#[must_use]
pub fn contains_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// `SELECT count(*) FROM (query)`, so that a `LIMIT` inside caps what is counted.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Counted<Q>(pub Q);

impl<Q: Query> Query for Counted<Q> {
    type SqlType = BigInt;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Counted<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT count(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const NAME: SortKey = SortKey { name: "name", expr: "name_key", cast: "text", desc: false, nullable: false };

    fn window(query: &ListQuery) -> Window {
        Window::new(query, &[NAME], NAME)
    }

    #[test]
    fn pages_forth_and_back() {
        let mut query = ListQuery { size: 2, ..ListQuery::default() };
        let row = |id: i64| (id, format!("n{id}"), id);
        let first = window(&query).page(vec![row(1), row(2), row(3)], Count::Exact(5));
        assert_eq!((first.rows.as_slice(), first.offset, first.before.is_some()), ([1, 2].as_slice(), 0, false));
        query.after.clone_from(&first.after);
        let second = window(&query).page(vec![row(3), row(4), row(5)], Count::Exact(5));
        assert_eq!((second.rows.as_slice(), second.offset), ([3, 4].as_slice(), 2));
        assert_eq!(window(&query).condition("id").unwrap().0, "(name_key, id) > (");
        query = ListQuery { size: 2, before: second.before, ..ListQuery::default() };
        assert_eq!(window(&query).order("id"), "name_key DESC, id DESC");
        let back = window(&query).page(vec![row(2), row(1)], Count::Exact(5));
        assert_eq!((back.rows.as_slice(), back.offset, back.before.is_some(), back.after.is_some()), ([1, 2].as_slice(), 0, false, true));
    }

    #[test]
    fn the_last_page_is_counted_from_the_end() {
        let query = ListQuery { size: 2, before: Some(LAST_PAGE.to_owned()), ..ListQuery::default() };
        let row = |id: i64| (id, format!("n{id}"), id);
        assert!(window(&query).condition("id").is_none());
        assert_eq!(window(&query).order("id"), "name_key DESC, id DESC");
        let last = window(&query).page(vec![row(5), row(4), row(3)], Count::Exact(5));
        assert_eq!((last.rows.as_slice(), last.offset, last.before.is_some(), last.after.is_some()), ([4, 5].as_slice(), 3, true, false));
        let only = window(&query).page(vec![row(1)], Count::Exact(1));
        assert_eq!((only.offset, only.before.is_some(), only.cursor_ignored), (0, false, false));
    }

    #[test]
    fn a_cursor_that_cannot_be_read_means_the_first_page() {
        for text in ["x", "", "e30"] {
            let query = ListQuery { after: Some(text.to_owned()), size: 2, ..ListQuery::default() };
            assert!(window(&query).condition("id").is_none());
            assert!(window(&query).page(Vec::<((), String, i64)>::new(), Count::Exact(0)).cursor_ignored);
        }
        let other_sort = Cursor { value: "a".into(), id: 1, offset: 1, sort: "email+".into() }.encode();
        let query = ListQuery { after: Some(other_sort), size: 2, ..ListQuery::default() };
        assert!(window(&query).condition("id").is_none());
    }

    #[test]
    fn rows_without_a_value_come_last_both_ways() {
        const VALUE: SortKey = SortKey { name: "value", expr: "value", cast: "numeric", desc: false, nullable: true };
        let cursor = |value: &str| Cursor { value: value.into(), id: 1, offset: 1, sort: "value+".into() }.encode();
        let parts = |after: Option<String>, before: Option<String>| {
            let query = ListQuery { size: 2, sort: "value".into(), after, before, ..ListQuery::default() };
            let parts = Window::new(&query, &[VALUE], VALUE).parts();
            parts.into_iter().map(|part| (part.nulls == Some(true), part.begins)).collect::<Vec<_>>()
        };
        assert_eq!(parts(None, None), [(false, false), (true, false)]);
        assert_eq!(parts(Some(cursor("1.5")), None), [(false, true), (true, false)]);
        assert_eq!(parts(Some(cursor("")), None), [(true, true)]);
        assert_eq!(parts(None, Some(cursor("1.5"))), [(false, true)]);
        assert_eq!(parts(None, Some(cursor(""))), [(true, true), (false, false)]);
        assert_eq!(parts(None, Some(LAST_PAGE.to_owned())), [(true, false), (false, false)]);
        assert_eq!(parts(Some(cursor("1; --")), None), [(false, false), (true, false)], "what is no number is no cursor");
    }

    #[test]
    fn cursor_values_are_checked_before_they_are_cast() {
        assert!(value_fits("timestamptz", "2026-11-21 10:41:35.123456+00") && value_fits("timestamptz", "-infinity"));
        assert!(!value_fits("timestamptz", "2026-11-21 10:41:35+20") && !value_fits("timestamptz", "0000-01-01 00:00:00+00"));
        assert!(value_fits("numeric", "-12.50") && value_fits("numeric", "7"));
        assert!(["1_000", "1_", "1e5", "+1", ".5", "1.", "", "NaN"].iter().all(|text| !value_fits("numeric", text)));
        assert!(!value_fits("timestamptz", "now'; --") && !value_fits("integer", "1x") && !value_fits("text", "\0"));
    }
}
