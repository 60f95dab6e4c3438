//! Records from a CSV file: taken in, mapped, checked without changing anything, then imported by a job that can be undone.

mod draft;
mod guess;
mod line;
mod many;
mod run;
mod undo;

pub use draft::{
    ImportRules, record_import_admit, record_import_begin, record_import_check, record_import_get, record_import_new, record_import_read,
    record_import_run,
};
pub use run::import_run;
pub use undo::{import_undo_run, record_import_undo};

use crate::value::Reader;
use domain::{
    JobId, UserId,
    dto::tenant::ImportTarget,
    import::{DayOrder, DecimalMark, ImportMode},
    record::{Field, Lens, OWNER, STAGE},
};
use kernel::{RequestCx, cx::TenantTx, imports::Sheet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What exports name the number of a record.
const ID: &str = "id";

/// What an import is to do and how far it is: the checkpoint of its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    /// The file.
    #[serde(flatten)]
    sheet: Sheet,
    /// The pipeline whose records it makes.
    pipeline: String,
    /// Who took the file in; nobody else sees it.
    user: UserId,
    /// The column for each target.
    columns: BTreeMap<String, usize>,
    mode: ImportMode,
    /// The target that existing records are found by; empty for none.
    key: String,
    decimals: DecimalMark,
    days: DayOrder,
    /// Whether empty cells clear fields of existing records.
    clears: bool,
    /// The names of the columns such that each target is guessed to be in the column that it was mapped to.
    header: Vec<String>,
    /// Whether nothing is changed.
    dry: bool,
    /// The draft this was made of.
    draft: i64,
    /// The job that checked the same draft before; 0 for none.
    looked: i64,
    /// Lines that are done.
    done: i64,
    /// What is done, for the page of the job.
    about: String,
}

impl Plan {
    /// Reads values as the file writes them.
    fn reader(&self, cx: &RequestCx) -> Reader {
        Reader::of(cx).of_file(self.decimals, self.days)
    }
}

/// What a job works with in one transaction.
struct Work<'a> {
    job: JobId,
    plan: &'a Plan,
    lens: Lens,
    reader: Reader,
}

/// The fields that a column may fill.
fn fields(lens: &Lens) -> impl Iterator<Item = &Field> {
    lens.writable().filter(|field| field.is_value())
}

/// What the columns of a file may fill.
fn targets(tx: &TenantTx, lens: &Lens) -> Vec<ImportTarget> {
    let plain =
        |name: &str, label: &str| ImportTarget { name: name.to_owned(), label: label.to_owned(), is_key: false, is_required: false };
    let mut all: Vec<ImportTarget> = fields(lens)
        .map(|field| ImportTarget {
            name: field.column(),
            label: field.label.clone(),
            is_key: field.has_keys(),
            is_required: field.is_required && field.initial().is_none(),
        })
        .collect();
    if !lens.pipeline().stages.is_empty() {
        all.push(plain(STAGE, "Stage"));
    }
    if lens.may_assign(tx.maker()) {
        all.push(plain(OWNER, "Owner"));
    }
    all.push(ImportTarget { is_key: true, ..plain(ID, "Record number") });
    all
}
