//! JSON objects of which some keys are known: each has a type, a sentence and a default, and everything else is kept
//! as it is. Features, billing and a company's settings are edited through lists of these.

mod strict;

use crate::{Email, FieldErrors, HostName, Money, text::line};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use strict::strict;

/// The most bytes such an object may have as text.
pub const BYTES_MAX: usize = 16 * 1024;
/// How deep it may be nested.
pub const DEPTH_MAX: usize = 8;
/// The most characters of a key.
const KEY_MAX: usize = 100;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no; the value says which it is unless set.
    Flag(bool),
    /// One of a list, as stored and as a person reads it.
    Choice(&'static [(&'static str, &'static str)]),
    /// A line of at most so many characters.
    Text(usize),
    /// An e-mail address.
    Email,
    /// An amount of at most 8 digits before and 2 after the point, kept as text so that no cent is lost.
    Money,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A whole number.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
        /// What it counts, as its field shows it.
        unit: &'static str,
    },
    /// A colour, `#rrggbb`.
    Color,
    /// A time zone by its IANA name.
    TimeZone,
    /// Domains of e-mail addresses, typed with commas or spaces between them.
    MailDomains,
    /// Keys of roles.
    Roles,
    /// A picture, which is uploaded rather than typed.
    Picture,
}

/// The most domains or roles of a list.
const ITEMS_MAX: usize = 50;

/// A key that is known.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The key.
    pub key: &'static str,
    /// As a person reads it.
    pub label: &'static str,
    /// What it does.
    pub sentence: &'static str,
    /// What it holds.
    pub kind: Kind,
}

impl Known {
    /// The stored value as a form shows it; empty when it is not set.
    #[must_use]
    pub fn shown(&self, object: &Value) -> String {
        object.get(self.key).map(Self::text_of).unwrap_or_default()
    }

    /// A value as a form shows it.
    #[must_use]
    pub fn text_of(value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        }
    }

    /// Whether this may stand under the key.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        // A line that was stored before lines had one form counts as it is.
        if let (Kind::Text(most), Value::String(text)) = (self.kind, value) {
            return text.chars().count() <= most && !text.chars().any(char::is_control);
        }
        self.read(&Self::text_of(value)).is_ok_and(|read| read == *value)
    }

    /// Whether the flag is on, by its value or its default.
    #[must_use]
    pub fn is_on(&self, object: &Value) -> bool {
        match (self.kind, object.get(self.key)) {
            (_, Some(Value::Bool(on))) => *on,
            (Kind::Flag(default), _) => default,
            _ => false,
        }
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn read(&self, typed: &str) -> Result<Value, String> {
        let text = Value::String(typed.to_owned());
        match self.kind {
            Kind::Flag(_) => match typed {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err("Choose on or off".to_owned()),
            },
            Kind::Choice(choices) if choices.iter().any(|(value, _)| *value == typed) => Ok(text),
            Kind::Choice(_) => Err("Choose an option from the list".to_owned()),
            Kind::Text(most) => {
                let line = line(typed).map_err(|error| error.to_string())?;
                if line.chars().count() > most { Err(format!("Use at most {most} characters")) } else { Ok(Value::String(line)) }
            }
            Kind::Email => Email::parse(typed).map(|email| Value::String(email.as_str().to_owned())).map_err(|error| error.to_string()),
            Kind::Money => money_parse(typed).map(Value::String),
            Kind::Date => typed.parse::<NaiveDate>().map(|_| text).map_err(|_| "Enter a day, such as 2026-12-31".to_owned()),
            Kind::Number { least, most, .. } => match typed.parse::<i64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(Value::from(number)),
                _ => Err(format!("Enter a whole number from {least} to {most}")),
            },
            Kind::Color => {
                let hex = typed.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()));
                hex.map(|_| Value::String(typed.to_ascii_lowercase())).ok_or_else(|| "Enter a colour, such as #1d4ed8".to_owned())
            }
            Kind::TimeZone => {
                typed.parse::<chrono_tz::Tz>().map(|_| text).map_err(|_| "Enter a time zone, such as Europe/Berlin".to_owned())
            }
            Kind::MailDomains => list_parse(typed, |item| {
                let host = item.trim_start_matches('@');
                HostName::parse(host).ok().filter(|host| !host.is_ip() && host.as_str().contains('.')).map(|host| host.as_str().to_owned())
            })
            .map_err(|item| format!("“{item}” is no mail domain; enter some such as acme.example, acme.org")),
            Kind::Roles => list_parse(typed, |item| {
                let plain = item.len() <= KEY_MAX && item.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                plain.then(|| item.to_owned())
            })
            .map_err(|item| format!("“{item}” is no role")),
            Kind::Picture => Err("Choose a file".to_owned()),
        }
    }
}

/// The items of a list, each once.
fn list_parse(typed: &str, item: impl Fn(&str) -> Option<String>) -> Result<Value, String> {
    let mut items: Vec<String> = Vec::new();
    for text in typed.split(|c: char| c == ',' || c.is_whitespace()).filter(|text| !text.is_empty()) {
        let read = item(text).ok_or_else(|| text.chars().take(KEY_MAX).collect::<String>())?;
        if !items.contains(&read) {
            items.push(read);
        }
    }
    if items.len() > ITEMS_MAX { Err(format!("more than {ITEMS_MAX}")) } else { Ok(Value::from(items)) }
}

/// An amount with two digits after the point.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn money_parse(typed: &str) -> Result<String, String> {
    Money::parse(typed, 2).map(Money::typed).map_err(|error| error.to_string())
}

/// Puts what was typed for the known keys into the object; an empty value takes the key out, and keys that are not
/// known stay as they are. Errors stand under `fields[key]`, the name of the field in a form.
///
/// # Errors
/// A message for each value that cannot be read.
pub fn apply<'a>(known: &[Known], object: &Value, typed: impl Fn(&str) -> Option<&'a str>) -> Result<Value, FieldErrors> {
    let mut map = object.as_object().cloned().unwrap_or_default();
    let mut errors = FieldErrors::default();
    for field in known {
        match typed(field.key).map(str::trim) {
            None => {}
            Some("") => {
                map.remove(field.key);
            }
            Some(text) => {
                if let Some(value) = errors.check(&format!("fields[{}]", field.key), field.read(text)) {
                    map.insert(field.key.to_owned(), value);
                }
            }
        }
    }
    if errors.0.is_empty() { Ok(Value::Object(map)) } else { Err(errors) }
}

/// Reads a whole object as typed, known keys checked by their types.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn parse(known: &[Known], text: &str) -> Result<Value, String> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return Err(format!("At most {} KB", BYTES_MAX / 1024));
    }
    let value = strict(if text.is_empty() { "{}" } else { text })?;
    let Value::Object(map) = &value else { return Err("This must be an object, such as {\"key\": true}".to_owned()) };
    if depth(&value) > DEPTH_MAX {
        return Err(format!("Nested deeper than {DEPTH_MAX} levels"));
    }
    no_nul(&value)?;
    check_known(known, map)?;
    Ok(value)
}

/// Reads any JSON value of at most so many bytes.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn value_parse(text: &str, bytes_max: usize) -> Result<Value, String> {
    let text = text.trim();
    if text.len() > bytes_max {
        return Err(format!("At most {} KB", bytes_max / 1024));
    }
    let value = strict(text).map_err(|error| format!("{error}. A text stands in quotes."))?;
    if depth(&value) > DEPTH_MAX {
        return Err(format!("Nested deeper than {DEPTH_MAX} levels"));
    }
    no_nul(&value)?;
    Ok(value)
}

fn check_known(known: &[Known], map: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in map {
        if key.is_empty() || key.chars().count() > KEY_MAX {
            return Err(format!("A key has 1 to {KEY_MAX} characters"));
        }
        let Some(field) = known.iter().find(|field| field.key == key) else { continue };
        let fits = match (field.kind, value) {
            (Kind::Flag(_), Value::Bool(_)) => Ok(()),
            (Kind::Flag(_), _) => Err("must be true or false".to_owned()),
            (_, Value::String(text)) => field.read(text).map(|_| ()),
            _ => Err("must be a text in quotes".to_owned()),
        };
        fits.map_err(|error| format!("{key}: {error}"))?;
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// PostgreSQL's jsonb takes no NUL.
fn no_nul(value: &Value) -> Result<(), String> {
    let bad = match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(|value| no_nul(value).is_err()),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || no_nul(value).is_err()),
        _ => false,
    };
    if bad { Err("NUL characters are not allowed".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KNOWN: &[Known] = &[
        Known { key: "ai", label: "AI", sentence: "", kind: Kind::Flag(true) },
        Known { key: "plan", label: "Plan", sentence: "", kind: Kind::Choice(&[("free", "Free"), ("team", "Team")]) },
        Known { key: "mail", label: "Mail", sentence: "", kind: Kind::Email },
        Known { key: "price", label: "Price", sentence: "", kind: Kind::Money },
        Known { key: "until", label: "Until", sentence: "", kind: Kind::Date },
    ];

    fn typed<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
        |key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    #[test]
    fn known_keys_change_and_others_stay() {
        let before = json!({"ai": false, "mine": {"x": [1]}, "plan": "free"});
        let after = apply(KNOWN, &before, typed(&[("ai", "true"), ("plan", ""), ("price", "99.5"), ("until", "2026-12-31")]));
        assert_eq!(after.unwrap(), json!({"ai": true, "mine": {"x": [1]}, "price": "99.50", "until": "2026-12-31"}));
        let errors = apply(KNOWN, &before, typed(&[("mail", "x"), ("price", "1e3"), ("plan", "gold")])).unwrap_err();
        assert_eq!(errors.0.len(), 3);
        assert!(errors.get("fields[price]").is_some());
    }

    #[test]
    fn raw_objects_are_checked() {
        assert_eq!(parse(KNOWN, "").unwrap(), json!({}));
        assert!(parse(KNOWN, r#"{"ai": true, "free": [1, {"a": null}]}"#).is_ok());
        let deep = format!("{}1{}", r#"{"a":"#.repeat(20), "}".repeat(20));
        for bad in ["[]", "x", r#"{"ai": "yes"}"#, r#"{"price": 3}"#, r#"{"a": "\u0000"}"#, r#"{"": 1}"#, deep.as_str()] {
            assert!(parse(KNOWN, bad).is_err(), "{bad}");
        }
        assert!(parse(KNOWN, &format!(r#"{{"a": "{}"}}"#, "x".repeat(BYTES_MAX))).is_err());
        assert!(parse(KNOWN, &"[".repeat(10_000)).is_err());
        assert!(parse(KNOWN, r#"{"n": 12345678901234567890123}"#).unwrap_err().contains("12345678901234567890123"));
        assert!(value_parse(r#"{"a": 1, "a": 2}"#, 1000).unwrap_err().contains("“a”"));
    }

    #[test]
    fn flags_have_defaults() {
        let ai = &KNOWN[0];
        assert!(ai.is_on(&json!({})) && !ai.is_on(&json!({"ai": false})) && ai.is_on(&json!({"ai": "nonsense"})));
        assert_eq!((ai.shown(&json!({"ai": false})).as_str(), ai.shown(&json!({})).as_str()), ("false", ""));
    }

    #[test]
    fn amounts_keep_their_cents() {
        assert_eq!(money_parse("7").unwrap(), "7.00");
        assert_eq!(money_parse("0.05").unwrap(), "0.05");
        assert_eq!(money_parse("99999999.99").unwrap(), "99999999.99");
        for bad in ["", "-1", "1.234", "1,5", "123456789", ".5", "1."] {
            assert!(money_parse(bad).is_err(), "{bad}");
        }
    }
}
