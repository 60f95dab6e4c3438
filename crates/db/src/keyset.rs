//! Keyset paging: a page is found by the sort value and id of its neighbour, so any page costs the same.

use crate::fragment::Fragment;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDateTime};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool},
};
use domain::list::{Count, LAST_PAGE, ListPage, ListQuery};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A column to sort by, as an SQL expression that an index serves together with the id.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What `?sort=` calls it.
    pub name: Cow<'static, str>,
    /// The expression.
    pub expr: Cow<'static, str>,
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
    /// The values of further columns to sort by, as PostgreSQL writes them; an empty text stands for none.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<String>,
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
    /// Further columns, each with whether it is descending.
    then: Vec<(SortKey, bool)>,
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
        let key = chosen.cloned().unwrap_or(default);
        let desc = if chosen.is_some() { query.desc } else { key.desc };
        let (text, backwards) = match (&query.after, &query.before) {
            (Some(after), _) => (Some(after), false),
            (None, Some(before)) => (Some(before), true),
            (None, None) => (None, false),
        };
        let further = query.then.iter().filter_map(|(name, desc)| Some((keys.iter().find(|key| key.name == *name)?.clone(), *desc)));
        let then: Vec<(SortKey, bool)> = further.collect();
        let sort = sort_text(&key, desc, &then);
        let fits = |cursor: &Cursor| {
            let further = cursor.then.len() == then.len() && cursor.then.iter().zip(&then).all(|(value, (key, _))| key.fits(value));
            cursor.sort == sort && key.fits(&cursor.value) && further
        };
        let cursor = text.and_then(|text| Cursor::decode(text)).filter(fits);
        let is_last = backwards && text.is_some_and(|text| text == LAST_PAGE);
        let ignored = text.is_some() && cursor.is_none() && !is_last;
        let backwards = backwards && (cursor.is_some() || is_last);
        Self { key, desc, then, backwards, cursor, ignored, is_last, size: i64::from(query.size.max(1)) }
    }

    /// `ORDER BY`.
    #[must_use]
    pub fn order(&self, id: &str) -> String {
        let dir = |desc: bool| if desc == self.backwards { "ASC" } else { "DESC" };
        let nulls = if self.backwards { "FIRST" } else { "LAST" };
        let further = self.then.iter().map(|(key, desc)| format!("{} {} NULLS {nulls}, ", key.expr, dir(*desc))).collect::<String>();
        format!("{} {}, {further}{id} {}", self.key.expr, dir(self.desc), dir(self.desc))
    }

    /// The sort value as text, to be selected with each row.
    #[must_use]
    pub fn value(&self) -> String {
        self.key.text()
    }

    /// The values of the further columns as an array of texts, to be selected with each row.
    #[must_use]
    pub fn then_values(&self) -> String {
        // An array has one collation, whatever those of its columns.
        let values: Vec<String> = self.then.iter().map(|(key, _)| format!("{} COLLATE \"C\"", key.text())).collect();
        format!("ARRAY[{}]::text[]", values.join(", "))
    }

    /// Whether a column that the list is sorted by is called so.
    #[must_use]
    pub fn sorts_by(&self, prefix: &str) -> bool {
        std::iter::once(&self.key).chain(self.then.iter().map(|(key, _)| key)).any(|key| key.name.starts_with(prefix))
    }

    /// Whether the list is sorted by further columns.
    #[must_use]
    pub const fn has_further(&self) -> bool {
        !self.then.is_empty()
    }

    /// The condition of a part that begins at the cursor, in a list with further columns: in the order of the columns, each decides where
    /// those before it are the same.
    pub(crate) fn begins(&self, part: WindowPart, id: &str) -> Option<Fragment<Bool>> {
        let cursor = self.cursor.as_ref()?;
        let sign = |desc: bool| if desc == self.backwards { ">" } else { "<" };
        let last = Fragment::<Bool>::new(format!("{id} {} ", sign(self.desc))).bind(cursor.id);
        let further = self.then.iter().zip(&cursor.then).rev().fold(last, |inner, ((key, desc), value)| {
            let expr = &key.expr;
            match (value.is_empty() && key.nullable, self.backwards) {
                (true, false) => Fragment::new(format!("({expr} IS NULL AND ")).and(inner).sql(")"),
                (true, true) => Fragment::new(format!("({expr} IS NOT NULL OR ")).and(inner).sql(")"),
                (false, backwards) => {
                    let nulls = if key.nullable && !backwards { format!("{expr} IS NULL OR ") } else { String::new() };
                    let begin = Fragment::new(format!("({nulls}{expr} {} ", sign(*desc))).bind(value.clone());
                    let same = begin.sql(format!("::{} OR ({expr} = ", key.cast)).bind(value.clone());
                    same.sql(format!("::{} AND ", key.cast)).and(inner).sql("))")
                }
            }
        });
        let further = further.open();
        if part.nulls == Some(true) {
            return Some(further);
        }
        // The first comparison alone is one that an index serves.
        let (expr, sign, cast, value) = (&self.key.expr, sign(self.desc), self.key.cast, &cursor.value);
        let begin = Fragment::new(format!("({expr} {sign}= ")).bind(value.clone());
        let past = begin.sql(format!("::{cast} AND ({expr} {sign} ")).bind(value.clone());
        Some(past.sql(format!("::{cast} OR ")).and(further).sql("))"))
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
    pub fn expr(&self) -> &str {
        &self.key.expr
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
    pub fn page<T>(self, rows: Vec<(T, String, i64)>, total: Count) -> ListPage<T> {
        self.page_of(rows.into_iter().map(|(row, value, id)| (row, (value, Vec::new()), id)).collect(), total)
    }

    /// The same for rows with the values of further columns.
    #[must_use]
    pub fn page_of<T>(self, mut rows: Vec<(T, SortValues, i64)>, total: Count) -> ListPage<T> {
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
        let sort = sort_text(&self.key, self.desc, &self.then);
        let cursor = |row: Option<&(T, SortValues, i64)>, offset: i64| {
            let row = row.map(|(_, (value, then), id)| (value.clone(), then.clone(), *id));
            row.map(|(value, then, id)| Cursor { value, then, id, offset, sort: sort.clone() }.encode())
        };
        let before = if has_before { cursor(rows.first(), first) } else { None };
        let after = if has_after { cursor(rows.last(), first + length - 1) } else { None };
        let rows = rows.into_iter().map(|(row, ..)| row).collect();
        ListPage { rows, total, offset: first, before, after, cursor_ignored: self.ignored }
    }
}

/// The value of the first column that rows are sorted by, and those of further ones.
pub type SortValues = (String, Vec<String>);

/// What a cursor says of the sort it was made for.
fn sort_text(key: &SortKey, desc: bool, then: &[(SortKey, bool)]) -> String {
    let one = |key: &SortKey, desc: bool| format!("{}{}", key.name, if desc { "-" } else { "+" });
    std::iter::once(one(key, desc)).chain(then.iter().map(|(key, desc)| one(key, *desc))).collect()
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
    /// A column that always has a value and runs from the least one up.
    #[must_use]
    pub const fn new(name: &'static str, expr: &'static str, cast: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), expr: Cow::Borrowed(expr), cast, desc: false, nullable: false }
    }

    /// The same, running from the greatest value down unless asked otherwise.
    #[must_use]
    pub const fn descending(mut self) -> Self {
        self.desc = true;
        self
    }

    /// The same, of a column that can be null.
    #[must_use]
    pub const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    fn text(&self) -> String {
        if self.nullable { format!("coalesce(({})::text, '')", self.expr) } else { format!("({})::text", self.expr) }
    }

    fn fits(&self, value: &str) -> bool {
        (self.nullable && value.is_empty()) || value_fits(self.cast, value)
    }
}

/// A cursor's value comes back from a browser, so it is checked before PostgreSQL casts it.
fn value_fits(cast: &str, value: &str) -> bool {
    match cast {
        "timestamptz" => {
            // The session's time zone is UTC, so PostgreSQL never writes another one.
            // chrono reads more than PostgreSQL does, such as a sign or spaces before a number.
            let is_written = |text: &str| {
                let (begin, rest) = text.split_at_checked(19).unwrap_or((text, ""));
                begin.bytes().zip("dddd-dd-dd dd:dd:dd".bytes()).all(|(b, d)| if d == b'd' { b.is_ascii_digit() } else { b == d })
                    && rest
                        .strip_prefix('.')
                        .map_or(rest.is_empty(), |digits| (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
            };
            let reads =
                |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok_and(|at| (1..=9999).contains(&at.year()));
            let time = |text: &str| is_written(text) && reads(text);
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

/// The pattern that finds `text` alone, for `LIKE`.
#[must_use]
pub fn exact_pattern(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The pattern that finds `text` anywhere, for `LIKE`.
#[must_use]
pub fn contains_pattern(text: &str) -> String {
    format!("%{}%", exact_pattern(text))
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
    const NAME: SortKey = SortKey::new("name", "name_key", "text");

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
        let other_sort = Cursor { value: "a".into(), then: Vec::new(), id: 1, offset: 1, sort: "email+".into() }.encode();
        let query = ListQuery { after: Some(other_sort), size: 2, ..ListQuery::default() };
        assert!(window(&query).condition("id").is_none());
    }

    #[test]
    fn rows_without_a_value_come_last_both_ways() {
        const VALUE: SortKey = SortKey::new("value", "value", "numeric").or_null();
        let cursor = |value: &str| Cursor { value: value.into(), then: Vec::new(), id: 1, offset: 1, sort: "value+".into() }.encode();
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
        for text in [
            "+2024-01-01 00:00:00+00",
            "13-12-31 0:0:0+00",
            "2024- 1- 1 00:00:00+00",
            "2024-01-01 00:00:00.1234567+00",
            "2024-01-01 00:00+00",
        ] {
            assert!(!value_fits("timestamptz", text), "{text}");
        }
        assert!(value_fits("numeric", "-12.50") && value_fits("numeric", "7"));
        assert!(["1_000", "1_", "1e5", "+1", ".5", "1.", "", "NaN"].iter().all(|text| !value_fits("numeric", text)));
        assert!(!value_fits("timestamptz", "now'; --") && !value_fits("integer", "1x") && !value_fits("text", "\0"));
    }
}
