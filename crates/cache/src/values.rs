//! Cached values: computed once per key at a time, over all processes, and forgotten on write.

use crate::{CacheError, CacheResult, Key, Redis};
use domain::SiteKey;
use redis::{Script, cmd};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{future::Future, time::Duration};

/// How long a value lives unless its type says otherwise.
pub const TTL_DEFAULT: Duration = Duration::from_secs(15 * 60);
/// A larger value is not worth its place.
const BYTES_MAX: usize = 256 * 1024;
/// How long one process may compute before another one tries.
const LOCK_MS: u64 = 2_000;
const POLL: Duration = Duration::from_millis(20);

/// A closed type that may be cached. Types with secrets must never implement it.
pub trait CacheValue: Serialize + DeserializeOwned + Send {
    /// The kind of value, part of its key.
    const KIND: &'static str;
    /// Raised when the type changes, so that values of older releases are misses.
    const VERSION: u16;
    /// How long a value lives.
    const TTL: Duration = TTL_DEFAULT;
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    v: u16,
    d: T,
}

fn encode<T: CacheValue>(value: &T) -> CacheResult<String> {
    let text = serde_json::to_string(&Envelope { v: T::VERSION, d: value }).map_err(|error| CacheError::Value(error.to_string()))?;
    if text.len() > BYTES_MAX { Err(CacheError::Value(format!("{} bytes", text.len()))) } else { Ok(text) }
}

fn decode<T: CacheValue>(text: &str) -> Option<T> {
    serde_json::from_str::<Envelope<T>>(text).ok().filter(|envelope| envelope.v == T::VERSION).map(|envelope| envelope.d)
}

impl Redis {
    fn value_keys<T: CacheValue>(&self, site: SiteKey, name: &str) -> (Key, Key, Key) {
        let key = |part: &str| self.keys.key(site, "cache", &format!("{}:{part}{name}", T::KIND));
        (key(""), key("lock:"), key("gen:"))
    }

    /// The cached value, or the one `compute` gives, which is then kept. Of many callers that miss at once, in this
    /// process or another, one computes and the rest wait for it. When Redis does not answer, the value is computed.
    ///
    /// # Errors
    /// Those of `compute`.
    pub async fn get_or_compute<T, E, F>(&self, site: SiteKey, name: &str, compute: impl Fn() -> F + Send) -> Result<T, E>
    where
        T: CacheValue,
        F: Future<Output = Result<T, E>> + Send,
    {
        let (value_key, lock_key, generation_key) = self.value_keys::<T>(site, name);
        let mut waited = Duration::ZERO;
        loop {
            match self.query::<Option<String>>(cmd("GET").arg(value_key.as_str())).await {
                Ok(Some(text)) => {
                    if let Some(value) = decode(&text) {
                        return Ok(value);
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "computing without the cache");
                    return compute().await;
                }
            }
            let mut lock = cmd("SET");
            lock.arg(lock_key.as_str()).arg("1").arg("NX").arg("PX").arg(LOCK_MS);
            let won = self.query::<Option<String>>(&lock).await.ok().flatten().is_some();
            if won || waited >= Duration::from_millis(LOCK_MS) {
                // The holder of the lock may have finished between the look and the lock.
                let (generation, text): (Option<String>, Option<String>) =
                    self.query(cmd("MGET").arg(generation_key.as_str()).arg(value_key.as_str())).await.unwrap_or_default();
                if let Some(value) = text.as_deref().and_then(decode) {
                    let _freed: CacheResult<i64> = self.query(cmd("DEL").arg(lock_key.as_str())).await;
                    return Ok(value);
                }
                let value = match compute().await {
                    Ok(value) => value,
                    Err(error) => {
                        // The next one need not wait for what will never come.
                        let _freed: CacheResult<i64> = self.query(cmd("DEL").arg(lock_key.as_str())).await;
                        return Err(error);
                    }
                };
                self.store(&value, (&value_key, &lock_key, &generation_key), generation.as_deref()).await;
                return Ok(value);
            }
            tokio::time::sleep(POLL).await;
            waited += POLL;
        }
    }

    /// Keeps a computed value, unless it was written meanwhile: then it is already stale.
    async fn store<T: CacheValue>(&self, value: &T, keys: (&Key, &Key, &Key), generation: Option<&str>) {
        let script = Script::new(
            "redis.call('DEL', KEYS[2]) \
             if (redis.call('GET', KEYS[3]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end \
             return 0",
        );
        let kept = match encode(value) {
            Ok(text) => {
                let ttl = T::TTL.as_millis().to_string();
                self.script::<i64>(&script, &[keys.0, keys.1, keys.2], &[generation.unwrap_or_default(), &text, &ttl]).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, kind = T::KIND, "a value was not cached");
        }
    }

    /// Forgets a value after it was written, in this process and for all others; a computation that began before
    /// the write is not kept.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer; the value then lives out its time.
    pub async fn forget<T: CacheValue>(&self, site: SiteKey, name: &str) -> CacheResult<()> {
        let (value_key, lock_key, generation_key) = self.value_keys::<T>(site, name);
        let script =
            Script::new("redis.call('INCR', KEYS[3]) redis.call('EXPIRE', KEYS[3], 86400) return redis.call('DEL', KEYS[1], KEYS[2])");
        let _deleted: i64 = self.script(&script, &[&value_key, &lock_key, &generation_key], &[]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        name: String,
    }

    impl CacheValue for Thing {
        const KIND: &'static str = "thing";
        const VERSION: u16 = 2;
    }

    #[test]
    fn values_of_another_version_are_misses() {
        let thing = Thing { name: "a".into() };
        let text = encode(&thing).unwrap();
        assert_eq!(decode::<Thing>(&text), Some(thing));
        assert_eq!(decode::<Thing>(&text.replace("\"v\":2", "\"v\":1")), None);
        assert_eq!(decode::<Thing>("garbage"), None);
    }

    #[test]
    fn large_values_are_refused() {
        assert!(encode(&Thing { name: "x".repeat(BYTES_MAX) }).is_err());
    }
}
