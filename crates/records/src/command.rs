//! What is typed into the form of a record, and what it changes.

use crate::{shown::typed, value::Reader};
use domain::{
    Code, FieldErrors,
    record::{Field, FieldKind, FieldOption, Lens},
};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::HashMap};

/// What is typed into the form of a record.
#[derive(Clone, Debug, Default)]
pub struct RecordForm {
    /// The version that the form was filled from; none for a new record.
    pub version: i32,
    /// What stood in the fields then, by their keys, with `owner` and `stage`.
    pub seen: HashMap<String, String>,
    /// What was typed, by the key of the field.
    pub fields: HashMap<String, String>,
    /// What the form shows as boxes: the keys of their fields, since without a tick it sends nothing else of them, and those of ticked
    /// options as `field.option`.
    pub boxes: HashMap<String, String>,
    /// Who the record belongs to: an id or an e-mail address; none where the form does not ask.
    pub owner: Option<String>,
    /// The key of the stage; none where the form does not ask.
    pub stage: Option<String>,
    /// Whether a new record is made although another one may be the same.
    pub allows_duplicates: bool,
    /// The records that a new record was opened to be linked to, by the keys of fields.
    pub links: HashMap<String, String>,
}

/// A field that a user changed.
#[derive(Clone, Debug)]
pub(crate) struct Changed<'a> {
    /// The field.
    pub field: &'a Field,
    /// What it holds from then on; none for an empty one.
    pub value: Option<Value>,
    /// What the user saw in it before.
    pub seen: Option<&'a str>,
}

impl RecordForm {
    /// The text typed into a field, empty for an unticked checkbox; `None` for a field that the form does not have.
    pub(crate) fn typed(&self, field: &Field) -> Option<Cow<'_, str>> {
        if let Some(typed) = self.fields.get(&field.key) {
            return Some(Cow::Borrowed(typed));
        }
        let ticked = |option: &&FieldOption| self.boxes.contains_key(&format!("{}.{}", field.key, option.key));
        let ticked = || field.options.iter().filter(ticked).map(|option| option.key.as_str()).collect::<Vec<_>>().join(", ");
        self.boxes.contains_key(&field.key).then(|| Cow::Owned(ticked()))
    }

    /// The values of a new record but for its links, under the slots of their fields. Fields that the form does not have hold their defaults,
    /// even those that the user does not see.
    pub(crate) fn create(&self, lens: &Lens, reader: &Reader, errors: &mut FieldErrors) -> Map<String, Value> {
        let mut data = Map::new();
        for field in lens.pipeline().fields.iter().filter(|field| field.relation.is_none()) {
            let is_writable = lens.writable().any(|known| known.id == field.id);
            let typed = if is_writable { self.typed(field) } else { None };
            let value = match (typed, field.initial()) {
                (None, Some(default)) => Some(default.clone()),
                (None, None) if !is_writable => None,
                (typed, _) => errors.check(&field.input(), reader.parse(field, &typed.unwrap_or_default())).flatten(),
            };
            data.extend(value.map(|value| (field.slot.clone(), value)));
        }
        data
    }

    /// The fields that the user changed, but for relations: what was typed differs from what the user saw, and from what is stored.
    pub(crate) fn update<'a>(&'a self, lens: &'a Lens, reader: &Reader, stored: &Value, errors: &mut FieldErrors) -> Vec<Changed<'a>> {
        let mut all = Vec::new();
        for field in lens.writable().filter(|field| field.relation.is_none()) {
            let Some(text) = self.typed(field) else { continue };
            let seen = self.seen.get(&field.key).map(String::as_str);
            if seen.is_some_and(|seen| typed_alike(seen, &text)) {
                // What nobody touched stays, even where it would be refused today; what is required and empty does not.
                if field.is_required && text.trim().is_empty() {
                    errors.push(Code::FieldRequired, &field.input(), "This field is required");
                }
                continue;
            }
            let before = stored.get(&field.slot);
            match errors.check(&field.input(), reader.parse(field, &text)) {
                Some(value) if value.as_ref() != before => all.push(Changed { field, value, seen }),
                _ => {}
            }
        }
        all
    }
}

/// Whether two texts of a form are the same to its user: browsers submit line breaks as CR LF (HTML, form submission).
#[must_use]
pub fn typed_alike(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim() == other.replace("\r\n", "\n").trim()
}

/// What another user wrote into a field since the form was filled, if that is another value than the user saw: theirs now, as a form
/// holds it.
pub(crate) fn theirs(reader: &Reader, change: &Changed<'_>, stored: &Value) -> Option<String> {
    let now = typed(reader, change.field, stored.get(&change.field.slot));
    // Without it nobody can tell what the user saw.
    let is_other = change.seen.is_none_or(|seen| !typed_alike(seen, &now));
    is_other.then_some(now)
}

/// What a form holds, as its user reads it.
pub(crate) fn labelled(field: &Field, typed: &str) -> String {
    let label = |key: &str| field.option(key).map_or(key, |option| option.label.as_str()).to_owned();
    match field.kind {
        FieldKind::Checkbox => if typed == "true" { "yes" } else { "no" }.to_owned(),
        FieldKind::Select => label(typed),
        FieldKind::MultiSelect => typed.split(", ").map(label).collect::<Vec<_>>().join(", "),
        _ => typed.to_owned(),
    }
}

/// The sentence beside a field that two users changed.
pub(crate) fn conflict(now: &str, seen: &str) -> String {
    let quoted = |text: &str| if text.is_empty() { "empty".to_owned() } else { format!("“{}”", domain::text::cut(text, 200)) };
    format!("Now {}, before that {}", quoted(now), quoted(seen))
}
