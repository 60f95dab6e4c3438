//! Users from a file: what its columns may fill, and what is done with its lines.

use crate::{text::fold, user_field::UserField};
use serde::{Deserialize, Serialize};

/// The fields that a column may fill: as stored, and as a person reads them.
pub const COLUMNS: &[(&str, &str)] =
    &[("email", "E-mail"), ("first_name", "First name"), ("last_name", "Last name"), ("username", "Username"), ("user_type", "Role")];

/// Other words for these fields, as files write them.
const WORDS: &[(&str, &[&str])] = &[
    ("email", &["email", "emailaddress", "mail", "mailaddress", "login"]),
    ("first_name", &["firstname", "givenname", "forename", "first", "vorname", "prenom", "prénom"]),
    ("last_name", &["lastname", "surname", "familyname", "last", "nachname", "name", "nom"]),
    ("username", &["username", "user", "loginname", "account"]),
    ("user_type", &["usertype", "role", "rolle", "type"]),
];

/// The column that most likely fills a field, by its name in the first line.
#[must_use]
pub fn column_guess(field: &str, headers: &[String]) -> Option<usize> {
    let words = WORDS.iter().find(|(known, _)| *known == field)?.1;
    let plain: Vec<String> = headers.iter().map(|header| plain(header)).collect();
    words.iter().find_map(|word| plain.iter().position(|header| header == word))
}

/// The column that most likely fills a custom field, none of those that are taken: by its name in an export, its label or its key.
#[must_use]
pub fn field_column_guess(field: &UserField, headers: &[String], taken: &[usize]) -> Option<usize> {
    let free = || headers.iter().enumerate().filter(|(column, _)| !taken.contains(column));
    let exact = free().find(|(_, header)| **header == field.column());
    let names = [&field.label, &field.key].map(|name| plain(name));
    let alike = |name: &String| free().find(|(_, header)| !name.is_empty() && plain(header) == *name);
    exact.or_else(|| names.iter().find_map(alike)).map(|(column, _)| column)
}

/// Folds a name and keeps its letters and digits.
fn plain(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What is done with the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Who is not there is made; who is there is left out.
    Create,
    /// Who is there is changed; who is not is left out.
    Update,
    /// Either.
    Both,
}

impl ImportMode {
    /// Every mode: as written, and as a person reads it.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Create, "create", "Create new users; skip existing ones"),
        (Self::Update, "update", "Update existing users; create none"),
        (Self::Both, "both", "Create new users and update existing ones"),
    ];

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(mode, ..)| mode)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(mode, ..)| *mode == self).map_or("", |(_, name, _)| name)
    }
}

/// What a user is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKey {
    /// The e-mail address.
    Email,
    /// The user name.
    Username,
}

impl ImportKey {
    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Username].into_iter().find(|key| key.as_str() == text)
    }

    /// As it is written: the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_guessed_by_their_names() {
        let headers: Vec<String> = ["Vorname", "Nachname", "E-Mail", "Role", "Phone"].map(str::to_owned).to_vec();
        let guess = |field: &str| column_guess(field, &headers);
        assert_eq!((guess("email"), guess("first_name"), guess("last_name")), (Some(2), Some(0), Some(1)));
        assert_eq!((guess("user_type"), guess("username")), (Some(3), None));
    }
}
