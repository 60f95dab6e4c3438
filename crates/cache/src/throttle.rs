//! Throttles of sign-ins: counted in one step before any hashing, so parallel tries gain nothing.

use crate::{CacheResult, Redis};
use domain::SiteKey;
use redis::Script;

/// How tries on one account are slowed down (NIST SP 800-63B-4 3.2.2: at most 100 in a row).
#[derive(Clone, Copy, Debug)]
pub struct AccountThrottle {
    /// Tries before the first delay.
    pub free: u32,
    /// The longest delay, in seconds; delays double from one second.
    pub delay_max: u32,
    /// Tries in 24 hours after which nothing but time helps.
    pub daily_max: u32,
}

impl AccountThrottle {
    /// Five free tries, then 1, 2, 4 seconds and so on up to 15 minutes, at most 100 a day.
    pub const SIGN_IN: Self = Self { free: 5, delay_max: 900, daily_max: 100 };
}

impl Redis {
    /// Counts a try on an account. `None` means go on; otherwise the seconds to wait, and the try did not count.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer; then nobody may try.
    pub async fn account_try(&self, site: SiteKey, account: &str, now_ms: i64, limits: AccountThrottle) -> CacheResult<Option<u32>> {
        let script = Script::new(
            "local tries = tonumber(redis.call('HGET', KEYS[1], 'tries') or '0') \
             local until_ms = tonumber(redis.call('HGET', KEYS[1], 'until') or '0') \
             local now = tonumber(ARGV[1]) \
             if until_ms > now then return math.ceil((until_ms - now) / 1000) end \
             tries = tries + 1 \
             redis.call('HSET', KEYS[1], 'tries', tries) \
             if tries == 1 then redis.call('EXPIRE', KEYS[1], 86400) end \
             if tries >= tonumber(ARGV[4]) then redis.call('HSET', KEYS[1], 'until', now + 86400000) \
             elseif tries >= tonumber(ARGV[2]) then \
               local delay = math.min(2 ^ (tries - tonumber(ARGV[2])), tonumber(ARGV[3])) \
               redis.call('HSET', KEYS[1], 'until', now + delay * 1000) \
             end \
             return 0",
        );
        let key = self.keys.key(site, "throttle", account);
        let args = [now_ms.to_string(), limits.free.to_string(), limits.delay_max.to_string(), limits.daily_max.to_string()];
        let wait: u32 = self.script(&script, &[&key], &args.each_ref().map(String::as_str)).await?;
        Ok((wait > 0).then_some(wait))
    }

    /// The seconds an account must still wait; counts nothing.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn account_wait(&self, site: SiteKey, account: &str, now_ms: i64) -> CacheResult<Option<u32>> {
        let key = self.keys.key(site, "throttle", account);
        let until: Option<i64> = self.query(redis::cmd("HGET").arg(key.as_str()).arg("until")).await?;
        let left = until.unwrap_or(0).saturating_sub(now_ms);
        Ok((left > 0).then(|| u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX)))
    }

    /// Forgets the tries on an account, after the right password.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn account_clear(&self, site: SiteKey, account: &str) -> CacheResult<()> {
        let key = self.keys.key(site, "throttle", account);
        let _deleted: i64 = self.query(redis::cmd("DEL").arg(key.as_str())).await?;
        Ok(())
    }

    /// Notes who cannot sign in until then, so that admins find them.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn locked_note(&self, site: SiteKey, subject: i64, until_ms: i64) -> CacheResult<()> {
        let key = self.keys.key(site, "locked", "all");
        let mut both = redis::pipe();
        both.cmd("ZADD").arg(key.as_str()).arg(until_ms).arg(subject).ignore();
        both.cmd("EXPIRE").arg(key.as_str()).arg(86_400).ignore();
        let _nothing: () = self.pipeline(&both).await?;
        Ok(())
    }

    /// Those who cannot sign in for now: at most 1,000, who wait the longest.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn locked_list(&self, site: SiteKey, now_ms: i64) -> CacheResult<Vec<i64>> {
        let key = self.keys.key(site, "locked", "all");
        let mut both = redis::pipe();
        both.cmd("ZREMRANGEBYSCORE").arg(key.as_str()).arg("-inf").arg(now_ms).ignore();
        both.cmd("ZREVRANGE").arg(key.as_str()).arg(0).arg(999);
        let (locked,): (Vec<i64>,) = self.pipeline(&both).await?;
        Ok(locked)
    }

    /// Forgets that a user could not sign in.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn locked_forget(&self, site: SiteKey, subject: i64) -> CacheResult<()> {
        let key = self.keys.key(site, "locked", "all");
        let _gone: i64 = self.query(redis::cmd("ZREM").arg(key.as_str()).arg(subject)).await?;
        Ok(())
    }

    /// Takes an event back that [`window_count`](Self::window_count) counted.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn window_give_back(&self, site: SiteKey, name: &str) -> CacheResult<()> {
        let script = Script::new(
            "local count = tonumber(redis.call('GET', KEYS[1]) or '0') \
             if count > 0 then redis.call('DECR', KEYS[1]) end \
             return 0",
        );
        let key = self.keys.key(site, "window", name);
        let _nothing: i64 = self.script(&script, &[&key], &[]).await?;
        Ok(())
    }

    /// Forgets a window with everything it counted.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn window_forget(&self, site: SiteKey, name: &str) -> CacheResult<()> {
        let key = self.keys.key(site, "window", name);
        let _gone: i64 = self.query(redis::cmd("DEL").arg(key.as_str())).await?;
        Ok(())
    }

    /// Counts an event in a fixed window. `None` while there were at most `limit`; otherwise the seconds until it ends.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn window_count(&self, site: SiteKey, name: &str, limit: u32, seconds: u32) -> CacheResult<Option<u32>> {
        let script = Script::new(
            "local count = redis.call('INCR', KEYS[1]) \
             if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end \
             if count > tonumber(ARGV[1]) then return math.max(redis.call('TTL', KEYS[1]), 1) end \
             return 0",
        );
        let key = self.keys.key(site, "window", name);
        let wait: u32 = self.script(&script, &[&key], &[&limit.to_string(), &seconds.to_string()]).await?;
        Ok((wait > 0).then_some(wait))
    }
}
