//! Stored values in the forms in which they are compared, searched, added up and ordered.

use super::{DIGITS_MAX, TEXT_MAX};
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    Email,
    list::day_parse,
    record::{Field, FieldKind},
    text::fold,
};
use serde_json::Value;
use std::str::FromStr;

/// The entries of a stored list.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str)
}

/// A stored value in the forms in which values are compared.
pub(crate) fn value_keys(field: &Field, value: &Value) -> Vec<String> {
    let short = |text: String| text.chars().take(TEXT_MAX).collect();
    match field.kind {
        FieldKind::Email => {
            entries(value).map(|text| Email::parse(text).map_or_else(|_| fold(text), |email| email.key())).map(short).collect()
        }
        FieldKind::Phone => entries(value).map(|text| short(text.to_owned())).collect(),
        FieldKind::Url => entries(value).map(|text| short(web_key(text))).collect(),
        FieldKind::Money => vec![format!("{} {}", part(value, "a"), part(value, "c"))],
        _ => match value {
            Value::String(text) => vec![short(fold(text))],
            Value::Null => Vec::new(),
            other => vec![short(other.to_string())],
        },
    }
}

/// A web address without what makes no difference to people: the scheme, `www.` and a slash at the end.
fn web_key(text: &str) -> String {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    fold(text.strip_prefix("www.").unwrap_or(text).trim_end_matches('/'))
}

pub(crate) fn part<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A stored value as the search box looks for it.
pub(crate) fn value_searched(field: &Field, value: &Value) -> String {
    match field.kind {
        FieldKind::Email | FieldKind::Phone | FieldKind::Url => entries(value).collect::<Vec<_>>().join(" "),
        FieldKind::Select => value.as_str().and_then(|key| field.option(key)).map(|option| option.label.clone()).unwrap_or_default(),
        FieldKind::MultiSelect => {
            entries(value).filter_map(|key| field.option(key)).map(|option| option.label.as_str()).collect::<Vec<_>>().join(" ")
        }
        FieldKind::Money => part(value, "a").to_owned(),
        FieldKind::Checkbox => String::new(),
        _ => value.as_str().unwrap_or_default().to_owned(),
    }
}

/// A stored amount in the company's currency.
pub(crate) fn value_amount(value: &Value) -> Option<BigDecimal> {
    // What comes in an archive need not be what a form would store: no exponent makes a number of a million digits.
    let is_plain = |text: &&str| text.len() <= 2 * DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let number = |name| Some(part(value, name)).filter(is_plain).and_then(|text| BigDecimal::from_str(text).ok());
    Some(number("a")? * number("r").unwrap_or_else(|| BigDecimal::from(1)))
}

/// The beginning of a stored day.
pub(crate) fn value_day(value: &Value) -> Option<DateTime<Utc>> {
    Some(day_parse(value.as_str()?)?.and_time(NaiveTime::MIN).and_utc())
}
