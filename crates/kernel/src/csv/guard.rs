//! Cells that spreadsheets would take for formulas (OWASP ASVS 5.0, 1.2.10).

use std::borrow::Cow;

const MARK: char = '\'';

/// Whether a spreadsheet reads what comes after any apostrophes as a formula. Some read full-width signs as their narrow ones.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches(MARK).starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// A cell as it is written: one that begins like a formula has an apostrophe before it, by which spreadsheets take it for text.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("{MARK}{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell that was written by [`guarded`].
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    if is_formula(cell) { cell.strip_prefix(MARK).unwrap_or(cell) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_text() {
        for formula in ["=cmd()", "+Jo", "-c06a", "@SUM(1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", "'=1", "''-x"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["Åsa", "'t Hooft", "007", "Null", "1e5", "", "'", "a=b"] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
        assert_eq!(unguarded("'=Eva"), "=Eva");
        assert_eq!(unguarded("=Eva"), "=Eva");
    }

    proptest! {
        #[test]
        fn what_is_guarded_comes_back(text in "'{0,3}[=+@＝\t-]?.{0,5}") {
            let guarded = guarded(&text);
            prop_assert_eq!(unguarded(&guarded), text.as_str());
        }
    }
}
