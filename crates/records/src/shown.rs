//! Stored values as pages and forms show them.

use crate::relation::{link_of, link_title};
use crate::value::{RATING_MAX, Reader, entries, minutes_typed, moment_typed, part};
use chrono::DateTime;
use domain::{
    list::day_parse,
    record::{Field, FieldKind, Shown, ShownLink, ShownOption},
};
use serde_json::Value;

/// A value as a page shows it; `None` for an empty one.
pub(crate) fn shown(reader: &Reader, field: &Field, value: &Value) -> Option<Shown> {
    let format = reader.format;
    let text = value.as_str();
    Some(match field.kind {
        FieldKind::LongText => Shown::Lines(text?.to_owned()),
        FieldKind::Number => Shown::Number(format.decimal(text?)),
        FieldKind::Percent => Shown::Number(format!("{}\u{a0}%", format.decimal(text?))),
        FieldKind::Rating => Shown::Rating(text?.parse().ok().filter(|stars| *stars <= RATING_MAX)?, RATING_MAX),
        FieldKind::Duration => Shown::Number(duration(text?)),
        FieldKind::Money => Shown::Number(format!("{}\u{a0}{}", format.decimal(part(value, "a")), part(value, "c"))),
        FieldKind::Date => Shown::Text(day_parse(text?).map_or_else(|| text.unwrap_or_default().to_owned(), |day| format.date(day))),
        FieldKind::DateTime => {
            let at = DateTime::parse_from_rfc3339(text?).map(|at| format.moment(at.to_utc()));
            Shown::Text(at.unwrap_or_else(|_| text.unwrap_or_default().to_owned()))
        }
        FieldKind::Checkbox => Shown::Text(value.as_bool()?.then(|| "Yes".to_owned())?),
        FieldKind::Select => Shown::Options(vec![option(field, text?)]),
        FieldKind::MultiSelect => Shown::Options(entries(value).map(|key| option(field, key)).collect()),
        FieldKind::Email => links(value, |text| (format!("mailto:{text}"), text.to_owned())),
        FieldKind::Phone => links(value, |text| (format!("tel:{text}"), phone_shown(text))),
        // Nothing that a browser would run instead of opening it.
        FieldKind::Url => links(value, |text| {
            (
                if text.starts_with("http") { text.to_owned() } else { String::new() },
                text.split_once("://").map_or(text, |(_, rest)| rest).to_owned(),
            )
        }),
        FieldKind::Text => Shown::Text(text?.to_owned()),
        FieldKind::Relation => {
            let (end, (id, title)) = field.relation.as_ref().zip(link_of(value))?;
            let href = format!("{}/{id}", end.head.path());
            Shown::Links(vec![ShownLink { href, text: link_title(end, id, title) }])
        }
    })
}

/// A stored value as text, whatever the type of its field was when it was stored; `None` for an empty one.
pub(crate) fn former(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Array(_) => entries(value).collect::<Vec<_>>().join(", "),
        Value::Object(_) => [part(value, "a"), part(value, "c")].join(" ").trim().to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn option(field: &Field, key: &str) -> ShownOption {
    let option = field.option(key);
    let label = option.map_or_else(|| key.to_owned(), |option| option.label.clone());
    ShownOption { label, color: option.map(|option| option.color.clone()).unwrap_or_default() }
}

/// A stored length of time in hours and minutes.
fn duration(stored: &str) -> String {
    let Ok(all) = stored.parse::<u64>() else { return stored.to_owned() };
    match (all / 60, all % 60) {
        (0, minutes) => format!("{minutes}\u{a0}min"),
        (hours, 0) => format!("{hours}\u{a0}h"),
        (hours, minutes) => format!("{hours}\u{a0}h {minutes}\u{a0}min"),
    }
}

fn links(value: &Value, link: impl Fn(&str) -> (String, String)) -> Shown {
    Shown::Links(entries(value).map(link).map(|(href, text)| ShownLink { href, text }).collect())
}

fn phone_shown(text: &str) -> String {
    let number = phonenumber::parse(None, text).ok();
    number.map_or_else(|| text.to_owned(), |number| number.format().mode(phonenumber::Mode::International).to_string())
}

/// A value as a form holds it; it reads back as the same value.
pub(crate) fn typed(reader: &Reader, field: &Field, value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    match field.kind {
        FieldKind::Number | FieldKind::Percent => value.as_str().map(|number| reader.format.decimal_typed(number)).unwrap_or_default(),
        FieldKind::Money => {
            let (amount, currency) = (reader.format.decimal_typed(part(value, "a")), part(value, "c"));
            if currency == reader.currency() { amount } else { format!("{amount} {currency}") }
        }
        FieldKind::Checkbox => if value.as_bool() == Some(true) { "true" } else { "" }.to_owned(),
        FieldKind::Duration => minutes_typed(value.as_str().unwrap_or_default()),
        FieldKind::DateTime => moment_typed(reader, value.as_str().unwrap_or_default()),
        FieldKind::Email | FieldKind::Url | FieldKind::MultiSelect => entries(value).collect::<Vec<_>>().join(", "),
        FieldKind::Phone => entries(value).map(phone_shown).collect::<Vec<_>>().join(", "),
        FieldKind::Relation => {
            let linked = field.relation.as_ref().zip(link_of(value));
            linked.map(|(end, (id, title))| link_title(end, id, title)).unwrap_or_default()
        }
        FieldKind::Text | FieldKind::LongText | FieldKind::Rating | FieldKind::Date | FieldKind::Select => {
            value.as_str().unwrap_or_default().to_owned()
        }
    }
}
