//! Values of fields: how each is read from what a user types, and how forms hold it.

mod error;
mod stored;

pub use error::ValueError;
pub(crate) use stored::{entries, part, value_amount, value_day, value_keys, value_searched};

use bigdecimal::BigDecimal;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use domain::{
    Email,
    format::Format,
    import::{DayOrder, DecimalMark},
    list::day_parse,
    record::{Field, FieldKind, FieldOption},
    text::{LineError, cut, fold, is_blank, line, nfc},
};
use iso_currency::Currency;
use kernel::RequestCx;
use phonenumber::country;
use serde_json::{Value, json};
use std::str::FromStr;
use url::Url;

/// The most characters of a line of text.
const TEXT_MAX: usize = 255;
/// The most characters of a long text.
const LONG_TEXT_MAX: usize = 10_000;
/// The most digits of a number, before and behind the point.
const DIGITS_MAX: usize = 20;
/// The most addresses or numbers in one field.
const MANY_MAX: usize = 10;
/// The most characters of what was typed that an error repeats.
const QUOTED_MAX: usize = 60;
/// The best rating.
pub const RATING_MAX: u8 = 5;
/// The longest duration, in minutes: 100,000 hours.
const MINUTES_MAX: u64 = 6_000_000;
/// A moment as inputs of browsers write it (HTML, `datetime-local`).
const MOMENT: &str = "%Y-%m-%dT%H:%M";
/// The most characters of a web address.
const URL_MAX: usize = 2_000;

/// Reads and writes values as one user does: numbers by the user's locale, phone numbers by its country.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// How the user writes numbers and days.
    pub format: Format,
    /// The day on which the user looks; none where nothing is late.
    pub today: Option<NaiveDate>,
    /// In which order a file writes the parts of a day; none for what a form sends.
    pub days: Option<DayOrder>,
    region: Option<country::Id>,
    currency: Currency,
}

impl Reader {
    /// For a user with that format and locale, in a company with that currency (ISO 4217).
    #[must_use]
    pub fn new(format: Format, locale: &str, currency: &str) -> Self {
        let region = locale.split_once('-').and_then(|(_, region)| country::Id::from_str(region).ok());
        Self { format, today: None, days: None, region, currency: Currency::from_code(currency).unwrap_or(Currency::EUR) }
    }

    /// For what no user reads as their own: the platform's format, amounts in euros.
    #[must_use]
    pub fn plain() -> Self {
        Self::new(Format::default(), "", "EUR")
    }

    /// For the caller of a request.
    #[must_use]
    pub fn of(cx: &RequestCx) -> Self {
        let own = cx.caller().and_then(|caller| caller.look).map(|look| look.locale).filter(|locale| !locale.is_empty());
        let settings = &cx.settings;
        let reader = match own {
            Some(locale) => Self::new(settings.format.in_locale(&locale), &locale, &settings.currency),
            None => Self::new(settings.format, &settings.locale, &settings.currency),
        };
        Self { today: Some(cx.today()), ..reader }
    }

    /// For a file that its user brought in: numbers have that decimal mark, days that order.
    #[must_use]
    pub fn of_file(self, decimals: DecimalMark, days: DayOrder) -> Self {
        Self { format: self.format.in_locale(decimals.locale()), days: Some(days), ..self }
    }

    /// The code of the company's currency.
    #[must_use]
    pub fn currency(&self) -> &'static str {
        self.currency.code()
    }

    /// What values of a field count in: a currency, or the time zone of the user; nothing for others.
    pub(crate) fn unit(&self, field: &Field) -> String {
        match field.kind {
            FieldKind::Money => self.currency().to_owned(),
            FieldKind::DateTime => self.format.zone.name().to_owned(),
            _ => String::new(),
        }
    }

    /// A sum in the company's currency, as a page shows it.
    #[must_use]
    pub fn amount(&self, sum: &BigDecimal) -> String {
        format!("{}\u{a0}{}", self.format.decimal(&sum.normalized().to_plain_string()), self.currency())
    }

    /// Reads a value as it is stored; nothing for an empty one.
    ///
    /// # Errors
    /// [`ValueError`] says what is wrong with it.
    pub fn parse(&self, field: &Field, text: &str) -> Result<Option<Value>, ValueError> {
        let value = match field.kind {
            FieldKind::LongText => long_text(text)?.map(Value::String),
            kind => {
                // What stands in several lines of one field is a list of addresses.
                let many = matches!(kind, FieldKind::Email | FieldKind::Phone | FieldKind::Url);
                let text = if many { text.replace(['\n', '\r'], ",") } else { text.to_owned() };
                let text = line(&text).map_err(|LineError::Control| ValueError::Control)?;
                if is_blank(&text) { None } else { self.parse_line(field, &text)? }
            }
        };
        if value.is_none() && field.is_required { Err(ValueError::Empty) } else { Ok(value) }
    }

    fn parse_line(&self, field: &Field, text: &str) -> Result<Option<Value>, ValueError> {
        let value = match field.kind {
            FieldKind::Text | FieldKind::LongText if text.chars().count() > TEXT_MAX => return Err(ValueError::TooLong(TEXT_MAX)),
            FieldKind::Text | FieldKind::LongText => json!(text),
            // Links are no values: `relation` reads them.
            FieldKind::Relation => return Ok(None),
            FieldKind::Number => json!(self.number(text, field.settings.scale.into())?),
            FieldKind::Money => self.money(text)?,
            FieldKind::Percent => {
                let number = text.strip_suffix('%').unwrap_or(text).trim_end();
                json!(self.number(number, field.settings.scale.into())?)
            }
            FieldKind::Rating => {
                let stars = text.parse().ok().filter(|stars| (1..=RATING_MAX).contains(stars));
                json!(stars.ok_or(ValueError::Rating)?.to_string())
            }
            FieldKind::Duration => json!(minutes(text).ok_or(ValueError::Duration)?.to_string()),
            FieldKind::Date => json!(self.day(text).ok_or_else(|| self.day_error())?),
            FieldKind::DateTime => json!(moment_stored(self.moment(text).ok_or(ValueError::Moment)?)),
            FieldKind::Checkbox => return flag(text).map(|ticked| ticked.then_some(Value::Bool(true))),
            FieldKind::Select => json!(option(field, text).ok_or_else(|| no_option(text))?.key),
            FieldKind::MultiSelect => {
                let parts = || text.split([',', ';']).map(str::trim).filter(|one| !one.is_empty());
                // Boxes give keys. A label may hold a comma.
                let keys = parts().map(|key| field.option(key)).collect::<Option<Vec<_>>>();
                let one = || option(field, text).map(|option| vec![option]);
                let chosen =
                    keys.or_else(one).or_else(|| parts().map(|one| option(field, one)).collect()).ok_or_else(|| no_option(text))?;
                json!(field.options.iter().filter(|option| chosen.contains(option)).map(|option| &option.key).collect::<Vec<_>>())
            }
            FieldKind::Email => many(
                text,
                |c| c == ',' || c == ';' || c.is_whitespace(),
                |one| Email::parse(one).map(|email| email.as_str().to_owned()).map_err(|_| ValueError::Email(cut(one, QUOTED_MAX))),
            )?,
            FieldKind::Phone => {
                many(text, |c| c == ',' || c == ';', |one| self.phone(one).ok_or_else(|| ValueError::Phone(cut(one, QUOTED_MAX))))?
            }
            FieldKind::Url => {
                many(text, |c| c == ',' || c.is_whitespace(), |one| web(one).ok_or_else(|| ValueError::Url(cut(one, QUOTED_MAX))))?
            }
        };
        // A list of nothing but separators is empty.
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        Ok(Some(value).filter(|_| !is_empty))
    }

    fn day(&self, text: &str) -> Option<NaiveDate> {
        match self.days {
            Some(days) => days.day_parse(text).filter(|day| (1970..=9999).contains(&day.year())),
            None => day_parse(text),
        }
    }

    fn day_error(&self) -> ValueError {
        self.days.map_or(ValueError::Date, |days| ValueError::DateIn(days.example()))
    }

    /// A moment on the user's clock. One that occurs twice, when the clock is set back, is the earlier one.
    fn moment(&self, text: &str) -> Option<DateTime<Utc>> {
        let text = text.replacen(' ', "T", 1);
        let local = match self.days.zip(text.split_once('T')) {
            Some((days, (day, time))) => days.day_parse(day)?.and_time(time_parse(time)?),
            None => NaiveDateTime::parse_from_str(&text, MOMENT).ok()?,
        };
        let at = self.format.zone.from_local_datetime(&local).earliest()?.to_utc();
        (1..=9999).contains(&at.year()).then_some(at)
    }

    fn number(&self, text: &str, scale: usize) -> Result<String, ValueError> {
        let example = || ValueError::Number(self.format.decimal_typed(if scale == 0 { "1200" } else { "1200.5" }));
        let number = self.format.decimal_parse(text).ok_or_else(example)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > scale {
            return Err(if scale == 0 { ValueError::Whole } else { ValueError::Decimals(scale) });
        }
        if whole.trim_start_matches('-').len() + fraction.len() > DIGITS_MAX {
            return Err(ValueError::Digits);
        }
        Ok(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
    }

    /// An amount with as many decimals as its currency has, and the rate that turns it into the company's currency.
    fn money(&self, text: &str) -> Result<Value, ValueError> {
        let code = self.currency.code();
        let amount = text.strip_suffix(code).or_else(|| text.strip_prefix(code)).unwrap_or(text).trim();
        let is_code = |word: &str| Currency::from_code(&word.to_ascii_uppercase()).is_some();
        if amount.split_whitespace().any(is_code) {
            return Err(ValueError::Currency(code.to_owned()));
        }
        let scale = usize::from(self.currency.exponent().unwrap_or(0));
        let amount = self.number(amount, scale)?;
        let (whole, fraction) = amount.split_once('.').unwrap_or((&amount, ""));
        let amount = if scale == 0 { whole.to_owned() } else { format!("{whole}.{fraction:0<scale$}") };
        Ok(json!({ "a": amount, "c": code, "r": "1" }))
    }

    /// A phone number as E.164 writes it, with its extension as RFC 3966 does.
    fn phone(&self, text: &str) -> Option<String> {
        let number = phonenumber::parse(self.region, text).ok()?;
        let plain = number.format().mode(phonenumber::Mode::E164).to_string();
        // E.164, 6.2: at most 15 digits.
        if !(5..=16).contains(&plain.len()) {
            return None;
        }
        Some(match number.extension() {
            Some(extension) => format!("{plain};ext={extension}"),
            None => plain,
        })
    }
}

/// A time of day as files write it.
fn time_parse(text: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S"].iter().find_map(|pattern| NaiveTime::parse_from_str(text.trim(), pattern).ok())
}

fn no_option(text: &str) -> ValueError {
    ValueError::Option(cut(text, QUOTED_MAX))
}

/// The option of that key or label.
fn option<'a>(field: &'a Field, text: &str) -> Option<&'a FieldOption> {
    let folded = fold(text);
    field.options.iter().find(|option| option.key == text).or_else(|| field.options.iter().find(|option| fold(&option.label) == folded))
}

/// Whole minutes, typed as `1:30` or with units.
fn minutes(text: &str) -> Option<u64> {
    let all = match text.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 && [hours, minutes].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) => {
            let minutes = minutes.parse::<u64>().ok().filter(|minutes| *minutes < 60)?;
            hours.parse::<u32>().ok().map(|hours| u64::from(hours) * 60 + minutes)?
        }
        // In humantime an `M` is a month.
        _ if text.contains(['M', 'y']) || text.contains("mo") => return None,
        _ => humantime::parse_duration(text).ok().map(|duration| duration.as_secs()).filter(|seconds| seconds % 60 == 0)? / 60,
    };
    (all <= MINUTES_MAX).then_some(all)
}

/// A moment as it is stored.
pub(crate) fn moment_stored(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A stored moment as an input of a browser holds it.
pub(crate) fn moment_typed(reader: &Reader, stored: &str) -> String {
    let at = DateTime::parse_from_rfc3339(stored);
    at.map_or_else(|_| stored.to_owned(), |at| at.with_timezone(&reader.format.zone).format(MOMENT).to_string())
}

/// A stored length of time, as a form holds it.
pub(crate) fn minutes_typed(stored: &str) -> String {
    stored.parse::<u64>().map_or_else(|_| stored.to_owned(), |all| format!("{}:{:02}", all / 60, all % 60))
}

fn flag(text: &str) -> Result<bool, ValueError> {
    match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "on" => Ok(true),
        "false" | "no" | "n" | "0" | "off" => Ok(false),
        _ => Err(ValueError::Checkbox),
    }
}

pub(crate) fn long_text(text: &str) -> Result<Option<String>, ValueError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(ValueError::Control);
    }
    let text = nfc(&text);
    let text = text.trim();
    match text.chars().count() {
        _ if is_blank(text) => Ok(None),
        LONG_TEXT_MAX.. if text.chars().count() > LONG_TEXT_MAX => Err(ValueError::TooLong(LONG_TEXT_MAX)),
        _ => Ok(Some(text.to_owned())),
    }
}

/// Reads a list, each entry once.
fn many(text: &str, separates: fn(char) -> bool, read: impl Fn(&str) -> Result<String, ValueError>) -> Result<Value, ValueError> {
    let mut all: Vec<String> = Vec::new();
    for one in text.split(separates).map(str::trim).filter(|one| !one.is_empty()) {
        let one = read(one)?;
        if all.contains(&one) {
            continue;
        }
        if all.len() == MANY_MAX {
            return Err(ValueError::Many);
        }
        all.push(one);
    }
    Ok(json!(all))
}

/// A web address; nothing that a browser would run instead of opening it.
fn web(text: &str) -> Option<String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).ok()?;
    let host = url.host_str()?;
    let is_good = matches!(url.scheme(), "http" | "https") && host.contains('.') && url.username().is_empty() && url.password().is_none();
    let url = url.as_str();
    (is_good && url.len() <= URL_MAX).then(|| url.strip_suffix('/').filter(|url| !url.contains('?')).unwrap_or(url).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::typed;
    use domain::record::{FieldOption, FieldSettings};

    fn field(kind: FieldKind) -> Field {
        let option =
            |key: &str, label: &str| FieldOption { key: key.into(), label: label.into(), color: String::new(), is_archived: false };
        let options = if kind.has_options() { vec![option("a", "Alpha"), option("b", "Beta")] } else { Vec::new() };
        Field { id: 1, settings: FieldSettings { scale: 2, ..FieldSettings::default() }, options, ..Field::new("f", kind, "F") }
    }

    fn reader(locale: &str, currency: &str) -> Reader {
        Reader::new(Format::new("UTC", locale, "locale"), locale, currency)
    }

    fn read(kind: FieldKind, text: &str) -> Result<Option<Value>, ValueError> {
        reader("de-DE", "EUR").parse(&field(kind), text)
    }

    #[test]
    fn values_are_stored_in_one_form() {
        let some = |value: Value| Ok(Some(value));
        assert_eq!(read(FieldKind::Text, "  Ada\u{a0} Lovelace "), some(json!("Ada Lovelace")));
        assert_eq!(read(FieldKind::LongText, "a\r\n\r\n  b\n"), some(json!("a\n\n  b")));
        assert_eq!(read(FieldKind::Number, "1.200,50"), some(json!("1200.5")));
        assert_eq!(read(FieldKind::Money, "1.200,5"), some(json!({ "a": "1200.50", "c": "EUR", "r": "1" })));
        assert_eq!(read(FieldKind::Money, "EUR 7"), some(json!({ "a": "7.00", "c": "EUR", "r": "1" })));
        assert_eq!(reader("en-GB", "JPY").parse(&field(FieldKind::Money), "1,200"), some(json!({ "a": "1200", "c": "JPY", "r": "1" })));
        assert_eq!(read(FieldKind::Date, "2026-03-31"), some(json!("2026-03-31")));
        assert_eq!(read(FieldKind::Percent, "12,5 %"), some(json!("12.5")));
        assert_eq!(read(FieldKind::Rating, "4"), some(json!("4")));
        for typed in ["1:30", "1h 30m", "90min", "5400 s"] {
            assert_eq!(read(FieldKind::Duration, typed), some(json!("90")), "{typed}");
        }
        let berlin = Reader::new(Format::new("Europe/Berlin", "de-DE", "locale"), "de-DE", "EUR");
        let moment = |text: &str| berlin.parse(&field(FieldKind::DateTime), text);
        assert_eq!(moment("2026-07-01 14:30"), some(json!("2026-07-01T12:30:00Z")));
        assert_eq!(typed(&berlin, &field(FieldKind::DateTime), Some(&json!("2026-07-01T12:30:00Z"))), "2026-07-01T14:30");
        assert_eq!(moment("2026-10-25T02:30"), some(json!("2026-10-25T00:30:00Z")), "the hour that occurs twice");
        assert_eq!(moment("2026-03-29T02:30"), Err(ValueError::Moment), "the hour that is skipped");
        assert_eq!(read(FieldKind::MultiSelect, "beta; a, b"), some(json!(["a", "b"])));
        assert_eq!(read(FieldKind::Checkbox, "yes"), some(json!(true)));
        assert_eq!(read(FieldKind::Checkbox, "no"), Ok(None));
        assert_eq!(read(FieldKind::Select, "BETA"), some(json!("b")));
        assert_eq!(read(FieldKind::Email, "a@x.example; b@x.example\na@x.example"), some(json!(["a@x.example", "b@x.example"])));
        assert_eq!(read(FieldKind::Phone, "030 123456, +44 20 7946 0018"), some(json!(["+4930123456", "+442079460018"])));
        assert_eq!(read(FieldKind::Phone, "+49 30 123456 ext. 12"), some(json!(["+4930123456;ext=12"])));
        assert_eq!(read(FieldKind::Url, "Example.com/"), some(json!(["https://example.com"])));
        assert_eq!((read(FieldKind::Email, ", ;"), read(FieldKind::Phone, "\r")), (Ok(None), Ok(None)));
        for kind in FieldKind::ALL.map(|(kind, ..)| kind) {
            assert_eq!(read(kind, " \u{200b} "), Ok(None), "{kind:?}: what shows nothing is empty");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (kind, text) in [
            (FieldKind::Text, "a\u{202e}b"),
            (FieldKind::LongText, "a\u{0}b"),
            (FieldKind::Number, "1200.50"),
            (FieldKind::Number, "1,234"),
            (FieldKind::Number, "123456789012345678901"),
            (FieldKind::Number, "1e5"),
            (FieldKind::Money, "12 USD"),
            (FieldKind::Money, "1,234"),
            (FieldKind::Date, "31.03.2026"),
            (FieldKind::Date, "2026-02-30"),
            (FieldKind::Percent, "12 km"),
            (FieldKind::Rating, "0"),
            (FieldKind::Rating, "6"),
            (FieldKind::Rating, "4.5"),
            (FieldKind::Duration, "90"),
            (FieldKind::Duration, "1:75"),
            (FieldKind::Duration, "30s"),
            (FieldKind::Duration, "30M"),
            (FieldKind::Duration, "1:+5"),
            (FieldKind::Duration, "9999999h"),
            (FieldKind::DateTime, "2026-03-31"),
            (FieldKind::DateTime, "2026-03-31T25:00"),
            (FieldKind::MultiSelect, "a, gamma"),
            (FieldKind::Checkbox, "perhaps"),
            (FieldKind::Select, "gamma"),
            (FieldKind::Email, "a@"),
            (FieldKind::Phone, "call me"),
            (FieldKind::Phone, "+4912345678901234567"),
            (FieldKind::Url, "javascript:alert(1)"),
            (FieldKind::Url, "ftp://example.com"),
            (FieldKind::Url, "https://user:secret@example.com"),
            (FieldKind::Url, "https://localhost"),
        ] {
            assert!(read(kind, text).is_err(), "{kind:?} {text}");
        }
        let long = "a".repeat(TEXT_MAX + 1);
        assert_eq!(read(FieldKind::Text, &long), Err(ValueError::TooLong(TEXT_MAX)));
        assert_eq!(read(FieldKind::LongText, &"a".repeat(LONG_TEXT_MAX + 1)), Err(ValueError::TooLong(LONG_TEXT_MAX)));
        assert!(reader("en-GB", "EUR").parse(&field(FieldKind::Phone), "020 7946 0018").is_ok(), "a national number by the user's country");
    }

    proptest::proptest! {
        /// What a form shows of a stored value reads as that value, in every locale: saving a form that nobody touched changes nothing.
        #[test]
        fn what_a_form_shows_reads_back(text in ".{0,40}", kind in 0usize..FieldKind::ALL.len(), locale in 0usize..10) {
            let (locale, _) = domain::format::LOCALES[locale];
            let (reader, field) = (reader(locale, "EUR"), field(FieldKind::ALL[kind].0));
            if let Ok(value) = reader.parse(&field, &text) {
                let shown = typed(&reader, &field, value.as_ref());
                proptest::prop_assert_eq!(reader.parse(&field, &shown), Ok(value), "{:?}", shown);
            }
        }

        #[test]
        fn amounts_read_back(whole in 0u64..10_000_000_000, cents in 0u8..100, locale in 0usize..10) {
            let (locale, _) = domain::format::LOCALES[locale];
            let (reader, field) = (reader(locale, "EUR"), field(FieldKind::Money));
            let stored = json!({ "a": format!("{whole}.{cents:02}"), "c": "EUR", "r": "1" });
            proptest::prop_assert_eq!(reader.parse(&field, &typed(&reader, &field, Some(&stored))), Ok(Some(stored)));
        }
    }
}
