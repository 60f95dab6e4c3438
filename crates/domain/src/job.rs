//! Long work, done beside requests.

use serde::{Deserialize, Serialize};

/// `platform.jobs.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// A copy of a company under another name.
    TenantClone,
    /// Everything of a company in one file.
    TenantExport,
    /// A company made of such a file.
    TenantImport,
    /// The end of a company.
    TenantPurge,
    /// Indexes that the lists of a company need.
    TenantIndex,
    /// One act for many people of a company.
    UsersBulk,
    /// People of a company made or changed by a file, or what such a file would do.
    UsersImport,
    /// Such an import taken back.
    UsersUndo,
    /// One act for many records.
    RecordsBulk,
    /// Such an act taken back.
    RecordsUndo,
    /// Records made or changed by a file, or what such a file would do.
    RecordsImport,
    /// Such an import undone.
    RecordsImportUndo,
    /// Recomputes titles, amounts, due dates and search texts of all records of a pipeline.
    RecordsDerive,
    /// Converts the values of a field whose type changes.
    RecordsConvert,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::TenantClone,
        Self::TenantExport,
        Self::TenantImport,
        Self::TenantPurge,
        Self::TenantIndex,
        Self::UsersBulk,
        Self::UsersImport,
        Self::UsersUndo,
        Self::RecordsBulk,
        Self::RecordsUndo,
        Self::RecordsImport,
        Self::RecordsImportUndo,
        Self::RecordsDerive,
        Self::RecordsConvert,
    ];

    /// Whether a company asks for it itself; what such a job has done stays when it is stopped.
    #[must_use]
    pub const fn is_company(self) -> bool {
        match self {
            Self::UsersBulk
            | Self::UsersImport
            | Self::UsersUndo
            | Self::RecordsBulk
            | Self::RecordsUndo
            | Self::RecordsImport
            | Self::RecordsImportUndo
            | Self::RecordsDerive
            | Self::RecordsConvert => true,
            Self::TenantClone | Self::TenantExport | Self::TenantImport | Self::TenantPurge | Self::TenantIndex => false,
        }
    }

    /// As the database writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenantClone => "tenant_clone",
            Self::TenantExport => "tenant_export",
            Self::TenantImport => "tenant_import",
            Self::TenantPurge => "tenant_purge",
            Self::TenantIndex => "tenant_index",
            Self::UsersBulk => "users_bulk",
            Self::UsersImport => "users_import",
            Self::UsersUndo => "users_undo",
            Self::RecordsBulk => "records_bulk",
            Self::RecordsUndo => "records_undo",
            Self::RecordsImport => "records_import",
            Self::RecordsImportUndo => "records_import_undo",
            Self::RecordsDerive => "records_derive",
            Self::RecordsConvert => "records_convert",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TenantClone => "Tenant clone",
            Self::TenantExport => "Tenant export",
            Self::TenantImport => "Tenant import",
            Self::TenantPurge => "Tenant purge",
            Self::TenantIndex => "Index build",
            Self::UsersBulk => "Bulk user action",
            Self::UsersImport => "User import",
            Self::UsersUndo => "User import undo",
            Self::RecordsBulk => "Bulk record action",
            Self::RecordsUndo => "Bulk record action undo",
            Self::RecordsImport => "Record import",
            Self::RecordsImportUndo => "Record import undo",
            Self::RecordsDerive => "Record index update",
            Self::RecordsConvert => "Field type change",
        }
    }

    /// The kind written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// `platform.jobs.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Finished.
    Done,
    /// Gave up; the reason stands beside it.
    Failed,
    /// Stopped by a user; nothing of it stays.
    Cancelled,
}

impl JobStatus {
    /// Every status, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// As the database writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Done => "Done",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The status written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}
