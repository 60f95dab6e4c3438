//! How many files come in at once: few of a user, few of a site, and not many in all, so that slow senders leave places to others.

use crate::shares::{Permit, Shares};
use domain::SiteKey;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Files of a site at once.
const SITE_MAX: usize = 4;
/// Sites that send a file at once, with one place each that other sites cannot take.
const SITES_MAX: usize = 256;
/// Files beyond the first of each site, over all sites.
const FURTHER_MAX: usize = 32;

/// The files that come in, lists and archives apart from pictures.
#[derive(Clone)]
pub struct Uploads {
    /// Lists and archives, which may take half an hour.
    pub files: Places,
    /// Pictures, which take a minute at most.
    pub pictures: Places,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { files: Places::new(2), pictures: Places::new(1) }
    }
}

/// Places of one kind of file.
#[derive(Clone)]
pub struct Places {
    users: Shares<(SiteKey, i64)>,
    sites: Shares,
    /// One of each site.
    firsts: Shares,
    first: Arc<Semaphore>,
    further: Arc<Semaphore>,
}

/// Who has to finish before another file can come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// The same user.
    User,
    /// Others on the same site.
    Site,
    /// Other sites.
    All,
}

/// The place of a file that comes in, held until it is dropped.
pub struct Place {
    _user: Permit<(SiteKey, i64)>,
    _site: Permit,
    _first: Option<Permit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Places {
    fn new(user_max: usize) -> Self {
        Self {
            users: Shares::new(user_max),
            sites: Shares::new(SITE_MAX),
            firsts: Shares::new(1),
            first: Arc::new(Semaphore::new(SITES_MAX)),
            further: Arc::new(Semaphore::new(FURTHER_MAX)),
        }
    }

    /// Waits for a place, at most so long for each of the three who may be busy. The platform needs none of those over all sites.
    ///
    /// # Errors
    /// Who is still busy then.
    pub async fn wait(&self, site: SiteKey, user: i64, most: Duration) -> Result<Place, Busy> {
        let user = self.users.wait((site, user), most).await.ok_or(Busy::User)?;
        let own = self.sites.wait(site, most).await.ok_or(Busy::Site)?;
        if site == SiteKey::Platform {
            return Ok(Place { _user: user, _site: own, _first: None, _all: None });
        }
        let first = async {
            let first = self.firsts.wait(site, most).await?;
            Some((Some(first), Arc::clone(&self.first).acquire_owned().await.ok()?))
        };
        let further = async { Some((None, Arc::clone(&self.further).acquire_owned().await.ok()?)) };
        let taken = timeout(most, async {
            tokio::select! {
                biased;
                taken = first => taken,
                taken = further => taken,
            }
        });
        let (first, all) = taken.await.ok().flatten().ok_or(Busy::All)?;
        Ok(Place { _user: user, _site: own, _first: first, _all: Some(all) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TenantId;

    const WAIT: Duration = Duration::from_millis(10);

    fn tenant(id: i64) -> SiteKey {
        SiteKey::Tenant(TenantId(id))
    }

    #[tokio::test]
    async fn a_user_and_a_site_have_few_places() {
        let places = Uploads::default().files;
        let site = tenant(1);
        let mut held = Vec::new();
        for user in [1, 1, 2, 2] {
            held.push(places.wait(site, user, WAIT).await.unwrap());
        }
        assert_eq!(places.wait(site, 1, WAIT).await.err(), Some(Busy::User));
        assert_eq!(places.wait(site, 3, WAIT).await.err(), Some(Busy::Site));
        assert!(places.wait(tenant(2), 1, WAIT).await.is_ok(), "the same number on another site is another user");
        held.pop();
        assert!(places.wait(site, 3, WAIT).await.is_ok());
    }

    #[tokio::test]
    async fn many_sites_that_take_all_they_may_leave_others_a_place() {
        let places = Uploads::default().files;
        let mut held = Vec::new();
        for site in 1..=40 {
            for user in 1..=4 {
                held.extend(places.wait(tenant(site), user, Duration::from_millis(1)).await.ok());
            }
        }
        assert_eq!(held.len(), 40 + FURTHER_MAX);
        assert!(places.wait(tenant(99), 1, WAIT).await.is_ok());
        assert_eq!(places.wait(tenant(40), 9, WAIT).await.err(), Some(Busy::All));
        for user in 1..=SITE_MAX {
            held.push(places.wait(SiteKey::Platform, i64::try_from(user).unwrap(), WAIT).await.expect("the platform has its own"));
        }
    }
}
