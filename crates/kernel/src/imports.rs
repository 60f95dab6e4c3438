//! Files that users import: taken in, kept for a week, read in the way that they are written. What their lines become is the matter of who
//! imports them.

mod lines;
mod look;

pub use lines::Lines;
pub use look::SKIPPED_COLUMNS;

use crate::{
    Error, RequestCx, Result, Services,
    csv::Dialect,
    entropy::random_name,
    files::tenant_file,
    storage::{storage_full, storage_of, storage_require},
};
use chrono::TimeDelta;
use db::tenant::{
    job_rows::{job_keys_delete, job_prune},
    queue,
};
use domain::{
    AppError, Code, JobId, Operation,
    dto::{Storage, tenant::ImportSheet},
};
use look::{Written, look, look_as};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The largest file taken, in bytes: some ten million lines.
pub const CSV_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Where files are kept, and for how long: an import is done soon, or the list is an old one.
pub const FOLDER: &str = "imports";
const KEPT: TimeDelta = TimeDelta::days(7);
/// Files that a company may bring in or have read again in a day, so that nobody fills the disk or keeps every core at work.
const UPLOADS_A_DAY: u32 = 100;
/// The most characters of the name of a file.
const NAME_MAX: usize = 100;

/// A file that was taken in, and how it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The file, as kept.
    pub file: String,
    /// What the file was called.
    pub name: String,
    /// How it is written.
    #[serde(alias = "delimiter")]
    pub dialect: Dialect,
    /// Whether its first line names the columns.
    #[serde(default = "named")]
    pub has_header: bool,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The first lines below them, while it is a draft.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<Vec<String>>,
    /// The lines below them.
    pub lines: i64,
}

/// Files of imports from before that was a choice name their columns.
const fn named() -> bool {
    true
}

impl Sheet {
    fn of(file: String, name: &str, written: Written) -> Self {
        let Written { dialect, has_header, headers, preview, lines } = written;
        let name = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        Self { file, name, dialect, has_header, headers, preview, lines }
    }

    /// What a page shows of it.
    #[must_use]
    pub fn shown(self) -> ImportSheet {
        ImportSheet {
            delimiter: char::from(self.dialect.delimiter()),
            encoding: self.dialect.encoding_name().to_owned(),
            name: self.name,
            has_header: self.has_header,
            lines: self.lines,
            headers: self.headers,
            preview: self.preview,
        }
    }

    /// The names of the columns without those of an earlier file of skipped rows.
    #[must_use]
    pub fn headers_own(&self) -> &[String] {
        let skipped = SKIPPED_COLUMNS.map(str::to_owned);
        self.headers.strip_suffix(&skipped[..]).unwrap_or(&self.headers)
    }

    /// Goes on only while the file is there.
    ///
    /// # Errors
    /// [`AppError::Conflict`] for one that was deleted after a week.
    pub async fn require(&self, cx: &RequestCx) -> Result<()> {
        let text = "This file was uploaded more than a week ago and has been deleted. Upload it again.";
        match cx.services.files.open(&self.file).await {
            Ok(_) => Ok(()),
            Err(_) => Err(AppError::conflict(Code::ImportExpired, "", text).into()),
        }
    }

    /// Reads the file in another way.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside `encoding` for a file that cannot be read so, [`AppError::Conflict`] for one that is gone,
    /// [`AppError::RateLimited`].
    pub async fn read_as(self, cx: &RequestCx, reading: &ImportReading) -> Result<Self> {
        let dialect = Dialect::chosen(&reading.encoding, &reading.delimiter)
            .ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "encoding", "Choose an encoding and a delimiter"))?;
        import_count(cx).await?;
        cx.turn_end();
        let scratch = cx.services.files.scratch()?;
        let path = scratch.path().join("import.csv");
        self.require(cx).await?;
        cx.services.files.fetch(&self.file, &path).await?;
        let has_header = reading.has_header;
        let written = blocking(move || look_as(&path, dialect, Some(has_header), "encoding")).await?;
        Ok(Self::of(self.file, &self.name, written))
    }
}

/// What was chosen of how a file is written.
#[derive(Clone, Debug, Default)]
pub struct ImportReading {
    /// The name of its encoding (Encoding Standard).
    pub encoding: String,
    /// What is between its cells.
    pub delimiter: String,
    /// Whether its first line names the columns.
    pub has_header: bool,
}

/// Removes the files of all companies that are older than they are kept.
///
/// # Errors
/// When they cannot be listed.
pub async fn import_sweep(services: &Services) -> Result<()> {
    for name in services.files.older("", services.now() - KEPT).await? {
        if name.starts_with('t') && name.split('/').nth(1) == Some(FOLDER) {
            services.files.remove(&name).await?;
        }
    }
    Ok(())
}

/// Takes up an import before a byte of the file is read, when its length is announced. Gives how many bytes may come.
///
/// # Errors
/// [`AppError::Conflict`] beside `file` for what does not fit, [`AppError::RateLimited`] after too many.
pub async fn import_admit(cx: &RequestCx, announced: Option<u64>) -> Result<u64> {
    let free = storage_require(cx, announced).await?;
    import_count(cx).await?;
    Ok(free)
}

/// Counts a file that is received or read whole.
///
/// # Errors
/// [`AppError::RateLimited`] after too many.
pub async fn import_count(cx: &RequestCx) -> Result<()> {
    let day = cx.services.redis.window_count(cx.site.key(), "import", UPLOADS_A_DAY, 86_400).await?;
    day.map_or(Ok(()), |retry_after| Err(AppError::RateLimited { retry_after }.into()))
}

/// Keeps a file, as long as `draft` makes a draft of it. Gives the number of the draft.
///
/// # Errors
/// [`AppError::Validation`] beside `file` for what is no list, [`AppError::Conflict`] beside it for what does not fit, and those of `draft`.
pub async fn import_keep(cx: &RequestCx, name: &str, file: &Path, draft: impl AsyncFnOnce(Sheet) -> Result<JobId>) -> Result<JobId> {
    let tenant = cx.tenant_site()?.tenant.id;
    let from = file.to_owned();
    let written = blocking(move || look(&from)).await?;
    let place = tenant_file(tenant, &format!("{FOLDER}/{}.csv", random_name::<16>(&*cx.services.entropy)));
    let bytes = cx.services.files.keep(&place, file).await?;
    let begun = async {
        // Others of the company may have brought files in while this one came.
        let kept = storage_of(cx).await?;
        if kept.used > kept.most {
            return Err(storage_full(Storage { used: kept.used.saturating_sub(bytes), ..kept }).into());
        }
        draft(Sheet::of(place.clone(), name, written)).await
    }
    .await;
    if begun.is_err() {
        cx.services.files.remove(&place).await?;
    }
    begun
}

/// Keys and lines forgotten at a time, so that nobody waits for it.
const FORGOTTEN: i64 = 20_000;

/// A value by which lines of a file are told apart, the same in every process that goes on with a job.
#[must_use]
pub fn key_hash(key: &str) -> i64 {
    let digest = Sha256::digest(key.as_bytes());
    digest.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

/// Forgets the keys of an import that has come to its end; of a check also the lines of the one before (`looked`) of the same draft.
///
/// # Errors
/// When the database does not answer.
pub async fn import_forget(cx: &RequestCx, operation: &'static Operation, job: JobId, looked: Option<JobId>) -> Result<()> {
    loop {
        let mut tx = cx.tenant_begin(operation).await?;
        let gone = job_keys_delete(&mut tx.conn, job, FORGOTTEN).await.map_err(Error::from);
        if tx.finish(gone).await? < FORGOTTEN {
            break;
        }
    }
    let Some(looked) = looked else { return Ok(()) };
    loop {
        let mut tx = cx.tenant_begin(operation).await?;
        let gone = async {
            match queue::job_get(&mut tx.conn, looked).await? {
                Some(record) if record.status()?.is_over() => Ok(job_prune(&mut tx.conn, looked, FORGOTTEN).await?),
                _ => Ok(0),
            }
        }
        .await;
        if tx.finish(gone).await? < FORGOTTEN {
            return Ok(());
        }
    }
}

/// Runs what reads files where it may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Fault(error.to_string()))?
}
