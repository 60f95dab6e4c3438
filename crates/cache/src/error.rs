//! What Redis can fail with.

use redis::RedisError;

/// The result of a command.
pub type CacheResult<T> = Result<T, CacheError>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Redis cannot be reached or did not answer in time.
    #[error("Redis does not answer: {0}")]
    Unavailable(String),
    /// A value is too large to be cached, or cannot be written.
    #[error("cannot be cached: {0}")]
    Value(String),
}

impl From<RedisError> for CacheError {
    fn from(error: RedisError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
