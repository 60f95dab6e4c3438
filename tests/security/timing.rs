//! Whether a failed sign-in says by its time what it does not say otherwise, and what many of them at once do to others.
//! Measurements, so they are no part of the suite: `make security-timing`, on a machine with nothing else to do.

use crate::harness::{Harness, WORD, form};
use kernel::{SystemClock, clock::Clock as _};
use std::{
    thread::JoinHandle,
    time::{Duration, Instant},
};
use test_support::{Browser, Tenant};

/// Samples of each class.
const SAMPLES: usize = 200;
/// The most by which medians may differ: of the shorter one, or in milliseconds.
const SHARE: f64 = 0.05;
const MILLIS: f64 = 3.0;
/// The least chance that two classes are drawn from one: 0.01 over ten pairs (Bonferroni).
const CHANCE: f64 = 0.01 / 10.0;

async fn sample(browser: &mut Browser, login: &str, password: &str) -> f64 {
    let begun = Instant::now();
    let reply = browser.call("/api/tenant/sign_in", &[("login", login), ("password", password)]).await;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    assert_eq!(reply.status, 422, "{login}: {}", reply.body);
    took
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The chance that such samples, or more different ones, come from one distribution: the test of Mann and Whitney, by its
/// normal approximation.
fn chance(a: &[f64], b: &[f64]) -> f64 {
    let above = a
        .iter()
        .map(|x| {
            b.iter()
                .map(|y| {
                    if x > y {
                        1.0
                    } else if x < y {
                        0.0
                    } else {
                        0.5
                    }
                })
                .sum::<f64>()
        })
        .sum::<f64>();
    let (n, m) = (a.len() as f64, b.len() as f64);
    let z = ((above - n * m / 2.0).abs() - 0.5).max(0.0) / (n * m * (n + m + 1.0) / 12.0).sqrt();
    // The tail of the normal distribution (Abramowitz and Stegun, 26.2.17).
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let tail = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    2.0 * tail * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Locks an account as too many wrong passwords do, now and for the next minutes.
async fn lock(harness: &Harness, tenant: &Tenant, login: &str) {
    let name = harness.app.services.keyring.account_name("login", login);
    let now = SystemClock.now().timestamp_millis();
    for _ in 0..12 {
        let site = domain::SiteKey::Tenant(tenant.id);
        let _wait = harness
            .app
            .services
            .redis
            .account_try(site, &name, now, cache::AccountThrottle { free: 1, delay_max: 900, daily_max: 2 })
            .await
            .unwrap();
    }
}

#[tokio::test]
#[ignore = "a measurement: make security-timing"]
async fn timing_of_failed_sign_ins_tells_nothing() {
    let harness = Harness::start().await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    for name in ["disabled", "locked"] {
        harness.app.user(&acme, "user", name).await;
    }
    harness.sql.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'disabled'", acme.schema)).await;
    let classes = [
        ("unknown", "nobody@acme.example", WORD),
        ("wrong", acme.owner.as_str(), "not the password at all"),
        ("disabled", "disabled", WORD),
        ("locked", "locked", WORD),
        ("foreign", beta.owner.as_str(), WORD),
    ];
    let mut took: Vec<Vec<f64>> = vec![Vec::new(); classes.len()];
    let mut browser = harness.browser(&acme.host);
    for round in 0..SAMPLES + 10 {
        harness.forget_tries().await;
        lock(&harness, &acme, "locked").await;
        for step in 0..classes.len() {
            // Another order each time, so that what comes after what plays no part.
            let class = (step * 2 + round) % classes.len();
            let (_, login, password) = classes[class];
            let millis = sample(&mut browser, login, password).await;
            if round >= 10 {
                took[class].push(millis);
            }
        }
    }
    let mut told = String::new();
    let mut apart = Vec::new();
    for (index, (name, ..)) in classes.iter().enumerate() {
        told.push_str(&format!("{name}: median {:.3} ms\n", median(&took[index])));
        for (other, (second, ..)) in classes.iter().enumerate().skip(index + 1) {
            let (a, b) = (median(&took[index]), median(&took[other]));
            let (gap, chance) = ((a - b).abs(), chance(&took[index], &took[other]));
            told.push_str(&format!("  {name} and {second}: {gap:.3} ms apart, chance {chance:.4}\n"));
            if (gap > SHARE * a.min(b) && gap > MILLIS) || chance < CHANCE {
                apart.push(format!("{name} and {second}"));
            }
        }
    }
    std::fs::create_dir_all("target/security").unwrap();
    std::fs::write("target/security/timing.txt", &told).unwrap();
    assert!(apart.is_empty(), "{apart:?} can be told apart:\n{told}");
}

/// How many sign in at once, and for how long.
const FLOOD: u32 = 500;
const FLOOD_FOR: Duration = Duration::from_secs(10);
/// What a health check may take then, 99 times of 100 (security.md 35), in milliseconds.
const HEALTH: f64 = 50.0;

/// The 99th of a hundred, in milliseconds, of asking for a page again and again until then.
async fn slowest(browser: &mut Browser, path: &str, until: Instant) -> f64 {
    let mut took = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        let reply = browser.get(path).await;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort_by(f64::total_cmp);
    took[took.len() * 99 / 100]
}

/// Wrong passwords from as many addresses, from a browser that is known to the account, so that the limit of the site does not
/// end the flood; whoever is locked out by then costs a hash like everybody.
async fn sign_in_until(mut browser: Browser, number: u32, login: String, until: Instant) -> (u32, u32) {
    let body = form(&[("login", &login), ("password", "not the password at all")]);
    let origin = format!("http://{}:8000", browser.host);
    let (mut wrong, mut waiting) = (0, 0);
    // One after the other within a second, as the turns are: else all connections would end and begin at the same moments.
    tokio::time::sleep(Duration::from_millis(u64::from(number) * 2)).await;
    for turn in 0_u32.. {
        if Instant::now() >= until {
            break;
        }
        let address = format!("10.{}.{}.{}", turn % 250, number / 250, number % 250 + 1);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [("accept", "application/json"), kind, ("origin", origin.as_str()), ("x-forwarded-for", &address)];
        match browser.send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await.status.as_u16() {
            422 => wrong += 1,
            503 => waiting += 1,
            other => unreachable!("an answer of {other}"),
        }
    }
    (wrong, waiting)
}

/// Does something on a thread of its own, so that a busy one beside it is not measured too.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    std::thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work))
}

#[tokio::test]
#[ignore = "a measurement: make security-timing"]
async fn timing_of_others_while_500_sign_in() {
    let harness = Harness::start_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let (mut health, mut colleague, mut known) = (harness.browser(&beta.host), harness.owner(&beta).await, harness.owner(&acme).await);
    known.cookies.remove("__Host-sid");
    let soon = || Instant::now() + Duration::from_secs(3);
    let (health_before, page_before) = (slowest(&mut health, "/livez", soon()).await, slowest(&mut colleague, "/users", soon()).await);
    let (memory, until) = (harness.process.memory(), Instant::now() + FLOOD_FOR);
    let login = acme.owner.clone();
    let flood = apart(async move {
        let all = (0..FLOOD).map(|number| sign_in_until(known.clone(), number, login.clone(), until));
        futures_util::future::join_all(all).await
    });
    let others = apart(async move { slowest(&mut health, "/livez", until).await });
    let page = apart(async move { slowest(&mut colleague, "/users", until).await });
    let mut most = memory;
    while Instant::now() < until {
        most = most.max(harness.process.memory());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (health_after, page_after) = (others.join().unwrap(), page.join().unwrap());
    let (wrong, waiting) = flood.join().unwrap().into_iter().fold((0, 0), |(a, b), (wrong, waiting)| (a + wrong, b + waiting));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (grown, allowed) = (most - memory, u64::try_from(cores).unwrap() * 19_456 + 64 * 1024);
    let told = format!(
        "{FLOOD} at once for {} s: {wrong} compared, {waiting} sent away\n\
         health, 99 of 100: {health_before:.1} ms before, {health_after:.1} ms meanwhile\n\
         a page of another company, 99 of 100: {page_before:.1} ms before, {page_after:.1} ms meanwhile\n\
         memory: {grown} KiB more, {allowed} allowed\n",
        FLOOD_FOR.as_secs()
    );
    std::fs::create_dir_all("target/security").unwrap();
    std::fs::write("target/security/flood.txt", &told).unwrap();
    assert!(wrong > 0 && health_after < HEALTH && grown <= allowed, "{told}");
}

#[test]
fn chances_are_those_of_the_tables() {
    let (a, b): (Vec<f64>, Vec<f64>) = ((0..100).map(f64::from).collect(), (0..100).map(|n| f64::from(n) + 0.1).collect());
    assert!(chance(&a, &b) > 0.9, "{}", chance(&a, &b));
    let far: Vec<f64> = a.iter().map(|n| n + 30.0).collect();
    assert!(chance(&a, &far) < 0.000_01, "{}", chance(&a, &far));
}
