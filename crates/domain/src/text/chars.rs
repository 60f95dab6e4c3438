//! Characters that are not what they seem.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

/// Whether a character leaves no trace where it stands: Default_Ignorable_Code_Point (Unicode 16, 5.21), annotation marks, and
/// the blanks that are no white space.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1d159}' | '\u{fff9}'..='\u{fffb}') || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character belongs to the letter before it, such as an accent, and can be seen.
pub(crate) fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c)) && !is_invisible(c)
}
