//! Settings of a company: a registry of known keys, each with a type, a sentence and a default, and free keys besides.

use crate::{
    Email,
    color::Color,
    currency::CURRENCIES,
    format::{DATE_FORMATS, Format, LOCALES},
    password::{LENGTH_FLOOR, LENGTH_MIN},
    record::PipelineLink,
    typed_json::{BYTES_MAX, Kind, Known},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What belongs together on one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    /// How the company looks and what it says.
    Company,
    /// Who gets in, and for how long. A change takes a reauthentication.
    Security,
}

/// A known key.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Key, label, sentence and type.
    pub known: Known,
    /// Where it stands.
    pub group: Group,
    /// What it is unless set, as a form shows it.
    pub default: &'static str,
    /// Whether it may be read before sign-in.
    pub is_public: bool,
}

/// The key of the logo, which is uploaded.
pub const LOGO: &str = "branding.logo";
const NAME: &str = "branding.name";
const COLOR: &str = "branding.color";
const MESSAGE: &str = "sign_in.message";
const LOCALE: &str = "locale";
const ZONE: &str = "time_zone";
const DATE: &str = "date_format";
const CURRENCY: &str = "currency";
/// After how many minutes without a request a session ends.
pub const IDLE: &str = "session.idle_minutes";
/// After how many hours a session ends.
pub const ABSOLUTE: &str = "session.absolute_hours";
/// Whether everybody needs a second factor.
pub const MFA: &str = "mfa.required";
const MFA_ROLES: &str = "mfa.roles";
const MFA_FROM: &str = "mfa.from";
const DOMAINS: &str = "mail_domains.allowed";
/// The least characters of a password.
pub const PASSWORD: &str = "password.length_min";

const fn company(
    key: &'static str,
    label: &'static str,
    sentence: &'static str,
    kind: Kind,
    default: &'static str,
    public: bool,
) -> Setting {
    Setting { known: Known { key, label, sentence, kind }, group: Group::Company, default, is_public: public }
}

const fn security(key: &'static str, label: &'static str, sentence: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { known: Known { key, label, sentence, kind }, group: Group::Security, default, is_public: false }
}

/// Every known key. Session times: NIST SP 800-63B-4, 2.2.3 (AAL2: at most an hour idle and 24 in all); passwords: 3.1.1.2
/// (15 characters, 8 where a second factor is asked for).
pub const SETTINGS: &[Setting] = &[
    company(
        NAME,
        "Name",
        "Shown at the top of every page and on the sign-in page. If you leave it empty, the registered name of your company is shown.",
        Kind::Text(80),
        "",
        true,
    ),
    company(
        COLOR,
        "Colour",
        "Used for the company icon and the main buttons. Text on it is black or white, whichever is easier to read.",
        Kind::Color,
        "",
        true,
    ),
    company(
        LOGO,
        "Logo",
        "Replaces the first letter of the company name. PNG, JPEG or WebP, up to 2 MB. Large pictures are scaled down.",
        Kind::Picture,
        "",
        true,
    ),
    company(MESSAGE, "Message on the sign-in page", "Anyone who opens the page can read it.", Kind::Text(300), "", true),
    company(LOCALE, "Locale", "The format of numbers and dates.", Kind::Choice(LOCALES), "en-GB", false),
    company(ZONE, "Time zone", "Used for times on all pages, such as Europe/Berlin.", Kind::TimeZone, "UTC", false),
    company(DATE, "Date format", "The format of dates on all pages.", Kind::Choice(DATE_FORMATS), "locale", false),
    company(
        CURRENCY,
        "Currency",
        "Used for new amounts. Amounts that are already saved keep their currency.",
        Kind::Choice(CURRENCIES),
        "EUR",
        false,
    ),
    security(
        IDLE,
        "Idle timeout",
        "Users are signed out after this time without activity.",
        Kind::Number { least: 5, most: 60, unit: "minutes" },
        "30",
    ),
    security(
        ABSOLUTE,
        "Session lifetime",
        "All users must sign in again after this time, even if they are active.",
        Kind::Number { least: 1, most: 24, unit: "hours" },
        "12",
    ),
    security(
        MFA,
        "Second factor for all users",
        "Users without a second factor must set one up before they can continue.",
        Kind::Flag(false),
        "false",
    ),
    security(MFA_ROLES, "Second factor by role", "Users with one of these roles must set up a second factor.", Kind::Roles, ""),
    security(
        MFA_FROM,
        "Enforce from",
        "Before this date, users only see a reminder. If you leave it empty, the requirement applies immediately.",
        Kind::Date,
        "",
    ),
    security(
        PASSWORD,
        "Minimum password length",
        "A minimum below 15 applies only while all users need a second factor.",
        Kind::Number { least: LENGTH_FLOOR as i64, most: 64, unit: "characters" },
        "15",
    ),
    security(
        DOMAINS,
        "E-mail domains",
        "Only these e-mail domains are allowed, such as acme.example, acme.org. If you leave it empty, all domains are allowed. Existing users are not affected.",
        Kind::MailDomains,
        "",
    ),
];

/// The most characters of a free key.
pub const KEY_MAX: usize = 100;
/// The most free keys.
pub const FREE_MAX: usize = 100;
/// The most bytes of the value of a free key, as text.
pub const FREE_BYTES_MAX: usize = 2 * 1024;
const _: () = assert!(FREE_BYTES_MAX <= BYTES_MAX);

impl Setting {
    /// The known key, if it is one.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.known.key == key)
    }

    /// The settings of a group.
    pub fn of(group: Group) -> impl Iterator<Item = &'static Self> {
        SETTINGS.iter().filter(move |setting| setting.group == group)
    }
}

/// A free key: words in lower case, joined by points or underscores.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn key_parse(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
    if text.is_empty() || text.len() > KEY_MAX || !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(plain) {
        return Err(format!("Use 1 to {KEY_MAX} lower-case letters, digits, dots and underscores, and start with a letter"));
    }
    // What is known now or later begins with these.
    let first = text.split('.').next().unwrap_or_default();
    let reserved = ["ai", "branding", "mail_domains", "mfa", "oneo", "onboarding", "password", "session", "sign_in"];
    if reserved.contains(&first) || Setting::find(text).is_some() {
        return Err("This key is reserved for Oneo. Choose another one".to_owned());
    }
    Ok(text.to_owned())
}

/// The settings of a company as they count: what is set, and the default where nothing is, or nothing that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSettings {
    /// What the company calls itself.
    pub brand_name: Option<String>,
    /// `#rrggbb`.
    pub brand_color: Option<String>,
    /// The hash of the logo.
    pub logo: Option<String>,
    /// Shown on the sign-in page.
    pub message: Option<String>,
    /// How numbers and times are written.
    pub format: Format,
    /// The company's locale, such as `de-DE`.
    pub locale: String,
    /// The ISO 4217 code of the currency of new amounts.
    pub currency: String,
    /// The kinds of records, for the navigation; read beside the settings. `None` while the schema lacks the migration that adds them.
    pub pipelines: Option<Vec<PipelineLink>>,
    /// Minutes without a request after which a session is over.
    pub idle_minutes: u64,
    /// Hours after which a session is over.
    pub absolute_hours: u64,
    /// Whether everybody needs a second factor.
    pub mfa_required: bool,
    /// The roles whose holders need one.
    pub mfa_roles: Vec<String>,
    /// The day from which it is asked for.
    pub mfa_from: Option<NaiveDate>,
    /// The domains of addresses that are taken; empty means all.
    pub mail_domains: Vec<String>,
    /// What may be read before sign-in, free keys among it; the logo by its hash.
    pub public: BTreeMap<String, Value>,
    password_min: usize,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl TenantSettings {
    /// Of what is stored: key, value, and whether it is public.
    #[must_use]
    pub fn of(rows: &[(String, Value, bool)]) -> Self {
        let stored = |key: &str| rows.iter().find(|row| row.0 == key).map(|row| &row.1);
        let valid = |key: &str| {
            let known = &Setting::find(key)?.known;
            stored(key).filter(|value| known.holds(value))
        };
        let text = |key: &str| valid(key).map(Known::text_of).filter(|text| !text.is_empty());
        let or_default = |key: &str| text(key).unwrap_or_else(|| Setting::find(key).map_or("", |setting| setting.default).to_owned());
        let number = |key: &str| or_default(key).parse::<u64>().unwrap_or_default();
        let list = |key: &str| {
            let items = valid(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let logo = stored(LOGO).and_then(|value| value.get("sha256")).and_then(Value::as_str).map(str::to_owned);
        let mut public: BTreeMap<String, Value> = BTreeMap::new();
        for (key, value, is_public) in rows {
            match Setting::find(key) {
                Some(setting) if setting.known.kind == Kind::Picture => {
                    public.extend(logo.clone().map(|hash| (key.clone(), Value::String(hash))));
                }
                Some(setting) if setting.is_public && setting.known.holds(value) => {
                    public.insert(key.clone(), value.clone());
                }
                None if *is_public => {
                    public.insert(key.clone(), value.clone());
                }
                _ => {}
            }
        }
        Self {
            brand_name: text(NAME),
            brand_color: text(COLOR),
            logo,
            message: text(MESSAGE),
            format: Format::new(&or_default(ZONE), &or_default(LOCALE), &or_default(DATE)),
            locale: or_default(LOCALE),
            currency: or_default(CURRENCY),
            pipelines: None,
            idle_minutes: number(IDLE),
            absolute_hours: number(ABSOLUTE),
            mfa_required: or_default(MFA) == "true",
            mfa_roles: list(MFA_ROLES),
            mfa_from: text(MFA_FROM).and_then(|day| day.parse().ok()),
            mail_domains: list(DOMAINS),
            public,
            password_min: usize::try_from(number(PASSWORD)).unwrap_or(LENGTH_MIN),
        }
    }

    /// Whether a user who holds these roles needs a second factor, be it from a later day.
    #[must_use]
    pub fn factor_is_due<'a>(&self, mut roles: impl Iterator<Item = &'a str>) -> bool {
        self.mfa_required || roles.any(|role| self.mfa_roles.iter().any(|due| due == role))
    }

    /// Whether the day has come from which a second factor is asked for.
    #[must_use]
    pub fn factor_is_enforced(&self, today: NaiveDate) -> bool {
        self.mfa_from.is_none_or(|from| from <= today)
    }

    /// The least characters of a password: fewer than 15 only while everybody has a second factor.
    #[must_use]
    pub fn password_min(&self, today: NaiveDate) -> usize {
        if self.mfa_required && self.factor_is_enforced(today) { self.password_min } else { self.password_min.max(LENGTH_MIN) }
    }

    /// Whether an address is of a domain that is taken.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn mail_domain_check(&self, email: &Email) -> Result<(), String> {
        let domain = email.as_str().rsplit('@').next().unwrap_or_default();
        if self.mail_domains.is_empty() || self.mail_domains.iter().any(|taken| taken == domain) {
            return Ok(());
        }
        Err(format!("Use an e-mail address that ends in @{}", self.mail_domains.join(" or @")))
    }

    /// The colour of text on the company's own colour: black or white, whichever has the greater contrast (WCAG 2.2, 1.4.3;
    /// one of the two always has 4.5 to 1).
    #[must_use]
    pub fn brand_text(&self) -> Option<&'static str> {
        Some(Color::parse(self.brand_color.as_deref()?)?.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(rows: &[(&str, Value, bool)]) -> TenantSettings {
        TenantSettings::of(&rows.iter().map(|(key, value, public)| ((*key).to_owned(), value.clone(), *public)).collect::<Vec<_>>())
    }

    #[test]
    fn every_default_is_valid() {
        for setting in SETTINGS {
            if setting.default.is_empty() || setting.known.kind == Kind::Picture {
                continue;
            }
            assert!(setting.known.read(setting.default).is_ok(), "{}", setting.known.key);
        }
        let plain = TenantSettings::default();
        assert_eq!((plain.idle_minutes, plain.absolute_hours, plain.format), (30, 12, Format::default()));
        assert!(plain.public.is_empty() && !plain.mfa_required);
    }

    #[test]
    fn what_cannot_be_read_counts_as_not_set() {
        let odd =
            of(&[(IDLE, json!(100_000), false), (ABSOLUTE, json!("x"), false), (COLOR, json!("red"), true), (DOMAINS, json!("a"), false)]);
        assert_eq!(odd, TenantSettings::default());
    }

    #[test]
    fn short_passwords_take_a_second_factor() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-22");
        assert_eq!(of(&[(PASSWORD, json!(8), false)]).password_min(today), 15);
        assert_eq!(of(&[(PASSWORD, json!(20), false)]).password_min(today), 20);
        assert_eq!(of(&[(PASSWORD, json!(8), false), (MFA, json!(true), false)]).password_min(today), 8);
        let later = of(&[(PASSWORD, json!(8), false), (MFA, json!(true), false), (MFA_FROM, json!("2026-12-01"), false)]);
        assert_eq!((later.password_min(today), later.password_min(day("2026-12-01"))), (15, 8));
    }

    #[test]
    fn private_values_are_not_public() {
        let rows = [("notice", json!("hi"), true), ("secret", json!("x"), false), (IDLE, json!(10), true), (NAME, json!("Acme"), false)];
        assert_eq!(of(&rows).public.keys().collect::<Vec<_>>(), [NAME, "notice"]);
    }

    #[test]
    fn a_second_factor_is_due_by_role_or_for_all() {
        let by_role = of(&[(MFA_ROLES, json!(["admin"]), false)]);
        assert!(by_role.factor_is_due(["user", "admin"].into_iter()) && !by_role.factor_is_due(["user"].into_iter()));
        assert!(of(&[(MFA, json!(true), false)]).factor_is_due([].into_iter()));
    }

    #[test]
    fn text_on_a_colour_can_be_read() {
        let text = |color: &str| of(&[(COLOR, json!(color), true)]).brand_text();
        assert_eq!(
            (text("#ffffff"), text("#000000"), text("#ffcc00"), text("#1d4ed8")),
            (Some("#000"), Some("#fff"), Some("#000"), Some("#fff"))
        );
        assert_eq!(TenantSettings::default().brand_text(), None);
    }

    #[test]
    fn domains_and_keys_are_checked() {
        let some = of(&[(DOMAINS, json!(["acme.example", "acme.org"]), false)]);
        assert!(some.mail_domain_check(&Email::parse("a@ACME.example").unwrap()).is_ok());
        assert!(some.mail_domain_check(&Email::parse("a@evil-acme.example").unwrap()).unwrap_err().contains("@acme.example or @acme.org"));
        assert_eq!(key_parse(" office.floor ").unwrap(), "office.floor");
        for bad in ["", "A", "1a", "a b", "mfa.own", "locale", "branding.x", "ä", &"a".repeat(101)] {
            assert!(key_parse(bad).is_err(), "{bad}");
        }
    }
}
