//! Imports from a file: what its columns may fill, how it writes values, and what is done with its lines.

use crate::text::fold;
use chrono::NaiveDate;
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

/// The column that most likely fills a field, none of those that are taken: by `exact`, its name in an export, or by one of its other names.
#[must_use]
pub fn field_column_guess(exact: &str, names: &[&str], headers: &[String], taken: &[usize]) -> Option<usize> {
    let free = || headers.iter().enumerate().filter(|(column, _)| !taken.contains(column));
    let same = free().find(|(_, header)| **header == exact);
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let alike = |name: &String| free().find(|(_, header)| !name.is_empty() && plain(header) == *name);
    same.or_else(|| names.iter().find_map(alike)).map(|(column, _)| column)
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
    /// Every mode, as it is written.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Create, "create"), (Self::Update, "update"), (Self::Both, "both")];

    /// As a user reads it; `noun` is what the lines are, such as `users`.
    #[must_use]
    pub fn label(self, noun: &str) -> String {
        match self {
            Self::Create => format!("Create new {noun}; skip existing ones"),
            Self::Update => format!("Update existing {noun}; create none"),
            Self::Both => format!("Create new {noun} and update existing ones"),
        }
    }

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| *name == text).map(|(mode, _)| mode)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(mode, _)| *mode == self).map_or("", |(_, name)| name)
    }
}

/// How a file writes decimal numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,234.56`.
    #[default]
    Point,
    /// `1.234,56`.
    Comma,
}

impl DecimalMark {
    /// Every mark: as it is written, with an example and with a locale that uses it.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 2] =
        [(Self::Point, "point", "1,234.56", "en-GB"), (Self::Comma, "comma", "1.234,56", "de-DE")];

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, ..)| *name == text).map(|(mark, ..)| mark)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(mark, ..)| *mark == self).map_or("", |(_, name, ..)| name)
    }

    /// A locale that writes numbers in this way.
    #[must_use]
    pub fn locale(self) -> &'static str {
        Self::ALL.into_iter().find(|(mark, ..)| *mark == self).map_or("", |(.., locale)| locale)
    }
}

/// In which order a file writes the parts of a day. A year of four digits that comes first is understood in each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOrder {
    /// `2026-12-31`.
    #[default]
    YearFirst,
    /// `31.12.2026`, `31/12/2026`.
    DayFirst,
    /// `12/31/2026`.
    MonthFirst,
}

impl DayOrder {
    /// Every order: as it is written, and with an example.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::YearFirst, "year_first", "2026-12-31"),
        (Self::DayFirst, "day_first", "31.12.2026 or 31/12/2026"),
        (Self::MonthFirst, "month_first", "12/31/2026"),
    ];

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(order, ..)| order)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(order, ..)| *order == self).map_or("", |(_, name, _)| name)
    }

    /// A day in this order.
    #[must_use]
    pub fn example(self) -> &'static str {
        Self::ALL.into_iter().find(|(order, ..)| *order == self).map_or("", |(.., example)| example)
    }

    /// Reads a day as files write it: with points, slashes or hyphens between its parts, and a year of four digits.
    #[must_use]
    pub fn day_parse(self, text: &str) -> Option<NaiveDate> {
        let parts: Vec<&str> = text.trim().split(['.', '/', '-']).map(str::trim).collect();
        let [one, two, three] = parts.try_into().ok()?;
        let (year, month, day) = match self {
            _ if one.len() == 4 => (one, two, three),
            Self::DayFirst => (three, two, one),
            Self::MonthFirst => (three, one, two),
            Self::YearFirst => return None,
        };
        let is_number = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || !is_number(year, 4) || !is_number(month, 2) || !is_number(day, 2) {
            return None;
        }
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
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
    fn days_are_read_in_the_order_of_their_file() {
        let new_year = NaiveDate::from_ymd_opt(2026, 12, 31);
        for (order, text) in [
            (DayOrder::DayFirst, "31.12.2026"),
            (DayOrder::DayFirst, "31/12/2026"),
            (DayOrder::MonthFirst, "12/31/2026"),
            (DayOrder::MonthFirst, "12-31-2026"),
            (DayOrder::YearFirst, "2026-12-31"),
            (DayOrder::DayFirst, "2026/12/31"),
        ] {
            assert_eq!(order.day_parse(text), new_year, "{order:?} {text}");
        }
        let (first, may) = (NaiveDate::from_ymd_opt(2026, 5, 1), NaiveDate::from_ymd_opt(2026, 1, 5));
        assert_eq!((DayOrder::DayFirst.day_parse("1.5.2026"), DayOrder::MonthFirst.day_parse("1/5/2026")), (first, may));
        for (order, text) in [
            (DayOrder::MonthFirst, "31/12/2026"),
            (DayOrder::YearFirst, "31.12.2026"),
            (DayOrder::DayFirst, "31.12.26"),
            (DayOrder::DayFirst, "+1.12.2026"),
            (DayOrder::DayFirst, "31.12"),
            (DayOrder::DayFirst, ""),
        ] {
            assert_eq!(order.day_parse(text), None, "{order:?} {text}");
        }
    }

    #[test]
    fn columns_are_guessed_by_their_names() {
        let headers: Vec<String> = ["Vorname", "Nachname", "E-Mail", "Role", "Phone"].map(str::to_owned).to_vec();
        let guess = |field: &str| column_guess(field, &headers);
        assert_eq!((guess("email"), guess("first_name"), guess("last_name")), (Some(2), Some(0), Some(1)));
        assert_eq!((guess("user_type"), guess("username")), (Some(3), None));
    }
}
