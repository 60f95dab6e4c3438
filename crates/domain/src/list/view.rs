//! How a user reads a list: columns, density and saved views.

use super::ListQuery;
use serde::{Deserialize, Serialize};

/// The most characters of the name of a view, as `list_views.name` holds it.
pub const VIEW_NAME_MAX: usize = 60;
/// The most views of one list that a user may save.
pub const VIEWS_MAX: usize = 50;
/// The longest query of a view, as `list_views.query` holds it.
pub const QUERY_MAX: usize = 2000;
/// The most columns that a layout names.
pub const COLUMNS_MAX: usize = 100;

/// The columns of a list in order, and how high its rows are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The names of the columns; none for those that the list has by itself.
    pub columns: Vec<String>,
    /// Whether rows are low, so that more of them fit.
    pub is_dense: bool,
}

/// A view of a list under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The pairs of its address.
    pub query: String,
    /// Its columns.
    pub layout: Layout,
    /// Whether everyone who may read the list has it.
    pub is_shared: bool,
    /// Whether the viewer saved it.
    pub is_own: bool,
}

impl ListView {
    /// Whether its address names a column, as a condition or to sort by.
    #[must_use]
    pub fn names(&self, column: &str) -> bool {
        let parts = self.query.split(|c: char| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '.'));
        let is_it = |rest: &str| rest.is_empty() || rest.starts_with('.');
        parts.filter_map(|part| part.strip_prefix(column)).any(is_it) || self.layout.columns.iter().any(|named| named == column)
    }
}

/// What a user has of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListViews {
    /// The columns in which the user reads the list without a view.
    pub layout: Layout,
    /// The user's own views and shared ones, by name.
    pub views: Vec<ListView>,
    /// The view that the list opens with, as its user chose it.
    pub opens: Option<i64>,
}

impl ListViews {
    /// What the list shows: what its address asks for, and where that is nothing, what the view asks for that it opens with. `filters` are
    /// those that the list knows.
    #[must_use]
    pub fn opened(&self, query: &ListQuery, filters: &[&str]) -> ListQuery {
        let opened = self.views.iter().find(|view| query.is_bare && Some(view.id) == self.opens);
        let Some(view) = opened else { return query.clone() };
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&view.query).unwrap_or_default();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        ListQuery { view: Some(view.id), ..ListQuery::from_pairs(pairs, filters) }
    }

    /// The layout of an opened view, else the user's own.
    #[must_use]
    pub fn layout_of(&self, view: Option<i64>) -> &Layout {
        let opened = self.views.iter().find(|known| Some(known.id) == view).map(|view| &view.layout);
        opened.filter(|layout| !layout.columns.is_empty()).unwrap_or(&self.layout)
    }
}

/// Whether a text can name a column: 1 to 60 lower-case letters, digits, underscores, points and colons.
#[must_use]
pub fn column_is_named(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.:".contains(&b))
}

/// What the names of lists of records begin with; the key of the pipeline follows.
pub const PIPELINE_LISTS: &str = "p/";
/// In place of the number of a view: all rows, whatever view the list opens with.
pub const VIEW_ALL: i64 = 0;
/// The lists of a tenant's site that have views.
pub const TENANT_LISTS: &[&str] = &["users"];
/// The lists of the platform console that have views.
pub const PLATFORM_LISTS: &[&str] = &["tenants", "domains", "usage"];
