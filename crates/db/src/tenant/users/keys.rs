//! The forms in which users are compared, searched and sorted. They stand beside what was typed, and are written with it.

use crate::schema_tenant::users;
use diesel::prelude::*;
use domain::{Email, PersonName, Username, text::fold};

/// The most characters of a name that is sorted by: an entry of an index holds 2,704 bytes, and folding may make a text longer.
const NAME_MAX: usize = 600;

/// The keys of an e-mail address and a user name.
#[derive(Clone, Debug, PartialEq, Eq, AsChangeset, Insertable)]
#[diesel(table_name = users)]
pub struct LoginKeys {
    /// What the address is unique by.
    pub email_key: String,
    /// The same with its domain in the letters of its own language, where those are others.
    pub email_unicode_key: String,
    /// What the user name is unique by.
    pub username_key: String,
}

impl LoginKeys {
    /// The keys of these.
    #[must_use]
    pub fn of(email: &Email, username: &Username) -> Self {
        let (email_key, unicode) = (email.key(), fold(&email.unicode()));
        let email_unicode_key = if email_key == unicode { String::new() } else { unicode };
        Self { email_key, email_unicode_key, username_key: username.key() }
    }
}

/// The key of a full name.
#[must_use]
pub fn name_key(first: &PersonName, last: &PersonName) -> String {
    fold(&format!("{} {}", first.as_str(), last.as_str())).chars().take(NAME_MAX).collect()
}
