//! Passwords: what is accepted, and argon2id on a bounded pool off the async threads.

use crate::{
    Entropy, Error, Result,
    entropy::bytes,
    pace::{Growth, Paces},
    shares::{Permit, Shares},
};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::{
    AppError, SiteKey,
    password::{LENGTH_MAX, composed, is_too_long},
    text::fold,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl HashCost {
    /// OWASP ASVS 5.0 appendix C: 19 MiB, two passes, one lane.
    pub const STANDARD: Self = Self { memory_kib: 19_456, passes: 2 };
}

/// An account of a site, by a hash of what names it: two that share one rest together.
type AccountKey = (SiteKey, u64);

const LANES: u32 = 1;
/// How far the threads stand back that hash for a site whose sign-ins wait for each other (nice(2)): a sixtieth of the weight of others.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;
/// The characters a password must have besides names and addresses that a guesser knows.
const UNKNOWN_MIN: usize = 8;
/// How long a request waits for the hashes of all sites before it is answered with 503, and for those of its own site.
const QUEUE_WAIT: Duration = Duration::from_secs(3);
const SHARE_WAIT: Duration = Duration::from_secs(10);

/// Hashes passwords, as many at once as there are cores, and of one site at most all but one of them.
#[derive(Clone)]
pub struct PasswordHasher {
    permits: Arc<Semaphore>,
    shares: Shares,
    paces: Paces<SiteKey>,
    /// What one account may take, and how long it rests.
    accounts: Shares<AccountKey>,
    account_paces: Paces<AccountKey>,
    /// The site this works for.
    site: Option<SiteKey>,
    /// The account of it, where that is known.
    account: Option<AccountKey>,
    /// Whether other sites ask for pages meanwhile.
    is_crowded: bool,
    entropy: Arc<dyn Entropy>,
    cost: HashCost,
    /// Compared against when there is no account, so that the answer takes the same time.
    dummy: Arc<str>,
    hashed: Arc<AtomicU64>,
    compared: Arc<AtomicU64>,
}

/// What comparing a password with a hash gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the right one.
    Right,
    /// It is the right one, and this hash with today's parameters should replace the old one.
    Outdated(String),
}

impl PasswordHasher {
    /// A hasher that runs `parallel` hashes at once, each of [`HashCost::STANDARD`].
    ///
    /// # Errors
    /// [`Error::Fault`] when argon2 refuses its parameters.
    pub fn new(parallel: usize, entropy: Arc<dyn Entropy>) -> Result<Self> {
        Self::with_cost(parallel, entropy, HashCost::STANDARD)
    }

    /// Like [`new`](Self::new), with hashes of another cost: for tests, which hash far more often than they look at hashes.
    ///
    /// # Errors
    /// As there.
    pub fn with_cost(parallel: usize, entropy: Arc<dyn Entropy>, cost: HashCost) -> Result<Self> {
        let dummy = hash_blocking(cost, b"nobody has this password", &bytes(&*entropy))?;
        let permits = Arc::new(Semaphore::new(parallel.max(1)));
        let shares = Shares::new(parallel.saturating_sub(1));
        Ok(Self {
            permits,
            shares,
            paces: Paces::new(Growth::SITE),
            accounts: Shares::new(1),
            account_paces: Paces::new(Growth::ACCOUNT),
            site: None,
            account: None,
            is_crowded: false,
            entropy,
            cost,
            dummy: Arc::from(dummy),
            hashed: Arc::default(),
            compared: Arc::default(),
        })
    }

    /// The same hasher for one site: others are served though this one is flooded, all the more where they ask for pages meanwhile.
    #[must_use]
    pub fn of(&self, site: SiteKey, is_crowded: bool) -> Self {
        Self { site: Some(site), is_crowded, ..self.clone() }
    }

    /// The same hasher for one account of its site, whatever names it: others of the site are served though this one is flooded.
    #[must_use]
    pub fn of_account(self, name: &str) -> Self {
        let account = self.site.map(|site| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            (site, hasher.finish())
        });
        Self { account, ..self }
    }

    /// How many hashes were computed since the start.
    #[must_use]
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// How many of them were compared with the hash of an account.
    #[must_use]
    pub fn compared(&self) -> u64 {
        self.compared.load(Ordering::Relaxed)
    }

    /// The argon2id hash of a password, as a PHC string.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when no permit comes in time.
    pub async fn hash(&self, password: &SecretString) -> Result<String> {
        let password = normalized(password);
        let (salt, cost): ([u8; 16], _) = (bytes(&*self.entropy), self.cost);
        self.run(move || hash_blocking(cost, password.as_bytes(), &salt)).await?
    }

    /// Compares a password with a stored hash; with none it takes as long and is wrong.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when no permit comes in time.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<Verdict> {
        let password = normalized(password);
        let known = stored.is_some();
        self.compared.fetch_add(u64::from(known), Ordering::Relaxed);
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.dummy), Arc::from);
        let (salt, cost): ([u8; 16], _) = (bytes(&*self.entropy), self.cost);
        self.run(move || {
            let Some((hash, params)) = readable(&stored) else {
                tracing::error!("a stored hash cannot be used; its owner needs a new password");
                // The answer to a wrong one, after as long.
                hash_blocking(cost, password.as_bytes(), &salt)?;
                return Ok(Verdict::Wrong);
            };
            let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            if !(right && known) {
                return Ok(Verdict::Wrong);
            }
            let weaker =
                params.m_cost() < cost.memory_kib || params.t_cost() < cost.passes || hash.algorithm != Algorithm::Argon2id.ident();
            if weaker { hash_blocking(cost, password.as_bytes(), &salt).map(Verdict::Outdated) } else { Ok(Verdict::Right) }
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let unavailable = || AppError::Unavailable { retry_after: 1 };
        // In the queue of the site stands no more of an account than one.
        let own = match self.account.filter(|_| self.is_crowded) {
            Some(account) => Some((account, self.accounts.wait(account, SHARE_WAIT).await.ok_or_else(unavailable)?)),
            None => None,
        };
        // In the queue of all stands no more of a site than its share.
        let share = match self.site {
            Some(site) => Some(self.shares.wait(site, SHARE_WAIT).await.ok_or_else(unavailable)?),
            None => None,
        };
        let permit = tokio::time::timeout(QUEUE_WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| unavailable())?
            .map_err(|error| Error::Fault(error.to_string()))?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        let (done, result) = oneshot::channel();
        let took = own.map(|(account, permit)| rest_after(self.account_paces.clone(), account, permit));
        // Each hash runs in its own thread, because an unprivileged thread cannot raise its priority again (setpriority(2)).
        let yields = share.as_ref().is_some_and(Permit::waited);
        // Even without a wait here: the queue of the site for its pages may have spread a flood of sign-ins.
        let rests = self.site.filter(|_| self.is_crowded);
        let paces = self.paces.clone();
        let begun = std::thread::Builder::new().name("hash".to_owned()).spawn(move || {
            if yields {
                yield_to_others();
            }
            let begun = Instant::now();
            let sent = done.send(work());
            drop(permit);
            let _gone = took.map(|took| took.send(begun.elapsed()));
            // A hash delays what its core is asked for meanwhile by a time slice, whatever its priority, so many of them must be rare.
            if let Some(site) = rests {
                std::thread::sleep(paces.rest(site, begun.elapsed()));
            }
            drop(share);
            sent
        });
        begun.map_err(|error| Error::Fault(format!("a thread to hash in: {error}")))?;
        result.await.map_err(|error| Error::Fault(error.to_string()))
    }
}

/// Keeps the permit of an account through the rest after its work; who works says how long that took.
fn rest_after(paces: Paces<AccountKey>, account: AccountKey, permit: Permit<AccountKey>) -> oneshot::Sender<Duration> {
    let (sender, took) = oneshot::channel();
    tokio::spawn(async move {
        if let Ok(took) = took.await {
            tokio::time::sleep(paces.rest(account, took)).await;
        }
        drop(permit);
    });
    sender
}

/// Lets threads that answer requests go before this one: a hash keeps a core busy for longer than a page takes.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    let _as_before = rustix::process::nice(NICENESS);
}

/// Whether a hash costs no more than those made here: one that costs more did not come from here, and is never computed.
#[must_use]
pub fn is_affordable(stored: &str) -> bool {
    readable(stored).is_some()
}

/// A stored hash, if it costs no more than those made here.
fn readable(stored: &str) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let most = HashCost::STANDARD;
    let within = params.m_cost() <= most.memory_kib && params.t_cost() <= most.passes && params.p_cost() <= LANES;
    within.then_some((hash, params))
}

fn hash_blocking(cost: HashCost, password: &[u8], salt: &[u8; 16]) -> Result<String> {
    let fault = |error: &dyn std::fmt::Display| Error::Fault(format!("argon2: {error}"));
    let params = Params::new(cost.memory_kib, cost.passes, LANES, None).map_err(|error| fault(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password_with_salt(password, salt).map_err(|error| fault(&error))?.to_string())
}

fn normalized(password: &SecretString) -> Zeroizing<String> {
    Zeroizing::new(composed(password.expose_secret()))
}

/// Judges a new password that is at least `least` characters long: its length, what it is near to, and how soon it would be guessed (zxcvbn 3 or more).
/// `context` holds words that a guesser would try first: names, addresses, the company.
///
/// # Errors
/// The sentence to show beside the field.
pub fn judge(password: &SecretString, least: usize, context: &[&str]) -> std::result::Result<(), String> {
    if password.expose_secret().chars().count() < least {
        return Err(format!("Use at least {least} characters. A sentence works well"));
    }
    if is_too_long(password.expose_secret()) {
        return Err(format!("Use at most {LENGTH_MAX} characters"));
    }
    let normal = normalized(password);
    let mut words: Vec<&str> =
        context.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).filter(|word| word.len() > 2).collect();
    words.push("oneo");
    // zxcvbn takes known words in a row for a strong password, a guesser who knows the person does not.
    let unknown = words.iter().fold(fold(&normal), |rest, word| rest.replace(&fold(word), ""));
    // What stands between words is easily guessed, unlike a character that is no letter of any of them.
    if unknown.chars().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()).count() < UNKNOWN_MIN {
        return Err("This password is made of names that others can guess".to_owned());
    }
    let estimate = zxcvbn::zxcvbn(&normal, &words);
    if u8::from(estimate.score()) >= 3 {
        return Ok(());
    }
    let hint = estimate
        .feedback()
        .and_then(|feedback| feedback.warning())
        .map(|warning| format!(": {}", fold(warning.to_string().trim_end_matches('.'))));
    Err(format!("This password is too easy to guess{}", hint.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;
    use domain::{TenantId, password::LENGTH_MIN};

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn judges_length_and_strength() {
        assert!(judge(&secret("correct staple gull 7"), LENGTH_MIN, &[]).is_ok());
        assert!(judge(&secret("tooshort"), LENGTH_MIN, &[]).unwrap_err().contains("15"));
        assert!(judge(&secret(&"x".repeat(257)), LENGTH_MIN, &[]).unwrap_err().contains("256"));
        assert!(judge(&secret("aaaaaaaaaaaaaaaa"), LENGTH_MIN, &[]).is_err());
        assert!(judge(&secret("passwordpassword"), LENGTH_MIN, &[]).is_err());
        assert!(judge(&secret("northwindnorthwind"), LENGTH_MIN, &["Northwind", "mara@northwind.example"]).is_err());
        assert!(judge(&secret("northwind northwind!!!!!!!!"), LENGTH_MIN, &["Northwind"]).unwrap_err().contains("names"));
        assert!(judge(&secret("MÜNCHENmünchenMünchen"), LENGTH_MIN, &["München"]).unwrap_err().contains("names"));
        let emoji = "🦀🐙🌵🎻🚀🪐🧊🍄🎲🧭🪁🌋🦚🎷🧩🪴";
        assert!(judge(&secret(emoji), LENGTH_MIN, &["Northwind"]).is_ok(), "{:?}", judge(&secret(emoji), LENGTH_MIN, &[]));
        assert!(judge(&secret(&"😀".repeat(20)), LENGTH_MIN, &[]).is_err());
    }

    #[tokio::test]
    async fn hashes_and_verifies() {
        let hasher = PasswordHasher::new(2, Arc::new(OsEntropy)).unwrap();
        let hash = hasher.hash(&secret("ﬁne password of mine")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(hasher.verify(&secret("fine password of mine"), Some(&hash)).await.unwrap(), Verdict::Right, "NFKC");
        assert_eq!(hasher.verify(&secret("fine password of mine "), Some(&hash)).await.unwrap(), Verdict::Wrong, "spaces count");
        assert_eq!(hasher.verify(&secret("nobody has this password"), None).await.unwrap(), Verdict::Wrong);
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(b"fine password of mine", &[7; 16]).unwrap().to_string();
        assert!(
            matches!(hasher.verify(&secret("fine password of mine"), Some(&weak)).await.unwrap(), Verdict::Outdated(new) if new.contains("m=19456"))
        );
        for absurd in [hash.replace("m=19456", "m=4000000"), hash.replace("t=2", "t=4000000"), "nonsense".to_owned()] {
            assert_eq!(hasher.verify(&secret("fine password of mine"), Some(&absurd)).await.unwrap(), Verdict::Wrong, "{absurd}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_is_flooded_leaves_a_permit_to_others() {
        let hasher = PasswordHasher::with_cost(2, Arc::new(OsEntropy), HashCost { memory_kib: 8, passes: 1 }).unwrap();
        let [site, elsewhere] = [1, 2].map(|id| SiteKey::Tenant(TenantId(id)));
        let (one, other) = (hasher.of(site, false), hasher.of(elsewhere, false));
        let held = hasher.shares.wait(site, QUEUE_WAIT).await.unwrap();
        assert!(one.hash(&secret("x")).await.is_err(), "its share is in use");
        assert!(other.hash(&secret("x")).await.is_ok());
        drop(held);
        assert!(one.hash(&secret("x")).await.is_ok());
    }

    #[tokio::test]
    async fn long_passwords_are_not_cut() {
        let hasher = PasswordHasher::new(1, Arc::new(OsEntropy)).unwrap();
        let long = "x".repeat(199);
        let hash = hasher.hash(&secret(&format!("{long}a"))).await.unwrap();
        assert_eq!(hasher.verify(&secret(&format!("{long}b")), Some(&hash)).await.unwrap(), Verdict::Wrong);
    }
}
