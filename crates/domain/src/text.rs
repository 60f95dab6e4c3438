//! The forms of a text: how it is stored, how it is compared, and what it looks like. Every surface uses these, so that what one
//! accepts another one finds; neither SQL nor any other module folds case or removes characters.

mod chars;
mod confusable;
mod fold;
mod line;

pub(crate) use chars::{is_invisible, is_mark};
pub use confusable::looks;
pub use fold::{fold, found_in, nfc, nfkc, nfkd, words};
pub use line::{LineError, cut, is_blank, line};
