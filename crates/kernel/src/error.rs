//! Errors inside the use cases. They keep their cause until the boundary, where it is logged once.

use cache::CacheError;
use db::DbError;
use domain::{AppError, Code};

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// A command as a surface read it, once: what is wrong with it is shown only to those who may give it at all, so a use case looks
/// at the caller's rights first.
pub type Parsed<T> = std::result::Result<T, AppError>;

/// Why a use case ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something the person may know.
    #[error(transparent)]
    App(#[from] AppError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Redis.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The session store.
    #[error("session: {0}")]
    Session(#[from] tower_sessions_core::session::Error),
    /// Files that cannot be read or written.
    #[error("files: {0}")]
    Files(String),
    /// A user stopped this job.
    #[error("the job was cancelled")]
    Cancelled,
    /// Another worker has this job by now.
    #[error("the job was taken over")]
    JobLost,
    /// A fault of Oneo.
    #[error("{0}")]
    Fault(String),
}

/// Seconds after which a client may ask again when a service does not answer.
const RETRY_AFTER: u32 = 2;

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if is_full(&error) { no_space(&error) } else { Self::Files(error.to_string()) }
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(found) = cause {
            if let Some(io) = found.downcast_ref::<std::io::Error>()
                && is_full(io)
            {
                return no_space(&error);
            }
            cause = found.source();
        }
        Self::Files(error.to_string())
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

fn no_space(error: &dyn std::fmt::Display) -> Error {
    tracing::error!(%error, "no space is left");
    Error::App(AppError::NoSpace)
}

impl Error {
    /// What the person may know of it; the cause, if there is more, is logged here and nowhere else.
    #[must_use]
    pub fn into_app(self, request_id: &str) -> AppError {
        use tower_sessions_core::session::Error as SessionError;
        match self {
            Self::App(error) => error,
            Self::Db(DbError::Foreign { constraint }) => {
                let sentence = if matches!(constraint.as_str(), "users_user_type_fkey" | "user_roles_role_key_fkey") {
                    "This role was deleted meanwhile, or users still have it. Look at the roles again, then repeat your change."
                } else {
                    "What this refers to was deleted meanwhile, or something still refers to it. Look at it again, then repeat your change."
                };
                AppError::conflict(Code::RecordReferenced, "", sentence)
            }
            Self::Db(DbError::Check { constraint }) if constraint == "records_data_check" => domain::record::too_large(),
            Self::Db(DbError::Stale) => AppError::conflict(
                Code::RecordChanged,
                "",
                "Another user changed this in the meantime. Check it again, then repeat your change.",
            ),
            Self::Db(DbError::QuotaFull) => AppError::conflict(
                Code::QuotaFull,
                "",
                "All seats of your plan are in use. Deactivate a user, or ask the platform operator for more seats.",
            ),
            Self::Db(DbError::QueueFull) => AppError::conflict(
                Code::JobLimit,
                "",
                "Your company has too many jobs waiting or running. Wait for one to finish, or cancel it.",
            ),
            Self::Db(DbError::LastOwner) => {
                AppError::conflict(Code::UserLastOwner, "", "There must always be an active owner. Make another user an owner first.")
            }
            Self::Db(error @ (DbError::Unavailable(_) | DbError::Retry(_) | DbError::TimedOut)) => unavailable(&error),
            Self::Db(error @ DbError::NoSpace(_)) => {
                tracing::error!(%error, "no space is left");
                AppError::NoSpace
            }
            Self::Db(error @ DbError::Broken(_)) => {
                tracing::error!(%error, "a tenant's schema is out of order");
                AppError::Unavailable { retry_after: RETRY_AFTER }
            }
            Self::Cache(error @ CacheError::Unavailable(_)) => unavailable(&error),
            Self::Session(error @ SessionError::Store(_)) => unavailable(&error),
            error => {
                tracing::error!(%error, id = request_id, "a request failed");
                AppError::Internal { request_id: request_id.to_owned() }
            }
        }
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> AppError {
    tracing::warn!(%error, "a service does not answer");
    AppError::Unavailable { retry_after: RETRY_AFTER }
}

/// Runs `work` again when it lost a race against another transaction, at most three times in all.
///
/// # Errors
/// Those of the last run.
pub async fn retry<T, F: Future<Output = Result<T>>>(work: impl Fn() -> F) -> Result<T> {
    for pause in [5, 25] {
        match work().await {
            Err(Error::Db(DbError::Retry(reason))) => {
                tracing::debug!(%reason, "trying again");
                tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
            }
            other => return other,
        }
    }
    work().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_what_is_said() {
        let sentence = |error: Error| match error.into_app("r") {
            AppError::Conflict(errors) => (errors.sentences(), AppError::Conflict(errors).code()),
            other => (other.to_string(), other.code()),
        };
        for (constraint, word) in
            [("users_user_type_fkey", "role"), ("user_roles_role_key_fkey", "role"), ("users_manager_id_fkey", "refers to")]
        {
            let (text, code) = sentence(DbError::Foreign { constraint: constraint.to_owned() }.into());
            assert!(code == Code::RecordReferenced && text.contains(word), "{constraint}: {text}");
        }
        for full in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded] {
            assert_eq!(sentence(std::io::Error::from(full).into()).1, Code::NoSpace);
            let stored = object_store::Error::Generic { store: "local", source: Box::new(std::io::Error::from(full)) };
            assert_eq!(sentence(stored.into()).1, Code::NoSpace);
        }
        assert_eq!(sentence(DbError::NoSpace("could not extend file".to_owned()).into()).1, Code::NoSpace);
        assert_eq!(sentence(DbError::Unavailable("gone".to_owned()).into()).1, Code::Unavailable);
        assert_eq!(sentence(DbError::Stale.into()).1, Code::RecordChanged);
    }
}
