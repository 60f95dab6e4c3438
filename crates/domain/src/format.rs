//! How a company writes numbers and points in time.

mod decimal;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The locales offered: as stored, and as a person reads them. They say how numbers and days are written; the words are
/// English.
pub const LOCALES: &[(&str, &str)] = &[
    ("en-GB", "English (United Kingdom) · 1,234 · 4 March 2026"),
    ("en-US", "English (United States) · 1,234 · March 4, 2026"),
    ("de-CH", "German (Switzerland) · 1’234 · 04.03.2026"),
    ("de-DE", "German (Germany) · 1.234 · 04.03.2026"),
    ("es-ES", "Spanish (Spain) · 1.234 · 04/03/2026"),
    ("fr-FR", "French (France) · 1 234 · 04/03/2026"),
    ("it-IT", "Italian (Italy) · 1.234 · 04/03/2026"),
    ("nl-NL", "Dutch (Netherlands) · 1.234 · 04-03-2026"),
    ("pl-PL", "Polish (Poland) · 1 234 · 04.03.2026"),
    ("sv-SE", "Swedish (Sweden) · 1 234 · 2026-03-04"),
];

/// The ways to write a day, besides that of the locale.
pub const DATE_FORMATS: &[(&str, &str)] = &[
    ("locale", "As the locale does"),
    ("long", "4 March 2026"),
    ("iso", "2026-03-04"),
    ("dmy", "04/03/2026 (day first)"),
    ("mdy", "03/04/2026 (month first)"),
    ("dots", "04.03.2026"),
];

/// Bytes in the unit that reads best, of which 1,024 make the next.
#[must_use]
pub fn size(bytes: u64) -> String {
    const MEGABYTE: u64 = 1024 * 1024;
    const GIGABYTE: u64 = 1024 * MEGABYTE;
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..MEGABYTE => format!("{} kB", bytes / 1024),
        MEGABYTE..GIGABYTE => format!("{} MB", tenths(MEGABYTE)),
        GIGABYTE.. => format!("{} GB", tenths(GIGABYTE)),
    }
}

/// The time zones offered, by their IANA names: those of places, without names that stand for another one.
pub fn time_zones() -> impl Iterator<Item = &'static str> {
    let place = |name: &&str| {
        let area = name.split_once('/').map_or("", |(area, _)| area);
        !matches!(area, "" | "Etc" | "US" | "Brazil" | "Canada" | "Chile" | "Mexico" | "Arctic")
    };
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(place)
}

/// How numbers and points in time are written. The default is that of the platform: British, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Where the clock stands.
    pub zone: Tz,
    thousands: char,
    half_day: bool,
    date: DateStyle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum DateStyle {
    Long,
    LongMonthFirst,
    Iso,
    Slashes,
    SlashesMonthFirst,
    Dots,
    Dashes,
}

impl Default for Format {
    fn default() -> Self {
        Self { zone: Tz::UTC, thousands: ',', half_day: false, date: DateStyle::Long }
    }
}

impl Format {
    /// Of a time zone (IANA), a locale of [`LOCALES`] and a date format of [`DATE_FORMATS`]; what is unknown is as by default.
    #[must_use]
    pub fn new(zone: &str, locale: &str, date: &str) -> Self {
        let (thousands, by_locale) = match locale {
            "en-US" => (',', DateStyle::LongMonthFirst),
            "de-CH" => ('’', DateStyle::Dots),
            "de-DE" => ('.', DateStyle::Dots),
            "es-ES" | "it-IT" => ('.', DateStyle::Slashes),
            "fr-FR" => ('\u{202f}', DateStyle::Slashes),
            "nl-NL" => ('.', DateStyle::Dashes),
            "pl-PL" => ('\u{a0}', DateStyle::Dots),
            "sv-SE" => ('\u{a0}', DateStyle::Iso),
            _ => (',', DateStyle::Long),
        };
        let date = match date {
            "long" => DateStyle::Long,
            "iso" => DateStyle::Iso,
            "dmy" => DateStyle::Slashes,
            "mdy" => DateStyle::SlashesMonthFirst,
            "dots" => DateStyle::Dots,
            _ => by_locale,
        };
        Self { zone: zone.parse().unwrap_or(Tz::UTC), thousands, half_day: locale == "en-US", date }
    }

    /// The same clock, numbers and days as another locale writes them.
    #[must_use]
    pub fn in_locale(self, locale: &str) -> Self {
        Self { zone: self.zone, ..Self::new("", locale, "locale") }
    }

    const fn day_pattern(self) -> &'static str {
        match self.date {
            DateStyle::Long => "%-d %B %Y",
            DateStyle::LongMonthFirst => "%B %-d, %Y",
            DateStyle::Iso => "%Y-%m-%d",
            DateStyle::Slashes => "%d/%m/%Y",
            DateStyle::SlashesMonthFirst => "%m/%d/%Y",
            DateStyle::Dots => "%d.%m.%Y",
            DateStyle::Dashes => "%d-%m-%Y",
        }
    }

    /// A day.
    #[must_use]
    pub fn date(self, day: NaiveDate) -> String {
        day.format(self.day_pattern()).to_string()
    }

    /// The day of a moment.
    #[must_use]
    pub fn day(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format(self.day_pattern()).to_string()
    }

    /// Day, time and zone of a moment.
    #[must_use]
    pub fn moment(self, at: DateTime<Utc>) -> String {
        self.time(at, if self.half_day { "%-I:%M %p" } else { "%H:%M" })
    }

    /// Day, time to the second and zone of a moment.
    #[must_use]
    pub fn second(self, at: DateTime<Utc>) -> String {
        self.time(at, if self.half_day { "%-I:%M:%S %p" } else { "%H:%M:%S" })
    }

    fn time(self, at: DateTime<Utc>, pattern: &str) -> String {
        at.with_timezone(&self.zone).format(&format!("{}, {pattern} %Z", self.day_pattern())).to_string()
    }

    /// A whole number in groups of three.
    #[must_use]
    pub fn number(self, number: i64) -> String {
        let grouped = crate::list::grouped(number);
        if self.thousands == ',' { grouped } else { grouped.replace(',', &self.thousands.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_writes_as_it_likes() {
        let at: DateTime<Utc> = "2026-03-04T22:30:00Z".parse().unwrap();
        let by = |zone: &str, locale: &str, date: &str| Format::new(zone, locale, date).moment(at);
        assert_eq!(Format::default().moment(at), "4 March 2026, 22:30 UTC");
        assert_eq!(by("Europe/Berlin", "de-DE", "locale"), "04.03.2026, 23:30 CET");
        assert_eq!(by("Asia/Tokyo", "en-GB", "iso"), "2026-03-05, 07:30 JST");
        assert_eq!(by("America/New_York", "en-US", "locale"), "March 4, 2026, 5:30 PM EST");
        assert_eq!(by("Nowhere/Else", "xx", "yy"), "4 March 2026, 22:30 UTC");
        assert_eq!(Format::new("UTC", "de-DE", "locale").number(-1_234_567), "-1.234.567");
        assert_eq!(Format::default().number(1234), "1,234");
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(700_000), "683 kB");
        assert_eq!(size(3_670_016), "3.5 MB");
        assert_eq!(size(5120 * 1024 * 1024), "5.0 GB");
    }

    #[test]
    fn every_offer_is_known() {
        let known = |locale: &str, date: &str| Format::new("UTC", locale, date);
        for (locale, _) in &LOCALES[1..] {
            assert_ne!(known(locale, "locale"), Format::default(), "{locale}");
        }
        for (date, _) in &DATE_FORMATS[1..] {
            assert_ne!(known("nl-NL", date), known("nl-NL", "locale"), "{date}");
        }
    }
}
