//! Reads a file line by line, on threads that may block.

use super::{Sheet, blocking};
use crate::{
    Result, Services,
    csv::{Reader, Record},
};
use tempfile::TempDir;

/// The lines of a file that are still to be imported. The local copy of the file goes with it.
pub struct Lines {
    reader: Option<Reader>,
    _scratch: TempDir,
}

impl Lines {
    /// Opens the file of an import, behind the lines that are done.
    ///
    /// # Errors
    /// When the file is gone or cannot be read.
    pub async fn open(services: &Services, sheet: &Sheet, done: i64) -> Result<Self> {
        let scratch = services.files.scratch()?;
        let path = scratch.path().join("import.csv");
        services.files.fetch(&sheet.file, &path).await?;
        let (dialect, skip) = (sheet.dialect.clone(), done + i64::from(sheet.has_header));
        let opened = blocking(move || {
            let mut reader = Reader::open(&path, &dialect)?;
            for _ in 0..skip {
                if reader.next()?.is_none() {
                    break;
                }
            }
            Ok(reader)
        });
        Ok(Self { reader: Some(opened.await?), _scratch: scratch })
    }

    /// The next lines, at most so many; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Record>> {
        let Some(mut reader) = self.reader.take() else { return Ok(Vec::new()) };
        let read = blocking(move || {
            let mut some = Vec::with_capacity(most);
            while some.len() < most
                && let Some(record) = reader.next()?
            {
                some.push(record);
            }
            Ok((reader, some))
        });
        let (reader, some) = read.await?;
        self.reader = Some(reader);
        Ok(some)
    }
}
