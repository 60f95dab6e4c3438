//! JSON objects of which some keys are known: each has a type, a sentence and a default, and everything else is kept
//! as it is. Features, billing and a company's settings are edited through lists of these.

use crate::{Email, FieldErrors, Money};
use chrono::NaiveDate;
use serde_json::{Map, Value};

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
}

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
        match object.get(self.key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
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

    fn read(&self, typed: &str) -> Result<Value, String> {
        let text = Value::String(typed.to_owned());
        match self.kind {
            Kind::Flag(_) => match typed {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err("Choose on or off".to_owned()),
            },
            Kind::Choice(choices) if choices.iter().any(|(value, _)| *value == typed) => Ok(text),
            Kind::Choice(_) => Err("Choose one of the list".to_owned()),
            Kind::Text(most) if typed.chars().count() > most => Err(format!("At most {most} characters")),
            Kind::Text(_) if typed.chars().any(char::is_control) => Err("Control characters are not allowed".to_owned()),
            Kind::Text(_) => Ok(text),
            Kind::Email => Email::parse(typed).map(|email| Value::String(email.as_str().to_owned())).map_err(|error| error.to_string()),
            Kind::Money => money_parse(typed).map(Value::String),
            Kind::Date => typed.parse::<NaiveDate>().map(|_| text).map_err(|_| "Enter a day, such as 2026-12-31".to_owned()),
        }
    }
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
    let value: Value =
        serde_json::from_str(if text.is_empty() { "{}" } else { text }).map_err(|error| format!("This is not JSON: {error}"))?;
    let Value::Object(map) = &value else { return Err("This must be an object, such as {\"key\": true}".to_owned()) };
    if depth(&value) > DEPTH_MAX {
        return Err(format!("Nested deeper than {DEPTH_MAX} levels"));
    }
    no_nul(&value)?;
    check_known(known, map)?;
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
