//! The session store of one site. The cookie's id never reaches Redis: keys are its HMAC, and records name their site.

use crate::{CacheError, CacheResult, Key, Redis};
use async_trait::async_trait;
use domain::SiteKey;
use hmac::{Hmac, KeyInit, Mac};
use redis::{Script, cmd, pipe};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{collections::HashMap, sync::Arc, time::Duration};
use time::OffsetDateTime;
use tower_sessions_core::{
    SessionStore,
    session::{Id, Record},
    session_store::{self, Error as StoreError},
};

/// The name under which a session's data holds its [`SessionAuth`].
pub const AUTH: &str = "auth";

/// The name under which a session's data holds its [`SessionClient`].
pub const CLIENT: &str = "client";

/// What a session was begun with, for the person it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    /// The address.
    pub ip: String,
    /// The browser, as it names itself.
    pub user_agent: String,
    /// When, in seconds since 1970.
    pub started_at: i64,
}

/// An open session, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its name in Redis, which opens nothing.
    pub name: String,
    /// What it was begun with.
    pub client: SessionClient,
    /// Its last request, in seconds since 1970.
    pub seen_at: i64,
}

/// Sessions read with one round trip when all of a site are listed.
const LIST_BATCH: usize = 1000;
/// Sessions ended with one round trip when all of a site end.
const END_BATCH: usize = 500;

/// Who is signed in, and since when. It changes only at sign-in, at reauthentication and when the user sees the site as a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionAuth {
    /// The site it is good for, checked besides the key.
    pub site: SiteKey,
    /// The user or platform admin.
    pub subject: i64,
    /// The epoch of the user's row; when that moves on, the session is over.
    pub epoch: i32,
    /// When the person last reauthenticated who they are, in seconds since 1970.
    pub reauthenticated_at: i64,
    /// When the person signed in, in seconds since 1970: what the longest time of a session is counted from.
    pub began_at: i64,
    /// The key of the role as which a user of a tenant sees the site, with the rights of that role alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeing_as: Option<String>,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without a request (NIST SP 800-63B-4, AAL2: at most 1 h).
    pub idle: Duration,
    /// In all (AAL2: at most 24 h).
    pub absolute: Duration,
}

impl SessionLimits {
    /// A tenant's: 30 minutes, 12 hours.
    pub const TENANT: Self = Self { idle: Duration::from_secs(30 * 60), absolute: Duration::from_secs(12 * 3600) };
    /// The platform's: 15 minutes, 8 hours.
    pub const PLATFORM: Self = Self { idle: Duration::from_secs(15 * 60), absolute: Duration::from_secs(8 * 3600) };
    /// The longest that any site may have; what is older is forgotten.
    pub const LONGEST: Self = Self { idle: Duration::from_secs(3600), absolute: Duration::from_secs(24 * 3600) };
}

/// What Redis holds under the id of a session.
#[derive(Clone, Debug)]
pub struct Fetched {
    seen_at: Option<i64>,
    text: String,
}

/// The sessions of one site, at one moment.
#[derive(Clone)]
pub struct SiteSessions {
    redis: Redis,
    site: SiteKey,
    limits: SessionLimits,
    keys: Arc<[[u8; 32]]>,
    now: i64,
}

impl std::fmt::Debug for SiteSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteSessions").field("site", &self.site).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    site: SiteKey,
    /// Seconds it may idle, by the limits of when it was written: what a request renews it for.
    #[serde(default)]
    idle: u64,
    data: HashMap<String, serde_json::Value>,
}

impl SiteSessions {
    /// The sessions of `site` as of `now` (seconds since 1970). `keys` are the HMAC keys, newest first.
    #[must_use]
    pub fn new(redis: Redis, site: SiteKey, limits: SessionLimits, keys: Arc<[[u8; 32]]>, now: i64) -> Self {
        Self { redis, site, limits, keys, now }
    }

    /// The name a session id has in Redis.
    fn names(&self, id: &Id) -> impl Iterator<Item = String> {
        self.keys.iter().map(move |key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
            mac.update(&id.0.to_be_bytes());
            hex::encode(mac.finalize().into_bytes())
        })
    }

    fn key(&self, name: &str) -> Key {
        self.redis.keys.key(self.site, "session", name)
    }

    fn live_key(&self) -> Key {
        self.redis.keys.key(self.site, "sessions", "live")
    }

    fn user_key(&self, subject: i64) -> Key {
        self.redis.keys.key(self.site, "sessions", &format!("u{subject}"))
    }

    /// Seconds this record may still idle.
    fn seconds_left(&self, auth: Option<&SessionAuth>) -> u64 {
        let idle = self.limits.idle.as_secs();
        auth.map_or(idle, |auth| idle.min(u64::try_from(self.ends_at(auth) - self.now).unwrap_or(0)))
    }

    /// When a session ends whatever happens.
    fn ends_at(&self, auth: &SessionAuth) -> i64 {
        auth.began_at.saturating_add_unsigned(self.limits.absolute.as_secs())
    }

    /// Sessions seen then or before have idled too long.
    fn idle_since(&self) -> i64 {
        self.now.saturating_sub_unsigned(self.limits.idle.as_secs())
    }

    /// Whether a session is open that was last seen then. Both limits are those of now, whatever they were when it began.
    fn is_open(&self, auth: &SessionAuth, seen_at: i64) -> bool {
        auth.site == self.site && seen_at > self.idle_since() && self.ends_at(auth) > self.now
    }

    /// Forgets in the order of last requests what no limit would let live.
    fn live_prune(&self, pipe: &mut redis::Pipeline) {
        let oldest = self.now.saturating_sub_unsigned(SessionLimits::LONGEST.idle.as_secs());
        pipe.cmd("ZREMRANGEBYSCORE").arg(self.live_key().as_str()).arg("-inf").arg(oldest).ignore();
    }

    fn encode(&self, record: &Record) -> Result<(String, Option<SessionAuth>), StoreError> {
        let auth = record.data.get(AUTH).and_then(|value| serde_json::from_value(value.clone()).ok());
        let stored = Stored { site: self.site, idle: self.limits.idle.as_secs(), data: record.data.clone() };
        let text = serde_json::to_string(&stored).map_err(|error| StoreError::Encode(error.to_string()))?;
        Ok((text, auth))
    }

    /// How many sessions are open now.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn count(&self) -> CacheResult<u64> {
        let mut pipe = pipe();
        self.live_prune(&mut pipe);
        pipe.cmd("ZCOUNT").arg(self.live_key().as_str()).arg(format!("({}", self.idle_since())).arg("+inf");
        let (count,): (u64,) = self.redis.pipeline(&pipe).await?;
        Ok(count)
    }

    /// The names of the sessions of one user, as far as Redis knows.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn names_of(&self, subject: i64) -> CacheResult<Vec<String>> {
        self.redis.query(cmd("SMEMBERS").arg(self.user_key(subject).as_str())).await
    }

    /// How many sessions of one user are open now.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn count_of(&self, subject: i64) -> CacheResult<u64> {
        let names = self.names_of(subject).await?;
        if names.is_empty() {
            return Ok(0);
        }
        let scores: Vec<Option<f64>> = self.redis.query(cmd("ZMSCORE").arg(self.live_key().as_str()).arg(&names)).await?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double")]
        let idle_since = self.idle_since() as f64;
        Ok(scores.into_iter().filter(|score| score.is_some_and(|seen_at| seen_at > idle_since)).count().try_into().unwrap_or(u64::MAX))
    }

    /// Whether `name` is that of the session with this id.
    #[must_use]
    pub fn is_named(&self, id: &Id, name: &str) -> bool {
        self.names(id).any(|known| known == name)
    }

    /// The open sessions of one user, as far as they are of this epoch.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn list_of(&self, subject: i64, epoch: i32) -> CacheResult<Vec<OpenSession>> {
        let names = self.names_of(subject).await?;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut both = pipe();
        both.cmd("ZMSCORE").arg(self.live_key().as_str()).arg(&names);
        both.cmd("MGET").arg(names.iter().map(|name| self.key(name).as_str().to_owned()).collect::<Vec<_>>());
        let (seen, texts): (Vec<Option<f64>>, Vec<Option<String>>) = self.redis.pipeline(&both).await?;
        let open = names.into_iter().zip(seen).zip(texts).filter_map(|((name, seen_at), text)| {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are whole and far below 2^53")]
            let (auth, session) = self.opened(name, seen_at? as i64, &text?)?;
            (auth.subject == subject && auth.epoch == epoch).then_some(session)
        });
        Ok(open.collect())
    }

    /// A stored session, if it is open.
    fn opened(&self, name: String, seen_at: i64, text: &str) -> Option<(SessionAuth, OpenSession)> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        let auth: SessionAuth = serde_json::from_value(stored.data.get(AUTH)?.clone()).ok()?;
        let client = stored.data.get(CLIENT).and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
        self.is_open(&auth, seen_at).then_some((auth, OpenSession { name, client, seen_at }))
    }

    /// Every open session of the site, at most `most`: whose it is, of which epoch, and the session.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn list_all(&self, most: usize) -> CacheResult<Vec<(i64, i32, OpenSession)>> {
        let mut range = cmd("ZREVRANGE");
        range.arg(self.live_key().as_str()).arg(0).arg(most.saturating_sub(1)).arg("WITHSCORES");
        // All names at once: each request moves its session to another place of the order.
        let named: Vec<(String, i64)> = self.redis.query(&range).await?;
        let named: Vec<(String, i64)> = named.into_iter().filter(|(_, seen_at)| *seen_at > self.idle_since()).collect();
        let mut found = Vec::with_capacity(named.len());
        for batch in named.chunks(LIST_BATCH) {
            let keys: Vec<String> = batch.iter().map(|(name, _)| self.key(name).as_str().to_owned()).collect();
            let texts: Vec<Option<String>> = self.redis.query(cmd("MGET").arg(&keys)).await?;
            found.extend(batch.iter().zip(texts).filter_map(|((name, seen_at), text)| {
                let (auth, session) = self.opened(name.clone(), *seen_at, &text?)?;
                Some((auth.subject, auth.epoch, session))
            }));
        }
        Ok(found)
    }

    /// Ends one session of one user; `false` when this user has none of that name. Another user's is never touched.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn end_one_of(&self, subject: i64, name: &str) -> CacheResult<bool> {
        let script = Script::new(
            "if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then return 0 end \
             redis.call('ZREM', KEYS[2], ARGV[1]) \
             redis.call('DEL', KEYS[3]) \
             return 1",
        );
        let keys = [&self.user_key(subject), &self.live_key(), &self.key(name)];
        Ok(self.redis.script::<u8>(&script, &keys, &[name]).await? == 1)
    }

    /// Ends every session of one user at once.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer; the epoch in the user's row then ends them.
    pub async fn end_all_of(&self, subject: i64) -> CacheResult<u64> {
        let user_key = self.user_key(subject);
        let names: Vec<String> = self.redis.query(cmd("SMEMBERS").arg(user_key.as_str())).await?;
        let mut pipe = pipe();
        pipe.cmd("DEL").arg(user_key.as_str()).ignore();
        for name in &names {
            pipe.cmd("DEL").arg(self.key(name).as_str());
            pipe.cmd("ZREM").arg(self.live_key().as_str()).arg(name).ignore();
        }
        let ended: Vec<u64> = self.redis.pipeline(&pipe).await?;
        Ok(ended.into_iter().sum())
    }

    /// Takes a session away that is to go on under another id. `false` when it is over already: then nothing may go on.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn take(&self, id: &Id) -> CacheResult<bool> {
        let mut gone = pipe();
        for name in self.names(id) {
            gone.cmd("DEL").arg(self.key(&name).as_str());
            gone.cmd("ZREM").arg(self.live_key().as_str()).arg(&name).ignore();
        }
        let gone: Vec<u64> = self.redis.pipeline(&gone).await?;
        Ok(gone.into_iter().sum::<u64>() > 0)
    }

    /// Whether Redis still holds a session under an id. Asking does not renew it.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn is_held(&self, id: &Id) -> CacheResult<bool> {
        let mut held = pipe();
        for name in self.names(id) {
            held.cmd("EXISTS").arg(self.key(&name).as_str());
        }
        let held: Vec<u64> = self.redis.pipeline(&held).await?;
        Ok(held.into_iter().sum::<u64>() > 0)
    }

    /// Reads what Redis holds under an id and notes that it was asked for. Whether it is an open session, [`open`](Self::open) says,
    /// for which alone the limits of the site must be known.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn fetch(&self, id: &Id) -> CacheResult<Option<Fetched>> {
        let script = Script::new(
            "local text = redis.call('GET', KEYS[1]) \
             if not text then return false end \
             local seen_at = redis.call('ZSCORE', KEYS[2], ARGV[1]) \
             local read, stored = pcall(cjson.decode, text) \
             if read and type(stored) == 'table' and tonumber(stored.idle) then redis.call('EXPIRE', KEYS[1], stored.idle) end \
             redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1]) \
             return {seen_at, text}",
        );
        for name in self.names(id) {
            let keys = [&self.key(&name), &self.live_key()];
            let found: Option<(Option<i64>, String)> = self.redis.script(&script, &keys, &[&name, &self.now.to_string()]).await?;
            if let Some((seen_at, text)) = found {
                return Ok(Some(Fetched { seen_at, text }));
            }
        }
        Ok(None)
    }

    /// The record of a session that was fetched, if it is open by the limits of now; one that is not is deleted.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read or Redis does not answer.
    pub async fn open(&self, id: &Id, fetched: Option<Fetched>) -> Result<Option<Record>, StoreError> {
        let Some(Fetched { seen_at, text }) = fetched else { return Ok(None) };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| StoreError::Decode(error.to_string()))?;
        let auth: Option<SessionAuth> = stored.data.get(AUTH).and_then(|value| serde_json::from_value(value.clone()).ok());
        if stored.site != self.site || !auth.zip(seen_at).is_some_and(|(auth, seen_at)| self.is_open(&auth, seen_at)) {
            // Looking has renewed it.
            self.delete(id).await?;
            return Ok(None);
        }
        let expiry_date = OffsetDateTime::from_unix_timestamp(self.now.saturating_add_unsigned(self.limits.idle.as_secs()))
            .map_err(|error| StoreError::Decode(error.to_string()))?;
        let record = Record { id: *id, data: stored.data, expiry_date };
        if stored.idle != self.limits.idle.as_secs() {
            // The limit has changed since; from now on the session is renewed for the new one.
            self.save(&record).await?;
        }
        Ok(Some(record))
    }

    /// Ends every session of the site at once.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`] when Redis does not answer.
    pub async fn end_all(&self) -> CacheResult<u64> {
        let live_key = self.live_key();
        let mut ended = 0;
        loop {
            let names: Vec<String> = self.redis.query(cmd("ZRANGE").arg(live_key.as_str()).arg(0).arg(END_BATCH - 1)).await?;
            if names.is_empty() {
                return Ok(ended);
            }
            let mut pipe = pipe();
            for name in &names {
                pipe.cmd("DEL").arg(self.key(name).as_str());
                pipe.cmd("ZREM").arg(live_key.as_str()).arg(name).ignore();
            }
            let gone: Vec<u64> = self.redis.pipeline(&pipe).await?;
            ended += gone.into_iter().sum::<u64>();
        }
    }
}

fn backend(error: CacheError) -> StoreError {
    StoreError::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for SiteSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        loop {
            let (text, auth) = self.encode(record)?;
            let name = self.names(&record.id).next().unwrap_or_default();
            let seconds = self.seconds_left(auth.as_ref()).max(1);
            let mut set = cmd("SET");
            set.arg(self.key(&name).as_str()).arg(text).arg("NX").arg("EX").arg(seconds);
            let made: Option<String> = self.redis.query(&set).await.map_err(backend)?;
            if made.is_none() {
                record.id = Id::default();
                continue;
            }
            if let Some(auth) = auth {
                let user_key = self.user_key(auth.subject);
                let mut index = pipe();
                self.live_prune(&mut index);
                index.cmd("ZADD").arg(self.live_key().as_str()).arg(self.now).arg(&name).ignore();
                index.cmd("SADD").arg(user_key.as_str()).arg(&name).ignore();
                // The set lives as long as the longest of its sessions, should the limits be raised meanwhile.
                let ends_at = auth.began_at.saturating_add_unsigned(SessionLimits::LONGEST.absolute.as_secs());
                index.cmd("EXPIREAT").arg(user_key.as_str()).arg(ends_at).arg("NX").ignore();
                index.cmd("EXPIREAT").arg(user_key.as_str()).arg(ends_at).arg("GT").ignore();
                let _done: () = self.redis.pipeline(&index).await.map_err(backend)?;
            }
            return Ok(());
        }
    }

    /// Only a session that is still there is saved: one that was ended while this request ran stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let (text, auth) = self.encode(record)?;
        for name in self.names(&record.id) {
            let mut set = cmd("SET");
            set.arg(self.key(&name).as_str()).arg(&text).arg("XX").arg("EX").arg(self.seconds_left(auth.as_ref()).max(1));
            let saved: Option<String> = self.redis.query(&set).await.map_err(backend)?;
            if saved.is_some() {
                break;
            }
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let fetched = self.fetch(id).await.map_err(backend)?;
        self.open(id, fetched).await
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut gone = pipe();
        for name in self.names(id) {
            gone.cmd("DEL").arg(self.key(&name).as_str()).ignore();
            gone.cmd("ZREM").arg(self.live_key().as_str()).arg(&name).ignore();
        }
        self.redis.pipeline::<()>(&gone).await.map_err(backend)
    }
}
