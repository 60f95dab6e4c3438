//! Passwords and keys of the private services: made once, readable by their owner alone.

use super::error::{LocalError, file_error};
use kernel::{OsEntropy, tokens::token_new};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// What was made with the services.
pub struct LocalSecrets {
    /// Of the cluster's superuser.
    pub superuser_password: SecretString,
    /// Of `oneo_owner` and `oneo_app`.
    pub database_password: SecretString,
    /// Of Redis.
    pub redis_password: SecretString,
    /// `SECRET_KEYS` of a development installation.
    pub secret_key: SecretString,
}

impl LocalSecrets {
    pub(super) fn read_or_make(folder: &Path) -> Result<Self, LocalError> {
        let path = folder.join("secrets");
        if !path.exists() {
            let lines: Vec<String> = (0..4).map(|_| token_new(&OsEntropy)).collect();
            write_private(&path, &lines.join("\n"))?;
        }
        let text = fs::read_to_string(&path).map_err(|error| file_error(&path, error))?;
        let mut lines = text.lines().map(SecretString::from);
        let mut next = || lines.next().filter(|line| !line.expose_secret().is_empty());
        match (next(), next(), next(), next()) {
            (Some(superuser_password), Some(database_password), Some(redis_password), Some(secret_key)) => {
                Ok(Self { superuser_password, database_password, redis_password, secret_key })
            }
            _ => Err(LocalError::Failed { program: "oneo", output: format!("{} is damaged", path.display()) }),
        }
    }
}

/// Writes a file with mode 0600, whole or not at all.
///
/// # Errors
/// [`LocalError::File`] when it cannot be written.
pub fn write_private(path: &Path, content: &str) -> Result<(), LocalError> {
    let failed = |error| file_error(path, error);
    let fresh = path.with_extension("new");
    let _absent = fs::remove_file(&fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)
}
