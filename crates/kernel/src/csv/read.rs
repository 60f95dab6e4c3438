//! Reading a file record by record, in bounded memory.

use super::{
    dialect::Dialect,
    guard::unguarded,
    record::{Cut, Record, RecordError, cut},
};
use crate::Result;
use encoding_rs::{CoderResult, Decoder};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// The most cells of a record; those after them are left out.
pub const CELLS_MAX: usize = 100;
/// The most bytes of a record, once it is UTF-8; one of a list of users is far shorter.
const RECORD_MAX: usize = 128 * 1024;
/// Characters of a line that is repeated because it cannot be read.
const SHOWN: usize = 200;
const PART: usize = 64 * 1024;

/// The records of a file. Blank lines are passed over; every other line belongs to a record, or is one that cannot be cut.
pub struct Reader {
    file: BufReader<File>,
    decoder: Decoder,
    delimiter: u8,
    /// What was decoded and not cut yet, from `at` on.
    text: String,
    at: usize,
    line: i64,
    ended: bool,
    had_errors: bool,
}

impl Reader {
    /// Opens a file that is written in that way.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path, dialect: &Dialect) -> Result<Self> {
        let mut reader = Self {
            file: BufReader::new(File::open(path)?),
            decoder: dialect.encoding().new_decoder_with_bom_removal(),
            delimiter: dialect.delimiter(),
            text: String::new(),
            at: 0,
            line: 1,
            ended: false,
            had_errors: false,
        };
        reader.fill()?;
        if let Some((bytes, _)) = super::dialect::separator_line(&reader.text) {
            reader.at = bytes;
            reader.line += 1;
        }
        Ok(reader)
    }

    /// Whether bytes were met that the encoding does not have.
    #[must_use]
    pub const fn had_errors(&self) -> bool {
        self.had_errors
    }

    /// The next record.
    ///
    /// # Errors
    /// When the file cannot be read.
    #[expect(clippy::should_implement_trait, reason = "an iterator of results would hide that reading goes on after a bad record")]
    pub fn next(&mut self) -> Result<Option<Record>> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let line = self.line;
            match cut(rest, self.delimiter, self.ended, CELLS_MAX) {
                Cut::End => return Ok(None),
                Cut::More if rest.len() > RECORD_MAX => return self.too_long().map(Some),
                Cut::More => self.fill()?,
                Cut::Blank { bytes } => self.pass(bytes, 1),
                Cut::Cells { cells, bytes, lines } => {
                    self.pass(bytes, lines);
                    let cells = cells.iter().map(|cell| unguarded(cell).to_owned()).collect();
                    return Ok(Some(Record { line, cells: Ok(cells) }));
                }
                Cut::Open { bytes } => {
                    let first = shown(rest.get(..bytes).unwrap_or_default());
                    self.pass(bytes, 1);
                    return Ok(Some(Record { line, cells: Err((RecordError::OpenQuote, first)) }));
                }
            }
        }
    }

    /// The first bytes of the text, whatever of them is a record.
    pub(super) fn head(&mut self, bytes: usize) -> Result<String> {
        while self.text.len() < bytes && !self.ended {
            self.fill()?;
        }
        Ok(self.text.clone())
    }

    fn pass(&mut self, bytes: usize, lines: i64) {
        self.at += bytes;
        self.line += lines;
    }

    /// Passes over a line that is too long to be cut: if a quote opens in it, that one is to blame, and the lines after it may be good.
    fn too_long(&mut self) -> Result<Record> {
        let line = self.line;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let first = shown(rest);
        if let Some(end) = rest.find(['\n', '\r']) {
            let bytes = if rest.get(end..).is_some_and(|end| end.starts_with("\r\n")) { end + 2 } else { end + 1 };
            self.pass(bytes, 1);
            return Ok(Record { line, cells: Err((RecordError::OpenQuote, first)) });
        }
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            match rest.find(['\n', '\r']) {
                // A line feed after a carriage return may be in the part to come.
                Some(end) if end + 1 < rest.len() || self.ended => {
                    let bytes = if rest.get(end..).is_some_and(|end| end.starts_with("\r\n")) { end + 2 } else { end + 1 };
                    self.pass(bytes, 1);
                    break;
                }
                Some(end) => self.at += end,
                None => self.at = self.text.len(),
            }
            if self.ended {
                break;
            }
            self.fill()?;
        }
        Ok(Record { line, cells: Err((RecordError::TooLong, first)) })
    }

    /// Decodes the next part.
    fn fill(&mut self) -> Result<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let mut part = vec![0; PART];
        let count = self.file.read(&mut part)?;
        let mut rest = part.get(..count).unwrap_or_default();
        loop {
            self.text.reserve(self.decoder.max_utf8_buffer_length(rest.len()).unwrap_or(PART));
            let (result, used, had_errors) = self.decoder.decode_to_string(rest, &mut self.text, count == 0);
            self.had_errors |= had_errors;
            rest = rest.get(used..).unwrap_or_default();
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        self.ended = count == 0;
        Ok(())
    }
}

fn shown(line: &str) -> String {
    line.lines().next().unwrap_or_default().chars().take(SHOWN).collect()
}
