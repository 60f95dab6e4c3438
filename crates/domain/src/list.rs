//! Lists: what was asked for, read from the query of a URL, and one page of the answer.

mod days;
mod period;
mod view;

pub use days::{created_range, day_parse, day_start, days_range};
pub use period::{PERIODS, day_relative, period};
pub use view::{
    COLUMNS_MAX, Layout, ListView, ListViews, PIPELINE_LISTS, PLATFORM_LISTS, QUERY_MAX, TENANT_LISTS, VIEW_ALL, VIEW_NAME_MAX, VIEWS_MAX,
    column_is_named,
};

use serde::{Deserialize, Serialize};

/// The page sizes offered.
pub const SIZES: [u16; 3] = [25, 50, 100];
/// The page size unless asked otherwise.
pub const SIZE_DEFAULT: u16 = 25;
/// Up to here a count is exact; counting further costs more than it tells.
pub const COUNT_EXACT_MAX: i64 = 10_000;
/// The same for a search, where each row that is counted has to be looked into (docs/adr/0005).
pub const COUNT_FOUND_MAX: i64 = 1_000;
/// The most characters of a search that are looked at.
pub const SEARCH_MAX: usize = 200;
/// What stands in place of the cursor of [`ListQuery::before`] for the last page there is.
pub const LAST_PAGE: &str = "last";

/// What a list page was asked for. Everything a person can change stands in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// The search box.
    #[serde(default)]
    pub q: String,
    /// Whether more was typed into it than is looked at.
    #[serde(default)]
    pub q_is_cut: bool,
    /// The column to sort by; unknown ones fall back to the list's own order.
    #[serde(default)]
    pub sort: String,
    /// Whether the sort is descending.
    #[serde(default)]
    pub desc: bool,
    /// Columns to sort by among rows that are the same so far, each with whether it is descending; at most two.
    #[serde(default)]
    pub then: Vec<(String, bool)>,
    /// Rows after this cursor.
    #[serde(default)]
    pub after: Option<String>,
    /// Rows before this cursor.
    #[serde(default)]
    pub before: Option<String>,
    /// Rows to a page; one of [`SIZES`].
    #[serde(default)]
    pub size: u16,
    /// The filters set, by name.
    #[serde(default)]
    pub filters: Vec<(String, String)>,
    /// The saved view that the list was opened by.
    #[serde(default)]
    pub view: Option<i64>,
    /// Whether the address asks for nothing: the list opens with the view that its user chose.
    #[serde(default)]
    pub is_bare: bool,
}

impl ListQuery {
    /// Reads the pairs of a query string. Unknown names are taken as filters only if the list knows them, by name or by what they begin
    /// with (`field.*`); the rest is ignored.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, filters: &[&str]) -> Self {
        let mut query = Self { size: SIZE_DEFAULT, is_bare: true, ..Self::default() };
        for (name, value) in pairs {
            query.is_bare = false;
            let value = value.trim();
            // PostgreSQL takes no NUL in a text, and nothing here has a use for other control characters.
            if value.is_empty() || value.chars().any(char::is_control) {
                continue;
            }
            match name {
                "q" => {
                    query.q = value.chars().take(SEARCH_MAX).collect();
                    query.q_is_cut = value.chars().count() > SEARCH_MAX;
                }
                "sort" => query.sort = value.to_owned(),
                "dir" => query.desc = value == "desc",
                "then" => {
                    query.then.extend(value.split(',').filter(|name| !name.is_empty()).map(then_parse));
                    query.then.truncate(THEN_MAX);
                }
                "after" => query.after = Some(value.to_owned()),
                "before" => query.before = Some(value.to_owned()),
                "view" => query.view = value.parse().ok(),
                "size" => query.size = value.parse().ok().filter(|size| SIZES.contains(size)).unwrap_or(SIZE_DEFAULT),
                // What a user typed into a field of their own may hold commas, and stands there once.
                other if filters.iter().any(|known| is_under(known, other)) => {
                    let is_new = query.filter(other).next().is_none();
                    query.filters.extend(is_new.then(|| (other.to_owned(), value.to_owned())));
                }
                other if filters.contains(&other) => {
                    // A check box gives its name once per value, a link joins them with commas.
                    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                        query.filters.push((other.to_owned(), part.to_owned()));
                    }
                }
                _ => {}
            }
        }
        query
    }

    /// All values of a filter.
    pub fn filter(&self, name: &str) -> impl Iterator<Item = &str> {
        self.filters.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The pairs of a URL that leads to the same list from its first page.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        if !self.q.is_empty() {
            put("q", &self.q);
        }
        for (name, value) in &self.filters {
            put(name, value);
        }
        if !self.sort.is_empty() {
            put("sort", &self.sort);
            put("dir", if self.desc { "desc" } else { "asc" });
        }
        if !self.then.is_empty() {
            put("then", &self.then.iter().map(|(name, desc)| then_text(name, *desc)).collect::<Vec<_>>().join(","));
        }
        if self.size != SIZE_DEFAULT && self.size != 0 {
            put("size", &self.size.to_string());
        }
        if let Some(view) = self.view {
            put("view", &view.to_string());
        }
        pairs
    }

    /// Up to how many rows are counted.
    #[must_use]
    pub const fn count_max(&self) -> i64 {
        if self.q.is_empty() { COUNT_EXACT_MAX } else { COUNT_FOUND_MAX }
    }

    /// Whether a page after or before another was asked for.
    #[must_use]
    pub const fn has_cursor(&self) -> bool {
        self.after.is_some() || self.before.is_some()
    }

    /// Whether a search or a filter narrows the list.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        !self.q.is_empty() || !self.filters.is_empty()
    }
}

/// The most columns to sort by beside the first one.
pub const THEN_MAX: usize = 2;

/// A further column to sort by as an address names it: with a minus sign before it, it is descending.
#[must_use]
pub fn then_text(name: &str, desc: bool) -> String {
    format!("{}{name}", if desc { "-" } else { "" })
}

fn then_parse(text: &str) -> (String, bool) {
    text.strip_prefix('-').map_or_else(|| (text.to_owned(), false), |name| (name.to_owned(), true))
}

/// Whether a name begins with what stands before the star of `known`.
fn is_under(known: &str, name: &str) -> bool {
    known.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))
}

/// How many rows match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Count {
    /// Exactly this many.
    Exact(i64),
    /// More than are counted ([`ListQuery::count_max`]).
    Many,
}

impl Count {
    /// The count of up to one more than `max` rows.
    #[must_use]
    pub const fn from_capped(rows: i64, max: i64) -> Self {
        if rows > max { Self::Many } else { Self::Exact(rows) }
    }
}

/// `1,234` or `many`.
impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(count) => f.write_str(&grouped(*count)),
            Self::Many => f.write_str("many"),
        }
    }
}

/// A number with a comma between thousands.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListPage<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows match in all.
    pub total: Count,
    /// How many rows stand before the first one shown.
    pub offset: i64,
    /// The cursor of the page before, if there is one.
    pub before: Option<String>,
    /// The cursor of the page after, if there is one.
    pub after: Option<String>,
    /// Whether the cursor asked for could not be read, so that this is the first page.
    pub cursor_ignored: bool,
}

impl<T> ListPage<T> {
    /// The same page with its rows made into others.
    #[must_use]
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> ListPage<U> {
        let Self { rows, total, offset, before, after, cursor_ignored } = self;
        ListPage { rows: rows.into_iter().map(row).collect(), total, offset, before, after, cursor_ignored }
    }

    /// The same page with its rows made into others, as far as all of them can be.
    ///
    /// # Errors
    /// The first of `row`.
    pub fn try_map<U, E>(self, row: impl FnMut(T) -> Result<U, E>) -> Result<ListPage<U>, E> {
        let Self { rows, total, offset, before, after, cursor_ignored } = self;
        let rows = rows.into_iter().map(row).collect::<Result<_, E>>()?;
        Ok(ListPage { rows, total, offset, before, after, cursor_ignored })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_urls() {
        let query = ListQuery::from_pairs(
            [
                ("q", " acme "),
                ("status", "active,suspended"),
                ("sort", "name"),
                ("dir", "desc"),
                ("size", "7"),
                ("evil", "x"),
                ("status", "a\0b"),
            ],
            &["status"],
        );
        assert_eq!((query.q.as_str(), query.desc, query.size), ("acme", true, SIZE_DEFAULT));
        assert_eq!(query.filter("status").collect::<Vec<_>>(), ["active", "suspended"]);
        let pairs = query.pairs();
        let again = ListQuery::from_pairs(pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())), &["status"]);
        assert_eq!(again, query);
    }

    #[test]
    fn filters_are_known_by_what_they_begin_with() {
        let pairs = [("field.city", "Berlin, Mitte"), ("field.city", "Rome"), ("field", "x"), ("fields.city", "x")];
        let query = ListQuery::from_pairs(pairs, &["role", "field.*"]);
        assert_eq!(query.filters, [("field.city".to_owned(), "Berlin, Mitte".to_owned())]);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(Count::from_capped(10_000, COUNT_EXACT_MAX).to_string(), "10,000");
        assert_eq!(Count::from_capped(10_001, COUNT_EXACT_MAX).to_string(), "many");
    }
}
