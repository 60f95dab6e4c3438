//! What a line of a file says of custom fields.

use crate::users::fields::{metadata_with, unique_of};
use db::tenant::user_fields::ValueKey;
use domain::{
    AppError,
    user_field::{FieldValueError, FieldValues, UserField, values_put},
};
use kernel::Error;
use serde_json::{Map, Value};

fn unique_key((key, value): &ValueKey) -> String {
    format!("field {key} {value}")
}

/// Values of custom fields that a line sets.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    /// The values, by the keys of their fields.
    pub values: FieldValues,
    /// Those of unique fields, as they are compared.
    pub unique: Vec<ValueKey>,
}

impl Custom {
    /// Reads the cells of the fields; an empty cell leaves its field as it is.
    pub fn of<'a>(fields: &[UserField], cell: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let mut values = FieldValues::new();
        for field in fields {
            let Some(text) = cell(&field.column()) else { continue };
            let value = field.value_parse(text).map_err(|error| format!("{}: {error}", field.label))?;
            values.push((field.key.clone(), value));
        }
        let unique = unique_of(fields, &values).into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Ok(Self { values, unique })
    }

    /// Goes on only when no required field is missing.
    pub fn complete(&self, fields: &[UserField]) -> Result<(), String> {
        let has = |field: &UserField| self.values.iter().any(|(key, value)| *key == field.key && value.is_some());
        match fields.iter().find(|field| field.is_required && !has(field)) {
            Some(field) => Err(format!("{}: {}", field.label, FieldValueError::Empty)),
            None => Ok(()),
        }
    }

    /// Goes on only when the values have room beside what is kept of the user.
    pub fn fits(&self, fields: &[UserField], metadata: &Value) -> Result<(), String> {
        metadata_with(metadata, (None, None), fields, &self.values).map(drop).map_err(|error| match error {
            Error::App(AppError::Validation(errors)) => errors.sentences(),
            other => other.to_string(),
        })
    }

    /// The metadata of a new user.
    pub fn metadata(&self) -> Value {
        let mut object = Map::new();
        values_put(&mut object, &self.values);
        Value::Object(object)
    }

    /// The values of unique fields as lines of a file are compared by them; they hold a space, which addresses and user names do not.
    pub fn unique_keys(&self) -> impl Iterator<Item = String> {
        self.unique.iter().map(unique_key)
    }

    /// The same of what a user had before in the unique fields that change.
    pub fn unique_keys_before(&self, fields: &[UserField], metadata: &Value) -> impl Iterator<Item = String> {
        let before = self.values.iter().filter(|(key, value)| metadata.get(key) != value.as_ref());
        let before: FieldValues = before.map(|(key, _)| (key.clone(), metadata.get(key).cloned())).collect();
        unique_of(fields, &before).into_iter().filter_map(|(key, value)| Some(unique_key(&(key, value?))))
    }
}
