//! How many sign-ins may fail in a minute, for any account.

use domain::AppError;
use kernel::{RequestCx, Result};
use std::net::IpAddr;

/// Failed sign-ins from one address in a minute, and on one site, before it must wait.
const ADDRESS_TRIES: u32 = 20;
const SITE_TRIES: u32 = 100;

/// What a try counts against besides its account: its address, and the site, but for browsers that are known to the account.
pub(super) struct RateLimits {
    address: String,
    of_site: bool,
}

impl RateLimits {
    /// Counts a try against its address.
    ///
    /// # Errors
    /// [`AppError::RateLimited`] when there were too many of them.
    pub async fn of_address(cx: &RequestCx) -> Result<Self> {
        let address = address_name(cx, "login");
        match cx.services.redis.window_count(cx.site.key(), &address, ADDRESS_TRIES, 60).await? {
            Some(retry_after) => Err(AppError::RateLimited { retry_after }.into()),
            None => Ok(Self { address, of_site: false }),
        }
    }

    /// Counts it against the site too.
    ///
    /// # Errors
    /// [`AppError::RateLimited`] when there were too many of them.
    pub async fn and_of_site(&mut self, cx: &RequestCx) -> Result<()> {
        self.of_site = true;
        match cx.services.redis.window_count(cx.site.key(), "login", SITE_TRIES, 60).await? {
            Some(retry_after) => Err(AppError::RateLimited { retry_after }.into()),
            None => Ok(()),
        }
    }

    /// Takes it back: it was right, and only failures count.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn give_back(self, cx: &RequestCx) -> Result<()> {
        let (redis, site) = (&cx.services.redis, cx.site.key());
        redis.window_give_back(site, &self.address).await?;
        if self.of_site {
            redis.window_give_back(site, "login").await?;
        }
        Ok(())
    }
}

/// The window in which what comes from the caller's address is counted.
#[must_use]
pub fn address_name(cx: &RequestCx, what: &str) -> String {
    format!("{what}:{}", cx.request.ip.map_or_else(|| "none".to_owned(), address_group))
}

/// IPv6 addresses are counted by their /64, which one customer has to himself.
fn address_group(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}
