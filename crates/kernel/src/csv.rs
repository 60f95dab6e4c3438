//! Comma-separated values, in and out (RFC 4180, as far as files keep to it). Everything that reads or writes a list does it here.

mod detect;
mod dialect;
mod guard;
mod read;
mod record;
mod write;

pub use detect::detect;
pub use dialect::{DELIMITERS, Dialect, ENCODINGS};
pub use read::{CELLS_MAX, Reader};
pub use record::{Record, RecordError};
pub use write::written;
