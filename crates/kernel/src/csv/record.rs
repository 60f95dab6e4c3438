//! One record of a file, cut into cells.

/// A record, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line of the file in which it begins, as an editor counts: the first is 1, blank ones and those within cells count.
    pub line: i64,
    /// Its cells without the white space around them; or why it cannot be cut, with what stands in its first line.
    pub cells: Result<Vec<String>, (RecordError, String)>,
}

/// Why a record cannot be cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A quote opens a cell and is not closed where the cell ends.
    #[error("A quotation mark opens on this line and is never closed. Close it, or double the quotation marks that belong to the text.")]
    OpenQuote,
    /// It is longer than any line of a list.
    #[error("This line is too long")]
    TooLong,
}

/// What stands at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing any more.
    End,
    /// Not enough of it is known to tell.
    More,
    /// A line without anything.
    Blank {
        /// Its bytes, the line break among them.
        bytes: usize,
    },
    /// A record.
    Cells {
        cells: Vec<String>,
        /// Its bytes, the line break at its end among them.
        bytes: usize,
        /// The line breaks within it and at its end.
        lines: i64,
    },
    /// A record whose quote is not closed; the lines after the first may be good ones.
    Open {
        /// The bytes of the first line, the line break among them.
        bytes: usize,
    },
}

/// Cuts one record off the beginning of `text`, which is all there is when it has `ended`. More than `most` cells are left out.
pub(super) fn cut(text: &str, delimiter: u8, ended: bool, most: usize) -> Cut {
    let mut cutter = Cutter { text, bytes: text.as_bytes(), at: 0, delimiter, ended };
    if text.is_empty() {
        return if ended { Cut::End } else { Cut::More };
    }
    let (mut cells, mut lines) = (Vec::new(), 0);
    loop {
        let (cell, breaks) = match cutter.cell() {
            Cell::Text { cell, breaks } => (cell, breaks),
            Cell::More => return Cut::More,
            Cell::Open => {
                cutter.at = 0;
                cutter.skip_to_break();
                return match cutter.line_break() {
                    None => Cut::More,
                    Some(_) => Cut::Open { bytes: cutter.at },
                };
            }
        };
        lines += breaks;
        if cells.len() < most {
            cells.push(cell);
        }
        if cutter.peek() == Some(delimiter) {
            cutter.at += 1;
            continue;
        }
        return match cutter.line_break() {
            None => Cut::More,
            Some(_) if cells.len() == 1 && lines == 0 && text.get(..cutter.at).is_some_and(|line| line.trim().is_empty()) => {
                Cut::Blank { bytes: cutter.at }
            }
            Some(breaks) => Cut::Cells { cells, bytes: cutter.at, lines: lines + breaks },
        };
    }
}

enum Cell {
    Text { cell: String, breaks: i64 },
    More,
    Open,
}

struct Cutter<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
    ended: bool,
}

impl Cutter<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&goes_on) {
            self.at += 1;
        }
    }

    fn skip_to_break(&mut self) {
        self.skip_while(|byte| byte != b'\n' && byte != b'\r');
    }

    /// Passes the end of a line: `\n`, `\r\n`, `\r` or that of the text. Gives the line breaks; `None` while it may go on.
    fn line_break(&mut self) -> Option<i64> {
        match (self.peek(), self.bytes.get(self.at + 1)) {
            (None, _) => self.ended.then_some(0),
            (Some(b'\r'), Some(b'\n')) => {
                self.at += 2;
                Some(1)
            }
            (Some(b'\r'), None) if !self.ended => None,
            _ => {
                self.at += 1;
                Some(1)
            }
        }
    }

    fn cell(&mut self) -> Cell {
        let from = self.at;
        let delimiter = self.delimiter;
        self.skip_while(|byte| byte == b' ' && byte != delimiter);
        if self.peek() == Some(b'"') {
            match self.quoted() {
                Quoted::Text(cell, breaks) => return Cell::Text { cell, breaks },
                Quoted::More => return Cell::More,
                Quoted::Open => return Cell::Open,
                // The quotes belong to the text.
                Quoted::Plain => {}
            }
        }
        self.at = from;
        self.skip_while(|byte| byte != delimiter && byte != b'\n' && byte != b'\r');
        if self.peek().is_none() && !self.ended {
            return Cell::More;
        }
        Cell::Text { cell: self.slice(from, self.at).trim().to_owned(), breaks: 0 }
    }

    /// Reads a cell from its opening quote.
    fn quoted(&mut self) -> Quoted {
        self.at += 1;
        let (mut cell, mut breaks) = (String::new(), 0);
        loop {
            let from = self.at;
            self.skip_while(|byte| byte != b'"');
            if self.peek().is_none() {
                return if self.ended { Quoted::Open } else { Quoted::More };
            }
            let part = self.slice(from, self.at);
            breaks += line_breaks(part);
            cell.push_str(part);
            self.at += 1;
            if self.peek() == Some(b'"') {
                cell.push('"');
                self.at += 1;
                continue;
            }
            let delimiter = self.delimiter;
            self.skip_while(|byte| byte == b' ' && byte != delimiter);
            return match self.peek() {
                None if !self.ended => Quoted::More,
                Some(byte) if byte != delimiter && byte != b'\n' && byte != b'\r' => {
                    if breaks == 0 {
                        Quoted::Plain
                    } else {
                        Quoted::Open
                    }
                }
                _ => Quoted::Text(cell.trim().to_owned(), breaks),
            };
        }
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }
}

enum Quoted {
    Text(String, i64),
    More,
    Open,
    Plain,
}

/// The line breaks in a text, however they are written.
fn line_breaks(text: &str) -> i64 {
    let returns = text.matches('\r').count();
    let pairs = text.matches("\r\n").count();
    i64::try_from(text.matches('\n').count() + returns - pairs).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<String> {
        match cut(text, b',', true, 100) {
            Cut::Cells { cells, .. } => cells,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn cells_are_cut_as_they_were_meant() {
        for (text, expected) in [
            ("a,b\n", vec!["a", "b"]),
            ("a, b ,c", vec!["a", "b", "c"]),
            ("\"a,b\",c", vec!["a,b", "c"]),
            ("a, \"b \"\"c\"\"\" ,d", vec!["a", "b \"c\"", "d"]),
            ("\"a\nb\",c\nd", vec!["a\nb", "c"]),
            (",,", vec!["", "", ""]),
            ("\"\",x", vec!["", "x"]),
            ("12\" pipe,x", vec!["12\" pipe", "x"]),
            ("\"Bob\" Smith,x", vec!["\"Bob\" Smith", "x"]),
            ("O\"Neil,\"x", vec!["O\"Neil", "\"x"]),
        ] {
            if text.ends_with("\"x") {
                assert!(matches!(cut(text, b',', true, 100), Cut::Open { .. }));
            } else {
                assert_eq!(cells(text), expected, "{text:?}");
            }
        }
        assert_eq!(cells(&",".repeat(500)).len(), 100);
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let lines = |text: &str| match cut(text, b',', true, 100) {
            Cut::Cells { lines, bytes, .. } => (lines, bytes),
            other => panic!("{other:?}"),
        };
        assert_eq!(lines("\"a\r\nb\rc\nd\",e\r\nf"), (4, 14));
        assert_eq!(lines("a\rb"), (1, 2));
        assert_eq!(lines("a"), (0, 1));
    }

    #[test]
    fn what_is_not_whole_waits_for_more() {
        for text in ["", "a,b", "\"a\n", "\"a\"", "a\r", " "] {
            assert_eq!(cut(text, b',', false, 100), Cut::More, "{text:?}");
        }
        assert_eq!(cut(" \t\r\nx", b',', false, 100), Cut::Blank { bytes: 4 });
        assert_eq!(cut("", b',', true, 100), Cut::End);
    }

    #[test]
    fn an_open_quote_costs_its_own_line() {
        assert_eq!(cut("c,\"Gia Rossi,x@a.example\nd,Dan,d@a.example\n", b',', true, 100), Cut::Open { bytes: 25 });
        assert_eq!(cut("c,\"Gia Rossi,x\nd,\"Dan\",d\n", b',', true, 100), Cut::Open { bytes: 15 });
    }
}
