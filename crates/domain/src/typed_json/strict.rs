//! JSON as typed by a person: nothing of it may change or vanish without a word.

use bigdecimal::BigDecimal;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::{fmt, str::FromStr};

/// The most characters of a key or number that a message repeats.
const SHOWN: usize = 60;
/// The greatest power of ten of a 64-bit floating-point number, and somewhat more (IEEE 754).
const EXPONENT_MAX: u32 = 400;

/// Reads JSON in which no key stands twice in an object, and no number has more digits than are kept (RFC 8259, 4 and 6).
///
/// # Errors
/// A sentence that names the key or the number.
pub(super) fn strict(text: &str) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    let value = read.map_err(|error| format!("This is not JSON: {error}"))?;
    match numbers(text).find(|number| !is_kept(number)) {
        Some(number) => Err(format!("The number {} has too many digits to be stored exactly. Put it in quotation marks", cut(number))),
        None => Ok(value),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The numbers in a text that was read as JSON before.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    // Every other part lies between quotes, once escaped ones are looked past.
    let mut is_string = false;
    let mut is_escaped = false;
    let is_number = move |c: char| {
        if is_string {
            let closes = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_string = !closes;
            return false;
        }
        is_string = c == '"';
        matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')
    };
    let mut is_number = is_number;
    text.split(move |c| !is_number(c)).filter(|part| part.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a number is the same once it went through the type that holds it.
fn is_kept(number: &str) -> bool {
    // Beyond the range of the type; compared as decimals such numbers would fill the memory.
    let exponent = number.split_once(['e', 'E']).map_or(Ok(0), |(_, exponent)| exponent.parse::<i32>());
    if !exponent.is_ok_and(|exponent| exponent.unsigned_abs() <= EXPONENT_MAX) {
        return false;
    }
    let kept = serde_json::from_str::<Number>(number).ok().and_then(|number| BigDecimal::from_str(&number.to_string()).ok());
    kept.is_some() && kept == BigDecimal::from_str(number).ok()
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key “{}” stands in an object twice", cut(&key))));
            }
            let value = entries.next_value_seed(Strict)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_typed() {
        for good in [
            r#"{"n": 12345678901234567890, "m": -1.5e3, "p": 0.1, "z": [0, -0.0, 1E2]}"#,
            r#""12345678901234567890123""#,
            r#"{"12345678901234567890123": "\\\"1.23456789012345678901234567890"}"#,
            "[true, false, null]",
        ] {
            let plain: Value = serde_json::from_str(good).unwrap();
            assert_eq!(strict(good).unwrap(), plain, "{good}");
        }
        for (bad, named) in [
            (r#"{"n": 12345678901234567890123}"#, "12345678901234567890123"),
            ("[0.1, 3.14159265358979323846]", "3.14159265358979323846"),
            ("[1, -98765432109876543210]", "-98765432109876543210"),
            (r#"{"a": 1, "b": {"x": 1, "x": 1}}"#, "“x”"),
            (r#"{"a": 1, "\u0061": 2}"#, "“a”"),
            ("1e400", "number"),
            ("[1e-999999999]", "1e-999999999"),
            ("{", "JSON"),
            ("1 2", "JSON"),
        ] {
            assert!(strict(bad).unwrap_err().contains(named), "{bad}: {:?}", strict(bad));
        }
    }
}
