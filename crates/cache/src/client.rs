//! The connection: one, shared by all requests of the process, whose commands it sends as they come.

use crate::{CacheError, CacheResult, KeySpace};
use domain::SiteKey;
use redis::{
    AsyncCommands, Client, FromRedisValue, Pipeline, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

/// How long a request waits for Redis before it is answered with 503.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(800);
/// How long the next command waits after one that was not answered in time, and how long nothing is asked after that one was not either:
/// a request asks several times, and each would wait as long.
const PAUSE: Duration = Duration::from_millis(300);
/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The oldest server that is known to work.
const SERVER_MAJOR_MIN: u32 = 7;

/// Asks, and once more when the connection was found dead: what is asked here may be done twice.
macro_rules! twice {
    ($asked:expr) => {
        async {
            match $asked.await {
                Err(error) if error.is_connection_dropped() => $asked.await,
                answered => answered,
            }
        }
    };
}

/// Redis, shared by the whole process.
#[derive(Clone)]
pub struct Redis {
    conn: ConnectionManager,
    pub(crate) client: Client,
    silence: Arc<Mutex<Silence>>,
    /// The runtime that drives the connection, also after a reconnect: its threads have normal priority.
    home: Handle,
    /// The keys of this installation.
    pub keys: KeySpace,
}

/// What Redis did not answer in time since it last answered.
#[derive(Clone, Copy, Default)]
struct Silence {
    /// How many commands.
    missed: u32,
    /// Until when nothing is asked.
    until: Option<Instant>,
}

impl Silence {
    /// How long the next command may wait for its answer; none while nothing is asked.
    fn patience(self, now: Instant) -> Option<Duration> {
        match self {
            Self { until: Some(until), .. } if now < until => None,
            Self { missed: 0, .. } => Some(ANSWER_TIMEOUT),
            Self { .. } => Some(PAUSE),
        }
    }

    /// Notes an answer that did not come in time. One may be chance; after the second in a row nothing is asked for a while.
    fn missed(&mut self, now: Instant) {
        self.missed = self.missed.saturating_add(1);
        self.until = (self.missed > 1).then_some(now + PAUSE);
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects and checks that a server of version 7 or newer answers.
    /// A host that is neither a socket nor loopback must be `rediss://`.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] says why it cannot be used.
    pub async fn connect(url: &SecretString, installation: &str) -> CacheResult<Self> {
        let address = url.expose_secret();
        if !may_be_used(address) {
            return Err(CacheError::Unavailable("use rediss:// for another host, redis:// or redis+unix:// for this one".to_owned()));
        }
        let client = Client::open(address)?;
        // A connection that is made later would only say that it took too long.
        let tried = tokio::time::timeout(CONNECT_TIMEOUT, client.get_multiplexed_async_connection()).await;
        let _first = tried.map_err(|_| CacheError::Unavailable("it does not answer".to_owned()))??;
        // The next command connects anew, so a try that fails is not repeated in the background.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT))
            .set_number_of_retries(1);
        let conn = ConnectionManager::new_with_config(client.clone(), config).await?;
        let redis = Self { conn, client, silence: Arc::default(), home: Handle::current(), keys: KeySpace::new(installation) };
        let info: String = redis.query(redis::cmd("INFO").arg("server")).await?;
        let major = info.lines().find_map(|line| line.strip_prefix("redis_version:")?.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major < SERVER_MAJOR_MIN) {
            return Err(CacheError::Unavailable("Redis 7 or newer is needed".to_owned()));
        }
        Ok(redis)
    }

    /// Whether Redis answers now.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when it does not.
    pub async fn ping(&self) -> CacheResult<()> {
        let _pong: String = self.query(&redis::cmd("PING")).await?;
        Ok(())
    }

    /// Removes everything that belongs to a site.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn site_forget(&self, site: SiteKey) -> CacheResult<()> {
        let pattern = self.keys.pattern(site);
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(500);
            let (next, names): (u64, Vec<String>) = self.query(&scan).await?;
            if !names.is_empty() {
                let _removed: u64 = self.query(redis::cmd("UNLINK").arg(&names)).await?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Keys of this installation that belong to no known site, as far as that is known.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn keys_orphaned(&self, known: &HashSet<SiteKey>) -> CacheResult<Vec<String>> {
        let owned: HashSet<String> = known.iter().map(|site| self.keys.pattern(*site).trim_end_matches('*').to_owned()).collect();
        let (mut cursor, mut orphaned) = (0_u64, Vec::new());
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(self.keys.pattern_all()).arg("COUNT").arg(1000);
            let (next, names): (u64, Vec<String>) = self.query(&scan).await?;
            let is_owned = |name: &str| {
                name.match_indices("}:").next().is_some_and(|(end, _)| owned.contains(name.get(..end + 2).unwrap_or_default()))
            };
            orphaned.extend(names.into_iter().filter(|name| !is_owned(name)).map(|name| name.chars().take(60).collect()));
            if next == 0 {
                return Ok(orphaned);
            }
            cursor = next;
        }
    }

    /// Whether what Redis holds is there again after it was started anew.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn is_durable(&self) -> CacheResult<bool> {
        let info: String = self.query(redis::cmd("INFO").arg("persistence")).await?;
        Ok(info.lines().any(|line| line.trim() == "aof_enabled:1"))
    }

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> CacheResult<T> {
        let mut conn = self.conn.clone();
        self.in_time(twice!(command.query_async(&mut conn))).await
    }

    pub(crate) async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> CacheResult<T> {
        let mut conn = self.conn.clone();
        self.in_time(twice!(pipeline.query_async(&mut conn))).await
    }

    pub(crate) async fn script<T: FromRedisValue>(&self, script: &redis::Script, keys: &[&crate::Key], args: &[&str]) -> CacheResult<T> {
        let mut conn = self.conn.clone();
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(key.as_str());
        }
        for arg in args {
            call.arg(*arg);
        }
        self.in_time(twice!(call.invoke_async(&mut conn))).await
    }

    pub(crate) async fn publish(&self, message: &str) -> CacheResult<()> {
        let mut conn = self.conn.clone();
        let _receivers: i64 = self.in_time(twice!(conn.publish(self.keys.channel(), message))).await?;
        Ok(())
    }

    async fn in_time<T>(&self, asked: impl Future<Output = RedisResult<T>>) -> CacheResult<T> {
        let silent = || CacheError::Unavailable("it does not answer".to_owned());
        let patience = self.silence().patience(Instant::now()).ok_or_else(silent)?;
        let answered = tokio::time::timeout(patience, TokioContext::new(asked, self.home.clone())).await;
        match &answered {
            Ok(Ok(_)) => *self.silence() = Silence::default(),
            Ok(Err(error)) if !error.is_timeout() => {}
            _ => self.silence().missed(Instant::now()),
        }
        Ok(answered.map_err(|_| silent())??)
    }

    fn silence(&self) -> MutexGuard<'_, Silence> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing leaves this machine unencrypted or unverified.
fn may_be_used(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let local = host.starts_with("[::1]") || matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"));
    match scheme {
        "redis+unix" | "unix" => true,
        "redis" => local,
        // A fragment would switch the verification off.
        "rediss" => !address.contains('#'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missed_answer_stops_nothing_and_the_second_only_for_a_while() {
        let (mut silence, now) = (Silence::default(), Instant::now());
        assert_eq!(silence.patience(now), Some(ANSWER_TIMEOUT));
        silence.missed(now);
        assert_eq!(silence.patience(now), Some(PAUSE));
        silence.missed(now);
        assert_eq!((silence.patience(now), silence.patience(now + PAUSE)), (None, Some(PAUSE)));
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        let good = [
            "redis://127.0.0.1:6379/1",
            "redis://user:p@localhost/1",
            "redis://[::1]:6379",
            "rediss://cache.example",
            "redis+unix:///tmp/x?pass=p",
        ];
        let bad = [
            "redis://cache.example",
            "redis://localhost@cache.example",
            "valkey://cache.example",
            "rediss://c.example#insecure",
            "nonsense",
        ];
        for address in good {
            assert!(may_be_used(address), "{address}");
        }
        for address in bad {
            assert!(!may_be_used(address), "{address}");
        }
    }
}
