//! Decimal numbers as a company writes them. Inside they are texts such as `-1200.50`; none ever becomes a binary fraction.

use super::Format;

impl Format {
    /// What stands between whole units and decimals.
    #[must_use]
    pub const fn decimal_mark(self) -> char {
        match self.thousands {
            ',' | '’' => '.',
            _ => ',',
        }
    }

    /// A decimal number in groups of three.
    #[must_use]
    pub fn decimal(self, number: &str) -> String {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
        let mut text = sign.to_owned();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(self.thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.decimal_mark());
            text.push_str(fraction);
        }
        text
    }

    /// A decimal number as a form holds it: without groups, so that nobody has to keep them in order.
    #[must_use]
    pub fn decimal_typed(self, number: &str) -> String {
        number.replace('.', &self.decimal_mark().to_string())
    }

    /// Reads a decimal number as a person types it: groups may be left out, but what stands there must be groups of three. `None` for
    /// anything that could mean two numbers.
    #[must_use]
    pub fn decimal_parse(self, text: &str) -> Option<String> {
        let text = text.trim();
        let (sign, text) = match text.strip_prefix(['-', '−']) {
            Some(rest) => ("-", rest.trim_start()),
            None => ("", text),
        };
        // A point is a decimal mark wherever it is not between thousands.
        let mark = if self.thousands != '.' && text.contains('.') { '.' } else { self.decimal_mark() };
        let (whole, fraction) = text.split_once(mark).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_separator = |c: char| c == self.thousands || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '’' | '\'');
        let groups: Vec<&str> = whole.split(is_separator).collect();
        let (first, rest) = groups.split_first()?;
        let is_grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
        if !is_grouped || !groups.iter().all(|group| is_digits(group)) || fraction.is_some_and(|fraction| !is_digits(fraction)) {
            return None;
        }
        let digits = groups.concat();
        let digits = digits.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
        let is_zero = digits == "0" && fraction.bytes().all(|b| matches!(b, b'.' | b'0'));
        Some(format!("{}{digits}{fraction}", if is_zero { "" } else { sign }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::LOCALES;

    fn by(locale: &str) -> Format {
        Format::new("UTC", locale, "locale")
    }

    #[test]
    fn numbers_read_as_their_locale_writes_them() {
        let read = |locale: &str, text: &str| by(locale).decimal_parse(text);
        assert_eq!(read("en-GB", "1,234.50").as_deref(), Some("1234.50"));
        assert_eq!(read("de-DE", "1.234,50").as_deref(), Some("1234.50"));
        assert_eq!(read("de-CH", "1’234.5").as_deref(), Some("1234.5"));
        assert_eq!(read("pl-PL", "1 234,5").as_deref(), Some("1234.5"));
        assert_eq!(read("pl-PL", "12.5").as_deref(), Some("12.5"));
        assert_eq!(read("en-GB", "−007").as_deref(), Some("-7"));
        assert_eq!(read("en-GB", "-0.00").as_deref(), Some("0.00"));
        // A hundredfold amount is worse than a question.
        for (locale, text) in
            [("de-DE", "1234.50"), ("en-GB", "1234,50"), ("en-GB", "1,23,4"), ("de-DE", "1.2.3"), ("en-GB", "1e5"), ("en-GB", "")]
        {
            assert_eq!(read(locale, text), None, "{locale} {text}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for (locale, _) in LOCALES {
            for number in ["0", "7", "-1234567.89", "1000", "12.05", "999999"] {
                let format = by(locale);
                assert_eq!(format.decimal_parse(&format.decimal(number)).as_deref(), Some(number), "{locale}");
                assert_eq!(format.decimal_parse(&format.decimal_typed(number)).as_deref(), Some(number), "{locale}");
            }
        }
    }
}
