//! Normal forms (Unicode Standard Annex 15) and the form in which texts are compared.

use super::chars::is_invisible;
use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// Rounds of folding after which every text of Unicode 16 stands still; a property test says so.
const ROUNDS: usize = 4;

/// Letters and their accents as one character each (NFC): the form in which text is stored.
#[must_use]
pub fn nfc(text: &str) -> String {
    ComposingNormalizer::new_nfc().normalize(text).into_owned()
}

/// Like [`nfc`], with characters that differ in width or style alone made the same (NFKC).
#[must_use]
pub fn nfkc(text: &str) -> String {
    ComposingNormalizer::new_nfkc().normalize(text).into_owned()
}

/// Like [`nfkc`], but decomposed: each accent follows its letter (NFKD).
#[must_use]
pub fn nfkd(text: &str) -> String {
    DecomposingNormalizer::new_nfkd().normalize(text).into_owned()
}

/// The form in which texts are compared and searched: NFKC_Casefold (Unicode 16, 3.13, R5). Case, width, style and the way
/// accents were typed make no difference, and neither do characters that cannot be seen. It is stored beside what was typed.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let (cases, composed) = (CaseMapper::new(), ComposingNormalizer::new_nfkc());
    let mut folded = DecomposingNormalizer::new_nfd().normalize(text).into_owned();
    for _ in 0..ROUNDS {
        let visible: String = folded.chars().filter(|c| !is_invisible(*c)).collect();
        let next = composed.normalize(&cases.fold_string(&visible)).into_owned();
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// The words of a search, each in the form in which texts are compared, none of them twice.
#[must_use]
pub fn words(search: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in fold(search).split_whitespace() {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// Whether every word of a search occurs in a text, in any order.
#[must_use]
pub fn found_in(search: &str, text: &str) -> bool {
    let text = fold(text);
    words(search).iter().all(|word| text.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_read_alike_fold_alike() {
        for (one, other) in [
            ("İlker", "i\u{307}lker"),
            ("ΝΙΚΟΣ", "νικος"),
            ("ΝΙΚΟΣ", "νικοσ"),
            ("Straße", "STRASSE"),
            ("José", "Jose\u{301}"),
            ("ＡＢＣ", "abc"),
            ("ﬁne", "FINE"),
            ("a\u{200b}d\u{ad}min", "Admin"),
            ("Åsa", "A\u{30a}SA"),
            ("\u{1e9e}", "ss"),
            ("ǅ", "ǆ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("Jose"), fold("José"));
    }

    #[test]
    fn every_word_of_a_search_counts_once() {
        assert_eq!(words(" Ada  LOVELACE ada a\u{3000}b c d e f"), ["ada", "lovelace", "a", "b", "c", "d", "e", "f"]);
        assert!(words(" \u{200b} ").is_empty());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded.clone());
            prop_assert_eq!(fold(&nfc(&text)), folded);
        }
    }
}
