//! Why a text is no value of its field.

use super::{DIGITS_MAX, MANY_MAX, RATING_MAX};
use domain::{Code, FieldReason, list::grouped};

/// Why a text is no value of its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The field is required and empty.
    #[error("This field is required")]
    Empty,
    /// More characters than a value may have.
    #[error("Use at most {} characters", grouped(i64::try_from(*.0).unwrap_or(i64::MAX)))]
    TooLong(usize),
    /// A control character.
    #[error("Remove line breaks and other control characters")]
    Control,
    /// No number, or one that could be read in two ways.
    #[error("Enter a number such as {0}")]
    Number(String),
    /// More decimals than the field keeps.
    #[error("Use at most {places}", places = if *.0 == 1 { "1 decimal place".to_owned() } else { format!("{} decimal places", .0) })]
    Decimals(usize),
    /// A whole number is asked for.
    #[error("Enter a whole number")]
    Whole,
    /// More digits than a number may have.
    #[error("Use at most {DIGITS_MAX} digits")]
    Digits,
    /// An amount in another currency.
    #[error("Enter the amount in {0}")]
    Currency(String),
    /// No day.
    #[error("Enter a date such as 2026-03-31")]
    Date,
    /// No day in the order that was chosen for its file.
    #[error("Enter a date such as {0}, as chosen for this file")]
    DateIn(&'static str),
    /// No moment, or one that the clock skips in the time zone of the user.
    #[error("Enter a date and time such as 2026-03-31 14:30")]
    Moment,
    /// No length of time.
    #[error("Enter hours and minutes such as 1:30 or 1h 30m")]
    Duration,
    /// No rating.
    #[error("Enter a number from 1 to {RATING_MAX}")]
    Rating,
    /// None of the options.
    #[error("“{0}” is not one of the options")]
    Option(String),
    /// Neither yes nor no.
    #[error("Enter yes or no")]
    Checkbox,
    /// No e-mail address.
    #[error("“{0}” is not a valid e-mail address")]
    Email(String),
    /// No phone number.
    #[error("“{0}” is not a valid phone number. Start with the country code, such as +49 30 123456")]
    Phone(String),
    /// No address of a web page.
    #[error("“{0}” is not a valid web address, such as https://example.com")]
    Url(String),
    /// More values than a field holds.
    #[error("Enter at most {MANY_MAX}")]
    Many,
}

impl FieldReason for ValueError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::FieldRequired,
            Self::TooLong(_) | Self::Many | Self::Digits => Code::FieldTooLong,
            Self::Option(_) => Code::FieldUnknownChoice,
            Self::Email(_) => Code::EmailInvalid,
            Self::Number(_) | Self::Currency(_) => Code::MoneyInvalid,
            Self::Control
            | Self::Decimals(_)
            | Self::Whole
            | Self::Date
            | Self::DateIn(_)
            | Self::Moment
            | Self::Duration
            | Self::Rating
            | Self::Checkbox
            | Self::Phone(_)
            | Self::Url(_) => Code::FieldInvalid,
        }
    }
}
