//! Long work.

use super::TenantName;
use crate::{
    JobId,
    job::{JobKind, JobStatus},
    list::ListPage,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The company it is about, as far as it still exists.
    pub tenant: Option<TenantName>,
    /// Where it stands.
    pub status: JobStatus,
    /// Rows done.
    pub done: i64,
    /// Rows to do, once known.
    pub total: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How often it was begun.
    pub attempts: i32,
    /// Whether a user wants it stopped.
    pub cancel_requested: bool,
}

/// The page `/jobs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobListPage {
    /// The rows asked for.
    pub page: ListPage<JobRow>,
}

/// The page `/jobs/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobPage {
    /// The job.
    pub job: JobRow,
    /// What it said, oldest first.
    pub log: Vec<(DateTime<Utc>, String)>,
    /// The name of the file that came out, if one did.
    pub file: Option<String>,
    /// The bytes of that file.
    pub file_bytes: Option<i64>,
    /// The short name of the company that came out, if one did.
    pub made: Option<String>,
}
