//! The columns of a row that comes from outside.

use domain::PersonName;
use serde_json::{Map, Value};

/// The greatest id taken: far above any that was counted up to, with room for as many more.
const ID_MAX: i64 = 1 << 53;
/// The maximum length, in characters, of a column without its own limit.
const TEXT_MAX: usize = 2000;
/// The most bytes of a setting or of what is kept of a user besides, as text; a logo is the largest.
const JSON_BYTES_MAX: usize = 512 * 1024;

/// What a check gives, or why the row is refused.
pub(super) type Checked<T> = std::result::Result<T, String>;

/// A row, by its columns.
pub(super) struct Row(pub(super) Map<String, Value>);

impl Row {
    /// Goes on only with values that a column takes: no NUL, no text or object without bounds.
    pub(super) fn plain(&self) -> Checked<()> {
        for (column, value) in &self.0 {
            let is_large = matches!(column.as_str(), "photo" | "setting_value" | "diff" | "metadata" | "search");
            let fits = match value {
                Value::String(text) if !is_large => text.chars().count() <= TEXT_MAX,
                Value::Array(_) | Value::Object(_) => value.to_string().len() <= JSON_BYTES_MAX,
                _ => true,
            };
            if !fits {
                return Err(format!("{} is too long", cut(column)));
            }
            if has_nul(value) {
                return Err(format!("{} holds a NUL", cut(column)));
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, column: &str) -> Checked<&str> {
        self.0.get(column).and_then(Value::as_str).ok_or_else(|| format!("{column} is no text"))
    }

    pub(super) fn text_or_null(&self, column: &str) -> Checked<()> {
        match self.0.get(column) {
            None | Some(Value::Null | Value::String(_)) => Ok(()),
            Some(_) => Err(format!("{column} is no text")),
        }
    }

    pub(super) fn id(&self, column: &str) -> Checked<()> {
        let id = self.0.get(column).and_then(Value::as_i64);
        if id.is_some_and(|id| (1..=ID_MAX).contains(&id)) { Ok(()) } else { Err(format!("{column} is no id")) }
    }

    pub(super) fn id_or_null(&self, column: &str) -> Checked<()> {
        if matches!(self.0.get(column), None | Some(Value::Null)) { Ok(()) } else { self.id(column) }
    }

    pub(super) fn object(&self, column: &str) -> Checked<()> {
        if self.0.get(column).is_some_and(Value::is_object) { Ok(()) } else { Err(format!("{column} is no object")) }
    }

    /// A name; users of before there were forms may have none.
    pub(super) fn name(&self, column: &str) -> Checked<String> {
        match self.text(column)? {
            "" => Ok(String::new()),
            text => PersonName::parse(text).map(|name| name.as_str().to_owned()).map_err(|error| format!("{column}: {error}")),
        }
    }

    pub(super) fn put(&mut self, column: &str, value: Value) {
        self.0.insert(column.to_owned(), value);
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
