//! Passwords and codes as typed: lengths, which the browser may check too, and the form in which they are compared. Whether a
//! password is strong, the server judges alone.

use crate::text::nfkc;
use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The least characters of a password that is the only factor (NIST SP 800-63B-4 3.1.1.2: 15).
pub const LENGTH_MIN: usize = 15;
/// The least characters where a second factor is asked for besides (NIST SP 800-63B-4 3.1.1.2: 8).
pub const LENGTH_FLOOR: usize = 8;
/// The most characters taken (NIST asks for at least 64); more are refused before any hashing. No field cuts what is typed, or a
/// password that goes on after the right one would be right too.
pub const LENGTH_MAX: usize = 256;

/// Whether a password has more characters than any that was ever set.
#[must_use]
pub fn is_too_long(password: &str) -> bool {
    password.chars().count() > LENGTH_MAX
}

/// A password in the form in which it is hashed: one, however the keyboard composed it (NIST SP 800-63B-4 3.1.1.2: NFKC).
#[must_use]
pub fn composed(password: &str) -> String {
    nfkc(password)
}

/// A code as typed or pasted, in the form in which it is compared: letters and digits alone, in capitals. Spaces, dashes and
/// characters that cannot be seen separate or surround codes; digits of any script are digits.
#[must_use]
pub fn code(typed: &str) -> String {
    nfkc(typed).chars().map(ascii_digit).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The ASCII digit of the same value; other characters stay.
fn ascii_digit(c: char) -> char {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |point: u32| categories.get32(point) == GeneralCategory::DecimalNumber;
    let point = u32::from(c);
    if c.is_ascii() || !is_digit(point) {
        return c;
    }
    // The digits of a script stand one after another, from a multiple of sixteen or six after it (Unicode 16, 4.6).
    let low = point & 0xf;
    let zero = if is_digit(point - low) { 0 } else { 6 };
    low.checked_sub(zero).and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_however_they_were_copied() {
        for typed in [
            "123456",
            " 123 456\u{a0}",
            "123\u{200b}456\u{feff}",
            "12\u{ad}3456",
            "１２３４５６",
            "123–456",
            "123\u{2011}456",
            "123\u{2212}456",
            "١٢٣٤٥٦",
            "۱۲۳۴۵۶",
            "१२३४५६",
            "𝟏𝟐𝟑𝟒𝟓𝟔",
        ] {
            assert_eq!(code(typed), "123456", "{typed:?}");
        }
        assert_eq!(code("abcdef—GHIJKL\u{2010}234567"), "ABCDEFGHIJKL234567");
        assert_eq!(code("–"), "");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(!is_too_long(&"😀".repeat(256)) && is_too_long(&"x".repeat(257)));
        assert_eq!(composed("ﬁne"), "fine");
    }
}
