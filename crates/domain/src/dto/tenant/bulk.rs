//! Acts for many users, and the jobs of a company.

use super::RoleChoice;
use crate::{
    UserId,
    bulk::BulkAct,
    dto::platform::{JobListPage, JobPage},
};
use serde::{Deserialize, Serialize};

/// The page `/users/bulk`: the question before an act for many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPage {
    /// What is to be done.
    pub act: BulkAct,
    /// How many it is about.
    pub count: i64,
    /// The first of them: id, name, address.
    pub sample: Vec<(UserId, String, String)>,
    /// The roles to choose from, where one is given.
    pub roles: Vec<RoleChoice>,
    /// Whether it is more than is done while one waits.
    pub as_job: bool,
}

/// The page `/jobs` of a company.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyJobListPage {
    /// The jobs; who asked is a name.
    pub list: JobListPage,
}

/// The page `/jobs/{id}` of a company.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyJobPage {
    /// The job.
    pub page: JobPage,
    /// Lines by what became of them: as a person reads it, and how many.
    pub outcomes: Vec<(String, i64)>,
    /// Whether it only looked at what an import would do; then the import can be begun from here.
    pub is_dry: bool,
    /// The draft of an import, to change its rules.
    pub draft: Option<i64>,
    /// Why lines were left out: each reason, how many lines it stopped and the first of them, the most frequent first.
    pub reasons: Vec<(String, i64, i64)>,
    /// The first lines that were left out.
    pub left: Vec<LeftRow>,
    /// Of a check: users it would create, and how many more the plan has room for.
    pub seats: Option<(i64, i64)>,
    /// Whether it is an import or an act for many records that changed something and can be undone.
    pub is_undoable: bool,
    /// The user who asked for it.
    pub asked_by: UserId,
    /// What a bulk action does, and the key of the pipeline, for the user who asked.
    pub about: Option<(String, String)>,
}

/// A line that a job left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRow {
    /// The line of the file, or the id of the user.
    pub line: i64,
    /// The cells as they were typed; of a user who was kept, who that is.
    pub cells: Vec<String>,
    /// Why it was left out.
    pub why: String,
}
