//! Finding out how a file is written.

use super::{
    dialect::{DELIMITERS, Dialect, separator_line},
    read::{CELLS_MAX, Reader},
    record::{Cut, cut},
};
use crate::Result;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_8859_2, WINDOWS_1250};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// Bytes looked at to find out what is between cells.
const LOOK: usize = 64 * 1024;
/// Records looked at for the same.
const LOOK_RECORDS: usize = 20;
const PART: usize = 64 * 1024;

/// Finds out how a file is written; `None` for what is no text.
///
/// # Errors
/// When it cannot be read.
pub fn detect(path: &Path) -> Result<Option<Dialect>> {
    let Some(encoding) = encoding_of(path)? else { return Ok(None) };
    let mut reader = Reader::open(path, &Dialect::new(encoding, b','))?;
    let delimiter = delimiter_of(&reader.head(LOOK)?);
    Ok(Some(Dialect::new(encoding, delimiter)))
}

/// By its byte order mark, else whether all of it is UTF-8, else by its letters and the countries of its addresses.
fn encoding_of(path: &Path) -> Result<Option<&'static Encoding>> {
    let mut read = BufReader::new(File::open(path)?);
    let mut part = vec![0; PART];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut country = None;
    let mut first = true;
    loop {
        let count = read.read(&mut part)?;
        let bytes = part.get(..count).unwrap_or_default();
        if first && let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Ok(Some(encoding));
        }
        if bytes.contains(&0) {
            return Ok(None);
        }
        first = false;
        country = country.or_else(|| country_of(bytes));
        detector.feed(bytes, count == 0);
        if count == 0 {
            let guessed = detector.guess(country.as_deref(), Utf8Detection::Allow);
            // Spreadsheets of these languages write the code page of Windows, in which most letters stand elsewhere.
            return Ok(Some(if guessed == ISO_8859_2 { WINDOWS_1250 } else { guessed }));
        }
    }
}

/// The country of the first address that has one: a file of Polish addresses is rather written in Polish.
fn country_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let is_domain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    bytes.split(|byte| *byte == b'@').skip(1).find_map(|after| {
        let domain: Vec<u8> = after.iter().copied().take_while(is_domain).collect();
        let last = domain.rsplit(|byte| *byte == b'.').next()?.to_ascii_lowercase();
        (last.len() == 2 && domain.contains(&b'.')).then_some(last)
    })
}

/// What its first line says, else what cuts the first records into most cells, alike in each.
fn delimiter_of(head: &str) -> u8 {
    if let Some((_, delimiter)) = separator_line(head) {
        return delimiter;
    }
    let cells = |delimiter: u8| {
        let (mut rest, mut counts) = (head, Vec::new());
        while counts.len() < LOOK_RECORDS {
            match cut(rest, delimiter, false, CELLS_MAX) {
                Cut::Cells { cells, bytes, .. } => {
                    counts.push(cells.len());
                    rest = rest.get(bytes..).unwrap_or_default();
                }
                Cut::Blank { bytes } | Cut::Open { bytes } => rest = rest.get(bytes..).unwrap_or_default(),
                Cut::More if counts.is_empty() => {
                    // One line without an end.
                    if let Cut::Cells { cells, .. } = cut(rest, delimiter, true, CELLS_MAX) {
                        counts.push(cells.len());
                    }
                    break;
                }
                Cut::More | Cut::End => break,
            }
        }
        let first = counts.first().copied().unwrap_or(0);
        let alike = counts.iter().skip(1).filter(|count| **count == first).count();
        (if first > 1 { alike + 1 } else { 0 }, first)
    };
    let best = DELIMITERS.into_iter().map(|(byte, _)| byte).rev().max_by_key(|delimiter| cells(*delimiter));
    best.unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_found_out() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("sep=;\na,b;c\n", b';'),
            ("SEP=\t\r\na\tb", b'\t'),
            ("sep=,\n\na;b", b','),
            ("a|b", b'|'),
            ("email", b','),
        ] {
            assert_eq!(delimiter_of(text), delimiter, "{text:?}");
        }
    }

    #[test]
    fn addresses_tell_their_country() {
        assert_eq!(country_of(b"x,a@b.example,c@d.pl\n").as_deref(), Some(&b"pl"[..]));
        assert_eq!(country_of(b"a@pl,b"), None);
    }
}
