//! Writing rows (RFC 4180).

use super::guard::guarded;

/// Rows as they are written, a line break after each; cells that begin like formulas are guarded.
///
/// # Errors
/// Those of the writer, which writes to memory.
pub fn written<R: AsRef<[String]>>(rows: impl IntoIterator<Item = R>) -> std::io::Result<String> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.as_ref().iter().map(|cell| guarded(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::{Dialect, Reader};
    use proptest::prelude::*;

    proptest! {
        /// What goes out comes in again, whatever a line of text may hold.
        #[test]
        fn what_is_written_is_read_again(rows in prop::collection::vec(prop::collection::vec(any::<String>(), 2..5), 1..6)) {
            let rows: Vec<Vec<String>> =
                rows.into_iter().map(|row| row.iter().map(|cell| domain::text::line(cell).unwrap_or_default()).collect()).collect();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("list.csv");
            std::fs::write(&path, format!("a,b\n{}", written(&rows).unwrap())).unwrap();
            let mut reader = Reader::open(&path, &Dialect::chosen("UTF-8", ",").unwrap()).unwrap();
            let mut read = Vec::new();
            while let Some(record) = reader.next().unwrap() {
                read.push(record.cells.unwrap());
            }
            prop_assert_eq!(&read[1..], &rows[..]);
        }
    }
}
