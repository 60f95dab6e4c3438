//! Files of the installation: results, dumps, uploads. Each tenant's lie under `t<id>/`.

use crate::{Error, Result};
use chrono::{DateTime, Utc};
use domain::TenantId;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The folder for what is being made or read.
const SCRATCH: &str = ".scratch";
/// Bytes moved at a time.
const PART: usize = 5 * 1024 * 1024;

/// Where files are kept; shared by every process of the installation.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// A folder for what is being made or read: on a disk, where large things fit, and never in memory.
    scratch: std::path::PathBuf,
}

/// The bytes of a file as they are read.
pub type Bytes = BoxStream<'static, std::io::Result<Vec<u8>>>;

impl Files {
    /// Files in a local folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`Error::Files`] when it cannot be used.
    pub fn local(folder: &std::path::Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let scratch = folder.join(SCRATCH);
        std::fs::create_dir_all(&scratch)?;
        Ok(Self { store: Arc::new(LocalFileSystem::new_with_prefix(folder)?), scratch })
    }

    /// A folder for what is being made or read; it goes when it is dropped.
    ///
    /// # Errors
    /// [`Error::Files`] when it cannot be made.
    pub fn scratch(&self) -> Result<tempfile::TempDir> {
        Ok(tempfile::tempdir_in(&self.scratch)?)
    }

    /// The names of files below a folder that were last written before then.
    ///
    /// # Errors
    /// [`Error::Files`] when they cannot be listed.
    pub async fn older(&self, folder: &str, before: DateTime<Utc>) -> Result<Vec<String>> {
        let mut found = self.store.list(Some(&Path::from(folder)));
        let mut names = Vec::new();
        while let Some(file) = found.next().await {
            let file = file?;
            if file.last_modified < before {
                names.push(file.location.to_string());
            }
        }
        Ok(names)
    }

    /// Keeps a copy of a local file under `name`; nothing is there under that name until it is whole.
    ///
    /// # Errors
    /// [`Error::Files`] when it cannot be read or kept.
    pub async fn keep(&self, name: &str, file: &std::path::Path) -> Result<u64> {
        let mut read = tokio::fs::File::open(file).await?;
        let mut write = WriteMultipart::new(self.store.put_multipart(&Path::from(name)).await?);
        let mut part = vec![0; PART];
        let mut bytes = 0;
        loop {
            let length = read.read(&mut part).await?;
            let Some(piece) = part.get(..length).filter(|piece| !piece.is_empty()) else { break };
            write.wait_for_capacity(2).await?;
            write.write(piece);
            bytes += u64::try_from(length).unwrap_or(0);
        }
        write.finish().await?;
        Ok(bytes)
    }

    /// The bytes of a file, as a stream.
    ///
    /// # Errors
    /// [`Error::Files`] when it is not there.
    pub async fn open(&self, name: &str) -> Result<Bytes> {
        let found = self.store.get(&Path::from(name)).await?;
        Ok(found.into_stream().map(|part| part.map(|bytes| bytes.to_vec()).map_err(std::io::Error::other)).boxed())
    }

    /// Copies a file to a local one.
    ///
    /// # Errors
    /// [`Error::Files`] when it is not there or cannot be written.
    pub async fn fetch(&self, name: &str, file: &std::path::Path) -> Result<()> {
        let mut bytes = self.open(name).await?;
        let mut write = tokio::fs::File::create(file).await?;
        while let Some(part) = bytes.next().await {
            write.write_all(&part?).await?;
        }
        Ok(write.flush().await?)
    }

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// [`Error::Files`] when it cannot be removed.
    pub async fn remove(&self, name: &str) -> Result<()> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::from(error)),
        }
    }
}

impl Files {
    /// Bytes below a folder, but for those below another.
    ///
    /// # Errors
    /// [`Error::Files`] when they cannot be listed.
    pub async fn bytes(&self, folder: &str, but: &str) -> Result<u64> {
        let but = Path::from(but);
        let mut found = self.store.list(Some(&Path::from(folder)));
        let mut bytes = 0;
        while let Some(file) = found.next().await {
            let file = file?;
            if !file.location.prefix_matches(&but) {
                bytes += file.size;
            }
        }
        Ok(bytes)
    }

    /// Removes everything below a folder.
    ///
    /// # Errors
    /// [`Error::Files`] when something of it cannot be removed.
    pub async fn remove_all(&self, folder: &str) -> Result<()> {
        let mut found = self.store.list(Some(&Path::from(folder)));
        while let Some(file) = found.next().await {
            self.remove(file?.location.as_ref()).await?;
        }
        Ok(())
    }

    /// The tenants of which something is kept.
    ///
    /// # Errors
    /// [`Error::Files`] when the files cannot be listed.
    pub async fn tenants(&self) -> Result<Vec<TenantId>> {
        let top = self.store.list_with_delimiter(None).await?.common_prefixes;
        let ids = top.iter().filter_map(|folder| folder.as_ref().strip_prefix('t')?.parse().ok());
        Ok(ids.map(TenantId).collect())
    }
}

/// The name of a tenant's file.
#[must_use]
pub fn tenant_file(tenant: TenantId, name: &str) -> String {
    format!("t{tenant}/{name}")
}
