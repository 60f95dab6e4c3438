//! Why the private services cannot be had.

use std::path::Path;

/// Why the private services cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A program is not installed.
    #[error("{0} is not installed; `make setup` installs it")]
    Missing(&'static str),
    /// A program failed.
    #[error("{program}: {output}")]
    Failed {
        /// Which one.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// A file or folder cannot be used.
    #[error("{path}: {error}")]
    File {
        /// Which one.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// PostgreSQL refused the once-per-database work.
    #[error("PostgreSQL: {}", said(.0))]
    Postgres(#[from] tokio_postgres::Error),
}

/// What the server said, which the Display of tokio-postgres leaves out.
fn said(error: &tokio_postgres::Error) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

pub(super) fn file_error(path: &Path, error: std::io::Error) -> LocalError {
    LocalError::File { path: path.display().to_string(), error }
}
