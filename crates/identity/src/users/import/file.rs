//! The file: found out how it is written, made UTF-8, and read.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use domain::{AppError, Code};
use encoding_rs::{Encoding, UTF_8};
use kernel::{Error, Result};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What is between cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Bytes looked at to find out what is between cells.
const LOOK: usize = 64 * 1024;
/// The most cells of a line.
const CELLS_MAX: usize = 100;
/// The most bytes of a line, the buffer of the reader among them; a name is far shorter.
const LINE_MAX: u64 = 128 * 1024;
/// Lines shown before anything is done, and characters of a cell.
const PREVIEW: usize = 5;
const SHOWN: usize = 200;
const PART: usize = 64 * 1024;
const NO_TEXT: &str = "This is no text file. Save the list as CSV first.";

/// How a file is written.
pub(super) struct Written {
    pub encoding: &'static str,
    pub delimiter: u8,
    pub headers: Vec<String>,
    /// The first lines, long cells cut.
    pub preview: Vec<Vec<String>>,
    pub lines: i64,
}

fn unreadable(text: &str) -> Error {
    AppError::field(Code::FileUnreadable, "file", text).into()
}

/// Writes `from` as UTF-8 to `to`, and tells how it is written. To be run where it may take its time.
pub(super) fn prepare(from: &Path, to: &Path) -> Result<Written> {
    let encoding = encoding_of(from)?;
    transcode(from, to, encoding)?;
    let delimiter = delimiter_of(to)?;
    let mut read = Lines::open(to, delimiter)?;
    let headers: Vec<String> = read.headers()?;
    if headers.iter().all(String::is_empty) {
        return Err(unreadable("The first line must name the columns"));
    }
    if headers.len() > CELLS_MAX {
        return Err(unreadable(&format!("At most {CELLS_MAX} columns")));
    }
    let (mut preview, mut lines) = (Vec::new(), 0);
    while let Some(cells) = read.next()? {
        if preview.len() < PREVIEW {
            preview.push((0..headers.len()).map(|cell| cells.get(cell).map(|text| cut(text)).unwrap_or_default()).collect());
        }
        lines += 1;
    }
    if lines == 0 {
        return Err(unreadable("There is no line below the first one"));
    }
    Ok(Written { encoding: encoding.name(), delimiter, headers, preview, lines })
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The lines of a file, none of them longer than any line of a list of people: an open quote does not take the memory.
/// Lines with fewer or more cells than the first one are taken as they are; what they lack is empty.
pub(super) struct Lines {
    reader: csv::Reader<Guard>,
    read: Arc<AtomicU64>,
    record: csv::StringRecord,
}

/// Gives no more of a file than one line may have beyond the lines that were read.
struct Guard {
    file: File,
    given: u64,
    read: Arc<AtomicU64>,
}

impl Read for Guard {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.given > self.read.load(Ordering::Relaxed) + LINE_MAX {
            return Err(std::io::Error::other("a line is far too long. Is a quote left open?"));
        }
        let count = self.file.read(into)?;
        self.given += count as u64;
        Ok(count)
    }
}

impl Lines {
    pub fn open(path: &Path, delimiter: u8) -> Result<Self> {
        let read = Arc::new(AtomicU64::new(0));
        let guard = Guard { file: File::open(path)?, given: 0, read: Arc::clone(&read) };
        let reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(guard);
        let mut lines = Self { reader, read, record: csv::StringRecord::new() };
        // The first line has its own measure, whether its cells are asked for or not.
        lines.reader.headers().map_err(broken)?;
        Ok(lines)
    }

    fn headers(&mut self) -> Result<Vec<String>> {
        let headers = self.reader.headers().map_err(broken)?.iter().take(CELLS_MAX + 1).map(cut).collect();
        Ok(headers)
    }

    /// The next line.
    pub fn next(&mut self) -> Result<Option<Vec<String>>> {
        self.read.store(self.reader.position().byte(), Ordering::Relaxed);
        let found = self.reader.read_record(&mut self.record).map_err(broken)?;
        Ok(found.then(|| self.record.iter().take(CELLS_MAX).map(str::to_owned).collect()))
    }
}

fn broken(error: csv::Error) -> Error {
    unreadable(&format!("This cannot be read as CSV: {error}"))
}

/// By its byte order mark, else whether all of it is UTF-8, else by its letters.
fn encoding_of(path: &Path) -> Result<&'static Encoding> {
    let mut read = BufReader::new(File::open(path)?);
    let mut part = vec![0; PART];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut first = true;
    loop {
        let count = read.read(&mut part)?;
        let bytes = part.get(..count).unwrap_or_default();
        if first && let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Ok(encoding);
        }
        if bytes.contains(&0) {
            return Err(unreadable(NO_TEXT));
        }
        first = false;
        detector.feed(bytes, count == 0);
        if count == 0 {
            return Ok(detector.guess(None, Utf8Detection::Allow));
        }
    }
}

fn transcode(from: &Path, to: &Path, encoding: &'static Encoding) -> Result<()> {
    let (mut read, mut write) = (BufReader::new(File::open(from)?), BufWriter::new(File::create(to)?));
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let (mut part, mut text) = (vec![0; PART], String::with_capacity(4 * PART));
    loop {
        let count = read.read(&mut part)?;
        let mut rest = part.get(..count).unwrap_or_default();
        loop {
            let (result, used, had_errors) = decoder.decode_to_string(rest, &mut text, count == 0);
            if had_errors && encoding == UTF_8 {
                return Err(unreadable("This is neither UTF-8 nor another encoding that is known"));
            }
            if text.contains('\0') {
                return Err(unreadable(NO_TEXT));
            }
            write.write_all(text.as_bytes())?;
            text.clear();
            rest = rest.get(used..).unwrap_or_default();
            if result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
        }
        if count == 0 {
            return Ok(write.flush()?);
        }
    }
}

/// The delimiter that cuts the first lines into most cells, alike in each.
fn delimiter_of(path: &Path) -> Result<u8> {
    let mut head = Vec::new();
    File::open(path)?.take(LOOK as u64).read_to_end(&mut head)?;
    let cells = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(head.as_slice());
        let counts: Vec<usize> = reader.records().take(20).map_while(|record| record.ok()).map(|record| record.len()).collect();
        let first = counts.first().copied().unwrap_or(0);
        // The last of them may be cut through by the look.
        let alike = counts.iter().rev().skip(1).filter(|count| **count == first).count();
        (if first > 1 { alike + 1 } else { 0 }, first)
    };
    let best = DELIMITERS.into_iter().rev().max_by_key(|delimiter| cells(*delimiter));
    Ok(best.unwrap_or(b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8]) -> Result<(Written, String)> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&from, bytes)?;
        let written = prepare(&from, &to)?;
        Ok((written, std::fs::read_to_string(&to)?))
    }

    #[test]
    fn files_are_read_however_they_are_written() {
        let (utf8, text) = written("Vorname;Name\nJörg;Müller\n".as_bytes()).unwrap();
        assert_eq!((utf8.encoding, utf8.delimiter, utf8.lines), ("UTF-8", b';', 1));
        assert!(text.contains("Jörg"));
        let (latin, text) =
            written(b"Vorname,Name,E-Mail\r\nJ\xf6rg,M\xfcller,j@acme.example\r\nAnna,\"Gr\xfcn, Dr.\",a@acme.example\r\n").unwrap();
        assert_eq!((latin.encoding, latin.delimiter, latin.lines), ("windows-1252", b',', 2));
        assert!(text.contains("Jörg,Müller") && latin.headers == ["Vorname", "Name", "E-Mail"]);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("a\tb\n1\t2\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (wide, _) = written(&wide).unwrap();
        assert_eq!((wide.encoding, wide.delimiter, wide.headers.len()), ("UTF-16LE", b'\t', 2));
        let (marked, text) = written(b"\xef\xbb\xbfemail\na@b.example\n").unwrap();
        assert_eq!((marked.headers.as_slice(), marked.delimiter), (["email".to_owned()].as_slice(), b','));
        assert!(!text.starts_with('\u{feff}'));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in [&b""[..], b"email\n", b"PK\x03\x04\0\0", b"\n\n"] {
            assert!(written(bad).is_err(), "{bad:?}");
        }
        let open = format!("email\n\"{}", "x\n".repeat(200_000));
        assert!(written(open.as_bytes()).is_err());
        let marked = [&b"\xef\xbb\xbfe\0mail\n"[..], b"a\n"].concat();
        assert!(written(&marked).is_err());
        assert!(written(&[b','; 300_000]).is_err());
    }
}
