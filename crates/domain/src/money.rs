//! Amounts of money in the currency of the installation, without loss: one call to an AI costs far less than a cent.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Millionths in one unit of the currency.
const UNIT: i64 = 1_000_000;
/// The most that is taken: 8 digits before the point, as `numeric(10,2)` holds.
const MAX: i64 = 100_000_000 * UNIT - 1;

/// An amount in millionths of the currency's unit, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter an amount, such as 100 or 99.50")]
pub struct MoneyError;

impl crate::FieldReason for MoneyError {
    fn code(&self) -> crate::Code {
        crate::Code::MoneyInvalid
    }
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths; `None` when that is negative or more than fits.
    #[must_use]
    pub const fn from_millionths(millionths: i64) -> Option<Self> {
        if millionths >= 0 && millionths <= MAX { Some(Self(millionths)) } else { None }
    }

    /// The amount in millionths.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Reads an amount with at most `digits` digits after the point.
    ///
    /// # Errors
    /// [`MoneyError`] for anything else.
    pub fn parse(text: &str, digits: usize) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || part.is_empty() || whole.len() > 8 || part.len() > digits.min(6) || !plain(whole) || !plain(part) {
            return Err(MoneyError);
        }
        let millionths = format!("{whole}{part:0<6}").parse().map_err(|_| MoneyError)?;
        Self::from_millionths(millionths).ok_or(MoneyError)
    }

    /// How much of `limit` this is, in whole per cent, rounded down; all of it when there is no limit to speak of.
    #[must_use]
    pub const fn percent_of(self, limit: Self) -> i64 {
        if limit.0 == 0 { 100 } else { self.0 / (limit.0 / 100 + (limit.0 % 100 != 0) as i64) }
    }

    /// With every digit that is not zero, and at least two after the point: what a ledger shows.
    #[must_use]
    pub fn exact(self) -> String {
        let part = format!("{:06}", self.0 % UNIT);
        let kept = part.trim_end_matches('0').len().max(2);
        format!("{}.{}", crate::list::grouped(self.0 / UNIT), part.chars().take(kept).collect::<String>())
    }

    /// As a form shows it, without separators: what [`parse`](Self::parse) reads.
    #[must_use]
    pub fn typed(self) -> String {
        format!("{}.{:02}", self.0 / UNIT, self.0 % UNIT / 10_000)
    }
}

/// With two digits after the point, rounded to the nearest.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 + 5_000) / 10_000;
        write!(f, "{}.{:02}", crate::list::grouped(cents / 100), cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, millionths) in [("0", 0), ("100", 100_000_000), ("99.5", 99_500_000), ("0.000001", 1), ("99999999.999999", MAX)] {
            assert_eq!(Money::parse(text, 6).map(Money::millionths), Ok(millionths), "{text}");
        }
        for text in ["", "-1", "1,5", "1.", "1.0000001", "100000000", "1e3", "+1", ".5", "٣"] {
            assert!(Money::parse(text, 6).is_err(), "{text}");
        }
        assert!(Money::parse("1.005", 2).is_err());
    }

    #[test]
    fn amounts_read_well() {
        let money = |text: &str| Money::parse(text, 6).unwrap();
        assert_eq!(money("1234.5").to_string(), "1,234.50");
        assert_eq!(money("0.004999").to_string(), "0.00");
        assert_eq!(money("0.005").to_string(), "0.01");
        assert_eq!(money("0.00213").exact(), "0.00213");
        assert_eq!(money("12").exact(), "12.00");
        assert_eq!(money("1234.5").typed(), "1234.50");
    }

    #[test]
    fn shares_of_a_limit() {
        let money = |text: &str| Money::parse(text, 6).unwrap();
        assert_eq!(money("79.999999").percent_of(money("100")), 79);
        assert_eq!(money("80").percent_of(money("100")), 80);
        assert_eq!(money("100").percent_of(money("100")), 100);
        assert_eq!(money("0").percent_of(Money::ZERO), 100);
    }
}
