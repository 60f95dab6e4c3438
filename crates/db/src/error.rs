//! What a query can fail with, as far as callers treat it differently.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// The result of a query.
pub type DbResult<T> = Result<T, DbError>;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique index holds that value already (SQLSTATE 23505).
    #[error("already there: {constraint}")]
    Unique {
        /// The name of the index.
        constraint: String,
    },
    /// The row that another one needs is gone (SQLSTATE 23503).
    #[error("gone: {constraint}")]
    Foreign {
        /// The name of the constraint.
        constraint: String,
    },
    /// A row breaks a rule of its table on what it holds (SQLSTATE 23514).
    #[error("refused: {constraint}")]
    Check {
        /// The name of the rule.
        constraint: String,
    },
    /// A transaction lost a race and may be run again (40001, 40P01, 55P03).
    #[error("lost a race: {0}")]
    Retry(String),
    /// PostgreSQL has no space left (class 53: 53100).
    #[error("the database has no space left: {0}")]
    NoSpace(String),
    /// PostgreSQL cannot be reached or gave up (connection trouble, time-outs).
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A statement took longer than it may (57014).
    #[error("the statement took too long")]
    TimedOut,
    /// A tenant's schema lacks what the code expects: only that tenant is out of order.
    #[error("the schema is not as expected: {0}")]
    Broken(String),
    /// A company may have no more active users.
    #[error("the quota of users is used up")]
    QuotaFull,
    /// The last active owner of a company would be gone.
    #[error("there must always be an active owner")]
    LastOwner,
    /// A tenant may have no more open jobs.
    #[error("the queue of the tenant is full")]
    QueueFull,
    /// The row was changed or removed meanwhile.
    #[error("changed meanwhile")]
    Stale,
    /// A statement touched another number of rows than it must.
    #[error("expected {expected} rows, touched {actual}")]
    RowsAffected {
        /// Rows that should have been touched.
        expected: usize,
        /// Rows that were.
        actual: usize,
    },
    /// A stored value that the code cannot read.
    #[error("cannot read a stored value: {0}")]
    Decode(String),
    /// Anything else, a fault of Oneo.
    #[error(transparent)]
    Other(DieselError),
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, info) = &error else {
            return match error {
                DieselError::BrokenTransactionManager => Self::Unavailable("broken transaction".to_owned()),
                other => Self::Other(other),
            };
        };
        let message = info.message();
        let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
        match kind {
            DatabaseErrorKind::UniqueViolation => Self::Unique { constraint: info.constraint_name().unwrap_or_default().to_owned() },
            DatabaseErrorKind::ForeignKeyViolation => Self::Foreign { constraint: info.constraint_name().unwrap_or_default().to_owned() },
            DatabaseErrorKind::CheckViolation => Self::Check { constraint: info.constraint_name().unwrap_or_default().to_owned() },
            DatabaseErrorKind::SerializationFailure => Self::Retry(message.to_owned()),
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => Self::Unavailable(message.to_owned()),
            // diesel passes no SQLSTATE on, so these are told by their texts (lc_messages is set to C on connect).
            _ if has(&["deadlock detected", "lock timeout"]) => Self::Retry(message.to_owned()),
            _ if has(&["statement timeout"]) => Self::TimedOut,
            _ if has(&["No space left", "Disk quota exceeded", "wrote only"]) => Self::NoSpace(message.to_owned()),
            _ if has(&[
                "terminating connection",
                "the database system is",
                "connection closed",
                "too many clients",
                "remaining connection slots",
            ]) =>
            {
                Self::Unavailable(message.to_owned())
            }
            _ if has(&["does not exist", "permission denied"]) => Self::Broken(message.to_owned()),
            _ => Self::Other(error),
        }
    }
}

impl<E: std::error::Error + 'static> From<bb8::RunError<E>> for DbError {
    fn from(error: bb8::RunError<E>) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Turns an `execute` that must touch exactly one row into `()`.
pub(crate) fn one_row(actual: usize) -> DbResult<()> {
    if actual == 1 { Ok(()) } else { Err(DbError::RowsAffected { expected: 1, actual }) }
}
