//! The page of the custom fields of users.

use crate::user_field::UserField;
use serde::{Deserialize, Serialize};

/// A custom field of users, as its settings show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFieldRow {
    /// The field.
    pub field: UserField,
    /// When it was last changed, in microseconds since 1970: the version an edit is based on.
    pub version: i64,
}

/// The page `/settings/fields`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFieldsPage {
    /// The fields in their order.
    pub rows: Vec<UserFieldRow>,
}
