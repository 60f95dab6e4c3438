//! A company as a file: a tar with one JSON Lines file for each table and, last, a manifest with counts and checksums.

mod read;

pub(super) use read::unpack;

use chrono::{DateTime, Utc};
use domain::Money;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// The format this version writes and reads.
pub(super) const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";

/// What an archive says about itself; its last entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub format: u32,
    /// The installation it comes from: secrets of another one cannot be opened here.
    pub installation: String,
    pub exported_at: DateTime<Utc>,
    /// The newest migration of the schema.
    pub schema_version: i64,
    pub tenant: ManifestTenant,
    pub tables: Vec<ManifestTable>,
}

/// The company, as the registry knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ManifestTenant {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub max_users: i32,
    pub features_enabled: Value,
    pub billing_settings: Value,
    /// None in archives of before there was AI.
    #[serde(default)]
    pub ai: Option<CompanyAi>,
}

/// The AI of a company on its way. The configuration is sealed for the company it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CompanyAi {
    pub config_encrypted: Option<String>,
    pub enabled: bool,
    pub limit: Money,
}

/// One table's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ManifestTable {
    pub name: String,
    pub rows: i64,
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

fn entry_name(table: &str) -> String {
    format!("tables/{table}.jsonl")
}

/// An archive that is written on a thread of its own. Dropped before its end, nothing of it is left.
pub(super) struct ArchiveWriter {
    parts: mpsc::Sender<Part>,
    thread: tokio::task::JoinHandle<Result<PathBuf>>,
}

/// Parts that wait to be written, at most: the reader of the tables does not run ahead of the disk.
const PARTS_WAITING: usize = 4;

enum Part {
    Table(&'static str),
    Rows(Vec<String>),
    End { installation: String, schema_version: i64, tenant: Box<ManifestTenant> },
}

impl ArchiveWriter {
    pub fn create(folder: &Path, now: DateTime<Utc>) -> Self {
        let (parts, waiting) = mpsc::channel(PARTS_WAITING);
        let folder = folder.to_owned();
        Self { parts, thread: tokio::task::spawn_blocking(move || write(&folder, now, waiting)) }
    }

    /// Begins a table; the one before is whole.
    pub async fn table(&self, name: &'static str) -> Result<()> {
        self.put(Part::Table(name)).await
    }

    /// Adds rows to the table.
    pub async fn rows(&self, lines: Vec<String>) -> Result<()> {
        self.put(Part::Rows(lines)).await
    }

    /// Writes the manifest and gives the finished file.
    pub async fn finish(self, installation: &str, schema_version: i64, tenant: ManifestTenant) -> Result<PathBuf> {
        let end = Part::End { installation: installation.to_owned(), schema_version, tenant: Box::new(tenant) };
        let put = self.put(end).await;
        let Self { parts, thread } = self;
        drop(parts);
        let written = thread.await.map_err(|error| Error::Fault(error.to_string()))??;
        put.map(|()| written)
    }

    async fn put(&self, part: Part) -> Result<()> {
        // The thread has ended early, and says why when it is asked for the file.
        self.parts.send(part).await.map_err(|_| Error::Files("an archive could not be written".to_owned()))
    }
}

fn write(folder: &Path, now: DateTime<Utc>, mut waiting: mpsc::Receiver<Part>) -> Result<PathBuf> {
    let mut archive = Writer::create(folder, now)?;
    let mut open: Option<TableWriter> = None;
    while let Some(part) = waiting.blocking_recv() {
        match part {
            Part::Table(name) => {
                if let Some(table) = open.replace(archive.table(name)?) {
                    archive.table_end(table)?;
                }
            }
            Part::Rows(lines) => {
                if let Some(table) = &mut open {
                    table.rows(&lines)?;
                }
            }
            Part::End { installation, schema_version, tenant } => {
                if let Some(table) = open.take() {
                    archive.table_end(table)?;
                }
                return archive.finish(&installation, schema_version, *tenant);
            }
        }
    }
    Err(Error::Cancelled)
}

/// An archive that is being written.
struct Writer {
    tar: tar::Builder<File>,
    folder: PathBuf,
    tables: Vec<ManifestTable>,
    now: DateTime<Utc>,
}

/// A table that is being written into an archive.
struct TableWriter {
    file: std::io::BufWriter<File>,
    hash: Sha256,
    table: ManifestTable,
}

impl Writer {
    pub fn create(folder: &Path, now: DateTime<Utc>) -> Result<Self> {
        let tar = tar::Builder::new(File::create(folder.join("archive.tar"))?);
        Ok(Self { tar, folder: folder.to_owned(), tables: Vec::new(), now })
    }

    /// A tar entry says its length first, so a table is written beside it and then taken in.
    pub fn table(&self, name: &str) -> Result<TableWriter> {
        let file = std::io::BufWriter::new(File::create(self.folder.join(name))?);
        let table = ManifestTable { name: name.to_owned(), rows: 0, bytes: 0, sha256: String::new() };
        Ok(TableWriter { file, hash: Sha256::new(), table })
    }

    pub fn table_end(&mut self, writer: TableWriter) -> Result<()> {
        let TableWriter { mut file, hash, mut table } = writer;
        file.flush()?;
        drop(file);
        table.sha256 = hex::encode(hash.finalize());
        let path = self.folder.join(&table.name);
        let mut header = self.header(table.bytes);
        self.tar.append_data(&mut header, entry_name(&table.name), File::open(&path)?)?;
        std::fs::remove_file(path)?;
        self.tables.push(table);
        Ok(())
    }

    /// Writes the manifest and gives the finished file.
    pub fn finish(mut self, installation: &str, schema_version: i64, tenant: ManifestTenant) -> Result<PathBuf> {
        let manifest = Manifest {
            format: FORMAT,
            installation: installation.to_owned(),
            exported_at: self.now,
            schema_version,
            tenant,
            tables: std::mem::take(&mut self.tables),
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Fault(error.to_string()))?;
        let mut header = self.header(u64::try_from(text.len()).unwrap_or(0));
        self.tar.append_data(&mut header, MANIFEST, text.as_slice())?;
        self.tar.into_inner()?.sync_all()?;
        Ok(self.folder.join("archive.tar"))
    }

    fn header(&self, bytes: u64) -> tar::Header {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.now.timestamp()).unwrap_or(0));
        header
    }
}

impl TableWriter {
    pub fn rows(&mut self, lines: &[String]) -> Result<()> {
        for line in lines {
            for part in [line.as_bytes(), b"\n"] {
                self.file.write_all(part)?;
                self.hash.update(part);
                self.table.bytes += u64::try_from(part.len()).unwrap_or(0);
            }
            self.table.rows += 1;
        }
        Ok(())
    }
}
