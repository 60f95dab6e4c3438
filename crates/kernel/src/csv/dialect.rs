//! How a file is written: its encoding, and what is between its cells.

use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

/// What may be between cells, the likeliest first, with its name.
pub const DELIMITERS: [(u8, &str); 4] = [(b',', "Commas"), (b';', "Semicolons"), (b'\t', "Tabs"), (b'|', "Vertical bars")];
/// The encodings to choose from, with the languages they were made for (Encoding Standard, 4.2).
pub const ENCODINGS: [(&str, &str); 15] = [
    ("UTF-8", "UTF-8 (all languages)"),
    ("UTF-16LE", "UTF-16 (all languages)"),
    ("windows-1252", "Western European (Windows-1252)"),
    ("windows-1250", "Central European (Windows-1250)"),
    ("ISO-8859-2", "Central European (ISO 8859-2)"),
    ("windows-1254", "Turkish (Windows-1254)"),
    ("windows-1257", "Baltic (Windows-1257)"),
    ("windows-1251", "Cyrillic (Windows-1251)"),
    ("KOI8-U", "Cyrillic (KOI8-U)"),
    ("windows-1253", "Greek (Windows-1253)"),
    ("windows-1255", "Hebrew (Windows-1255)"),
    ("windows-1256", "Arabic (Windows-1256)"),
    ("Shift_JIS", "Japanese (Shift JIS)"),
    ("GBK", "Chinese (GBK)"),
    ("EUC-KR", "Korean (EUC-KR)"),
];

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Dialect {
    /// The name of the encoding (Encoding Standard).
    encoding: String,
    /// The byte between cells.
    delimiter: u8,
}

/// A dialect as a job keeps it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Dialect {
        encoding: String,
        delimiter: u8,
    },
    /// As jobs of before kept it, whose files were written as UTF-8 first.
    Delimiter(u8),
}

impl From<Kept> for Dialect {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Dialect { encoding, delimiter } => Self { encoding, delimiter },
            Kept::Delimiter(delimiter) => Self::new(UTF_8, delimiter),
        }
    }
}

impl Dialect {
    pub(super) fn new(encoding: &'static Encoding, delimiter: u8) -> Self {
        Self { encoding: encoding.name().to_owned(), delimiter }
    }

    /// A dialect as chosen; `None` for an encoding or a delimiter that is not offered.
    #[must_use]
    pub fn chosen(encoding: &str, delimiter: &str) -> Option<Self> {
        let encoding = Encoding::for_label(encoding.as_bytes())?;
        let delimiter = DELIMITERS.into_iter().map(|(byte, _)| byte).find(|byte| delimiter.as_bytes() == [*byte])?;
        Some(Self { encoding: encoding.name().to_owned(), delimiter })
    }

    /// The name of its encoding.
    #[must_use]
    pub fn encoding_name(&self) -> &str {
        &self.encoding
    }

    pub(super) fn encoding(&self) -> &'static Encoding {
        Encoding::for_label(self.encoding.as_bytes()).unwrap_or(UTF_8)
    }

    /// The byte between cells.
    #[must_use]
    pub const fn delimiter(&self) -> u8 {
        self.delimiter
    }
}

/// The bytes of a first line such as `sep=;`, by which spreadsheets say what is between cells, and what it says.
pub(super) fn separator_line(text: &str) -> Option<(usize, u8)> {
    let (name, rest) = text.split_at_checked(4)?;
    let delimiter = rest.bytes().next()?;
    let end = rest.get(1..)?.trim_start_matches(['"', ',', ';', '\t', ' ']);
    if !name.eq_ignore_ascii_case("sep=") || !DELIMITERS.iter().any(|(byte, _)| *byte == delimiter) {
        return None;
    }
    let line = text.len() - end.len();
    match end.as_bytes() {
        [b'\r', b'\n', ..] => Some((line + 2, delimiter)),
        [b'\r' | b'\n', ..] => Some((line + 1, delimiter)),
        [] => Some((line, delimiter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_may_name_the_delimiter() {
        assert_eq!(separator_line("sep=;\r\nx"), Some((7, b';')));
        assert_eq!(separator_line("sep=;,,\nx"), Some((8, b';')));
        for none in ["separator;a\n", "sep=x\n", "sep=;a\n", "sep", ""] {
            assert_eq!(separator_line(none), None, "{none:?}");
        }
    }

    #[test]
    fn every_encoding_offered_is_known() {
        for (name, _) in ENCODINGS {
            assert_eq!(Dialect::chosen(name, ";").unwrap().encoding_name(), name);
        }
        assert_eq!(Dialect::chosen("UTF-8", "x"), None);
        assert_eq!(Dialect::chosen("nonsense", ","), None);
    }
}
