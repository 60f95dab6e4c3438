//! Amounts of money in the currency of the installation, without loss: one call to an AI costs far less than a cent.

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Digits after the point that are kept.
const DIGITS: i64 = 6;
/// The most that is taken, in millionths: 8 digits before the point, as `numeric(14,6)` holds.
const MAX: i64 = 99_999_999_999_999;
/// The longest text that is read: 8 digits, a point and 6 more, with room for leading zeros.
const TEXT_MAX: usize = 32;

/// An amount in millionths of the currency's unit, never negative. Small enough to be copied; text and shares are made by the
/// decimal library.
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
        // The library also takes signs, exponents and a point at either end.
        let is_plain = text.chars().all(|c| c.is_ascii_digit() || c == '.') && !text.starts_with('.') && !text.ends_with('.');
        if !is_plain || text.len() > TEXT_MAX {
            return Err(MoneyError);
        }
        let amount = BigDecimal::from_str(text).map_err(|_| MoneyError)?;
        let scale = amount.fractional_digit_count();
        if scale > DIGITS || usize::try_from(scale).is_ok_and(|scale| scale > digits) {
            return Err(MoneyError);
        }
        let millionths = amount.with_scale(DIGITS).into_bigint_and_scale().0.to_i64();
        millionths.and_then(Self::from_millionths).ok_or(MoneyError)
    }

    fn decimal(self) -> BigDecimal {
        BigDecimal::new(self.0.into(), DIGITS)
    }

    /// How much of `limit` this is, in whole per cent, rounded down; all of it when there is no limit to speak of.
    #[must_use]
    pub fn percent_of(self, limit: Self) -> i64 {
        if limit == Self::ZERO {
            return 100;
        }
        let share: BigDecimal = self.decimal() * BigDecimal::from(100) / limit.decimal();
        share.with_scale_round(0, RoundingMode::Down).to_i64().unwrap_or(i64::MAX)
    }

    /// With every digit that is not zero, and at least two after the point: what a ledger shows.
    #[must_use]
    pub fn exact(self) -> String {
        let amount = self.decimal();
        let digits = amount.normalized().fractional_digit_count().max(2);
        grouped(&amount, digits, RoundingMode::Down)
    }

    /// As a form shows it, without separators: what [`parse`](Self::parse) reads.
    #[must_use]
    pub fn typed(self) -> String {
        self.decimal().with_scale_round(2, RoundingMode::Down).to_plain_string()
    }
}

/// With two digits after the point, rounded to the nearest.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(&self.decimal(), 2, RoundingMode::HalfUp))
    }
}

fn grouped(amount: &BigDecimal, digits: i64, rounding: RoundingMode) -> String {
    let text = amount.with_scale_round(digits, rounding).to_plain_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    format!("{}.{part}", crate::list::grouped(whole.parse().unwrap_or(MAX)))
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
