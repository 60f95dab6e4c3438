//! Telling other processes what changed, and hearing it from them.

use crate::{CacheResult, Redis};
use domain::HostName;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Invalidation {
    /// What these hosts lead to.
    Hosts(Vec<HostName>),
    /// Anything: messages may have been missed.
    Everything,
}

impl Redis {
    /// Notifies every process, this one included; after the commit, never before.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer; others then notice by time alone.
    pub async fn announce(&self, change: &Invalidation) -> CacheResult<()> {
        let text = serde_json::to_string(change).map_err(|error| crate::CacheError::Value(error.to_string()))?;
        self.publish(&text).await
    }
}

/// Hears what others announce until the task is dropped. After each (re)connect it reports
/// [`Invalidation::Everything`], since messages may have been missed.
pub async fn listen(redis: Redis, on_change: impl Fn(Invalidation) + Send) {
    loop {
        match redis.client.get_async_pubsub().await {
            Ok(mut pubsub) => {
                if pubsub.subscribe(redis.keys.channel()).await.is_ok() {
                    on_change(Invalidation::Everything);
                    let mut messages = pubsub.on_message();
                    while let Some(message) = messages.next().await {
                        let text: String = message.get_payload().unwrap_or_default();
                        on_change(serde_json::from_str(&text).unwrap_or(Invalidation::Everything));
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "cannot listen for invalidations"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
