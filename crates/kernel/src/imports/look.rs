//! Finds out how a file is written, and reads its first lines.

use crate::{
    Error, Result,
    csv::{CELLS_MAX, Dialect, Reader, Record, detect},
};
use domain::{AppError, Code, Email};
use std::path::Path;

/// The names of the columns that a file of skipped rows has behind those of the import.
pub const SKIPPED_COLUMNS: [&str; 2] = ["Reason", "Line"];
/// Lines shown before anything is done, and characters of a cell.
const PREVIEW: usize = 5;
const SHOWN: usize = 200;
/// The most columns: a file of skipped rows has two more, and is read again.
const COLUMNS_MAX: usize = CELLS_MAX - 1 - SKIPPED_COLUMNS.len();
const NO_TEXT: &str = "This is not a text file. Save the list as CSV first.";

/// How a file is written, and its first lines.
pub(super) struct Written {
    pub dialect: Dialect,
    /// Whether its first line names the columns.
    pub has_header: bool,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The first lines below them, long cells cut.
    pub preview: Vec<Vec<String>>,
    /// The lines below the names, those that cannot be cut into cells among them.
    pub lines: i64,
}

fn unreadable(field: &str, text: &str) -> Error {
    AppError::field(Code::FileUnreadable, field, text).into()
}

/// Looks through a file that is written in a way that is to be found out. To be run where it may take its time.
pub(super) fn look(path: &Path) -> Result<Written> {
    let dialect = detect(path)?.ok_or_else(|| unreadable("file", NO_TEXT))?;
    look_as(path, dialect, None, "file")
}

/// The same for a way that was chosen; what is wrong stands beside `field`.
pub(super) fn look_as(path: &Path, dialect: Dialect, has_header: Option<bool>, field: &str) -> Result<Written> {
    let mut read = Reader::open(path, &dialect)?;
    let first = read.next()?.ok_or_else(|| unreadable(field, "The file is empty"))?;
    let has_header = has_header.unwrap_or_else(|| is_header(&first));
    let mut shown: Vec<Vec<String>> = Vec::new();
    let mut lines = 0;
    let mut headers = Vec::new();
    let first_is_good = first.cells.is_ok();
    if has_header {
        headers = first.cells.map_err(|(error, _)| unreadable(field, &error.to_string()))?;
        checked(&headers, field)?;
        if headers.iter().all(String::is_empty) {
            return Err(unreadable(field, "The first row must contain the column names"));
        }
    } else {
        note(&first, &mut shown, field)?;
        lines += 1;
    }
    let mut is_list = has_header || first_is_good;
    while let Some(record) = read.next()? {
        note(&record, &mut shown, field)?;
        is_list |= record.cells.is_ok();
        lines += 1;
    }
    if read.had_errors() && dialect.encoding_name() == "UTF-8" {
        return Err(unreadable(field, "The encoding of this file is not supported. Save it as UTF-8."));
    }
    if !is_list {
        return Err(unreadable(field, NO_TEXT));
    }
    if lines == 0 {
        return Err(unreadable(field, "The file has no rows below the column names"));
    }
    let width = headers.len().max(if has_header { 0 } else { shown.iter().map(Vec::len).max().unwrap_or(0) });
    if width > COLUMNS_MAX {
        return Err(unreadable(field, &format!("Use at most {COLUMNS_MAX} columns")));
    }
    let names = (0..width).map(|index| match headers.get(index).filter(|name| !name.is_empty()) {
        Some(name) => shorten(name),
        None => format!("Column {}", index + 1),
    });
    let row = |cells: &Vec<String>| (0..width).map(|index| cells.get(index).map(|text| shorten(text)).unwrap_or_default()).collect();
    Ok(Written { headers: names.collect(), preview: shown.iter().map(row).collect(), dialect, has_header, lines })
}

/// A line that holds an address names no column.
fn is_header(first: &Record) -> bool {
    first.cells.as_ref().is_ok_and(|cells| !cells.iter().any(|cell| Email::parse(cell).is_ok()))
}

fn note(record: &Record, shown: &mut Vec<Vec<String>>, field: &str) -> Result<()> {
    match &record.cells {
        Ok(cells) => checked(cells, field)?,
        Err((_, line)) => checked(std::slice::from_ref(line), field)?,
    }
    if shown.len() < PREVIEW {
        shown.push(match &record.cells {
            Ok(cells) => cells.clone(),
            Err((_, line)) => vec![line.clone()],
        });
    }
    Ok(())
}

/// PostgreSQL takes no NUL in a text, and no list has one.
fn checked(cells: &[String], field: &str) -> Result<()> {
    if cells.iter().any(|cell| cell.contains('\0')) { Err(unreadable(field, NO_TEXT)) } else { Ok(()) }
}

fn shorten(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8]) -> Result<Written> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a");
        std::fs::write(&path, bytes)?;
        look(&path)
    }

    fn shape(bytes: &[u8]) -> (String, u8, i64, Vec<String>) {
        let written = written(bytes).unwrap();
        (written.dialect.encoding_name().to_owned(), written.dialect.delimiter(), written.lines, written.headers)
    }

    #[test]
    fn files_are_read_however_they_are_written() {
        let (encoding, delimiter, lines, _) = shape("Vorname;Name\nJörg;Müller\n".as_bytes());
        assert_eq!((encoding.as_str(), delimiter, lines), ("UTF-8", b';', 1));
        let latin =
            written(b"Vorname,Name,E-Mail\r\nJ\xf6rg,M\xfcller,j@acme.example\r\nAnna,\"Gr\xfcn, Dr.\",a@acme.example\r\n").unwrap();
        assert_eq!((latin.dialect.encoding_name(), latin.dialect.delimiter(), latin.lines), ("windows-1252", b',', 2));
        assert_eq!(latin.preview[0], ["Jörg", "Müller", "j@acme.example"]);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("a\tb\n1\t2\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (encoding, delimiter, _, headers) = shape(&wide);
        assert_eq!((encoding.as_str(), delimiter, headers.len()), ("UTF-16LE", b'\t', 2));
        let (_, delimiter, _, headers) = shape(b"\xef\xbb\xbfemail\na@b.example\n");
        assert_eq!((headers.as_slice(), delimiter), (["email".to_owned()].as_slice(), b','));
        let (_, delimiter, lines, headers) = shape(b"\xef\xbb\xbfsep=;\r\nemail;name\r\na@b.example;A, B\r\n");
        assert_eq!((delimiter, lines, headers), (b';', 1, vec!["email".to_owned(), "name".to_owned()]));
    }

    #[test]
    fn the_country_of_an_address_tells_the_code_page() {
        assert_eq!(written(b"name,email\nB\xb9k,b@firma.pl\n").unwrap().preview[0][0], "Bąk");
        assert_eq!(written(b"name,email\nYa\xf0mur,y@firma.tr\n").unwrap().preview[0][0], "Yağmur");
    }

    #[test]
    fn a_line_with_an_address_is_no_header() {
        let one = written(b"Mara,Lind,mara@a.example").unwrap();
        assert_eq!((one.has_header, one.lines), (false, 1));
        assert_eq!(one.headers, ["Column 1", "Column 2", "Column 3"]);
        assert!(written(b"First,E-mail\nMara,mara@a.example\n").unwrap().has_header);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in [&b""[..], b"email\n", b"PK\x03\x04\0\0", b"\n\n"] {
            assert!(written(bad).is_err(), "{bad:?}");
        }
        let marked = [&b"\xef\xbb\xbfe\0mail\n"[..], b"a\n"].concat();
        assert!(written(&marked).is_err());
        assert!(written(&[b','; 300_000]).is_err());
    }

    #[test]
    fn an_open_quote_costs_one_line_of_many() {
        let open = format!("email\n\"{}", "x\n".repeat(200_000));
        assert_eq!(written(open.as_bytes()).unwrap().lines, 200_000);
    }
}
