//! One line of text as a person types it, and the form in which it is stored.

use super::{
    chars::{is_invisible, is_mark},
    fold::nfc,
};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{CanonicalCombiningClass, ExtendedPictographic, JoiningType, UnifiedIdeograph},
};

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Why a text is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A line break or another control character, or one that turns the direction of the text around.
    #[error("Remove line breaks and other control characters")]
    Control,
}

/// Reads a line: composed (NFC), one space wherever there is white space, none around it, and without characters that cannot be
/// seen, except those that shape the letters or emoji beside them (RFC 5892, appendices A.1 and A.2). It may be empty.
///
/// # Errors
/// [`LineError`].
pub fn line(text: &str) -> Result<String, LineError> {
    let text = text.trim();
    if text.is_ascii() {
        return if text.contains(|c: char| c.is_ascii_control()) { Err(LineError::Control) } else { Ok(spaced(text)) };
    }
    if text.chars().any(is_refused) {
        return Err(LineError::Control);
    }
    let typed: Vec<char> = nfc(text).chars().collect();
    let mut kept = String::with_capacity(text.len());
    for (index, c) in typed.iter().copied().enumerate() {
        if !is_invisible(c) || shapes(c, kept.chars().next_back(), typed.get(index + 1).copied()) {
            kept.push(c);
        }
    }
    Ok(spaced(&nfc(&kept)))
}

/// The first characters of a text that comes from outside, with a mark where more was left out.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Whether a line shows nothing: white space, characters that cannot be seen, or marks without a letter below them.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c) || is_mark(c))
}

/// Bidirectional overrides and isolates could make one name look like another (Unicode Standard Annex 9, 2).
fn is_refused(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether an invisible character changes how its neighbours look, as some languages, variants of ideographs and emoji need.
fn shapes(c: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    let pictures = CodePointSetData::new::<ExtendedPictographic>();
    match c {
        '\u{fe0e}' | '\u{fe0f}' => pictures.contains(before),
        '\u{e0100}'..='\u{e01ef}' => CodePointSetData::new::<UnifiedIdeograph>().contains(before),
        NON_JOINER | JOINER => {
            let Some(after) = after else { return false };
            let joining = CodePointMapData::<JoiningType>::new();
            let is_virama = CodePointMapData::<CanonicalCombiningClass>::new().get(before) == CanonicalCombiningClass::Virama;
            let joins = matches!(joining.get(before), JoiningType::LeftJoining | JoiningType::DualJoining)
                && matches!(joining.get(after), JoiningType::RightJoining | JoiningType::DualJoining);
            let is_picture = c == JOINER
                && pictures.contains(after)
                && (pictures.contains(before) || matches!(before, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'));
            is_virama || (c == NON_JOINER && joins) || is_picture
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_composed_and_shows_what_it_holds() {
        for (typed, stored) in [
            ("  Jose\u{301}  Garci\u{301}a ", "José García"),
            ("Acme\u{a0}\u{3000} GmbH", "Acme GmbH"),
            ("Ad\u{ad}m\u{200b}in", "Admin"),
            ("\u{feff}Mara\u{2060}", "Mara"),
            ("A\u{2800}B", "AB"),
            // Persian and Sinhala need them, and so do families and ideographs.
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("ශ\u{dca}\u{200d}රී", "ශ\u{dca}\u{200d}රී"),
            ("👩\u{200d}🚀", "👩\u{200d}🚀"),
            ("❤\u{fe0f} Inc", "❤\u{fe0f} Inc"),
            ("葛\u{e0100}", "葛\u{e0100}"),
            ("Jo\u{200d}e", "Joe"),
            ("\u{200d}", ""),
            ("\u{3164}", ""),
        ] {
            assert_eq!(line(typed).unwrap(), stored, "{typed:?}");
        }
        for refused in ["a\nb", "a\tb", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b", "é\u{7}"] {
            assert_eq!(line(refused), Err(LineError::Control), "{refused:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!((cut("äöü", 3).as_str(), cut("äöüß", 3).as_str(), cut("", 0).as_str()), ("äöü", "äöü…", ""));
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for blank in ["", " ", "\u{a0}", "\u{200b}", "\u{3164}", "\u{2800}", "\u{301}", "\u{115f}\u{1160}", "\u{e0020}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for shown in ["a", "é", "-", "👩", "李"] {
            assert!(!is_blank(shown), "{shown:?}");
        }
    }

    proptest! {
        #[test]
        fn a_stored_line_stays_as_it_is(text in any::<String>()) {
            if let Ok(stored) = line(&text) {
                prop_assert_eq!(line(&stored), Ok(stored.clone()));
            }
        }
    }
}
