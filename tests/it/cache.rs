//! Cached values: computed once, forgotten on write, never another company's.

use cache::CacheValue;
use domain::{SiteKey, TenantId};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use test_support::TestApp;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Greeting(String);

impl CacheValue for Greeting {
    const KIND: &'static str = "greeting";
    const VERSION: u16 = 1;
}

const A: SiteKey = SiteKey::Tenant(TenantId(1));
const B: SiteKey = SiteKey::Tenant(TenantId(2));

async fn get(app: &TestApp, site: SiteKey, computed: &AtomicU32, value: &str) -> String {
    let compute = || async {
        computed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok::<_, ()>(Greeting(value.to_owned()))
    };
    app.services.redis.get_or_compute(site, "x", compute).await.unwrap().0
}

#[tokio::test]
async fn values_of_companies_are_apart() {
    let app = TestApp::start().await;
    let computed = AtomicU32::new(0);
    assert_eq!(get(&app, A, &computed, "a").await, "a");
    assert_eq!(get(&app, B, &computed, "b").await, "b");
    assert_eq!(get(&app, A, &computed, "other").await, "a");
    assert_eq!(get(&app, B, &computed, "other").await, "b");
    assert_eq!(computed.load(Ordering::Relaxed), 2);
    app.services.redis.forget::<Greeting>(A, "x").await.unwrap();
    assert_eq!(get(&app, A, &computed, "new").await, "new");
    assert_eq!(get(&app, B, &computed, "other").await, "b", "a write of one company forgets nothing of another");
}

#[tokio::test]
async fn one_computation_serves_all_who_wait() {
    let app = Arc::new(TestApp::start().await);
    let computed = Arc::new(AtomicU32::new(0));
    let waiting = (0..30).map(|_| {
        let (app, computed) = (Arc::clone(&app), Arc::clone(&computed));
        tokio::spawn(async move { get(&app, A, &computed, "a").await })
    });
    for task in waiting.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), "a");
    }
    assert_eq!(computed.load(Ordering::Relaxed), 1);
}

/// A value that was computed from what a write has changed meanwhile is not kept.
#[tokio::test]
async fn a_write_during_a_computation_wins() {
    let app = TestApp::start().await;
    let computed = AtomicU32::new(0);
    let slow = get(&app, A, &computed, "old");
    let write = async {
        // The computation is under way.
        while computed.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        app.services.redis.forget::<Greeting>(A, "x").await.unwrap();
    };
    let (old, ()) = tokio::join!(slow, write);
    assert_eq!(old, "old");
    assert_eq!(get(&app, A, &computed, "new").await, "new");
}

/// The sign-in page shows what the company wants said, from the cache, and says it no more once it is gone.
#[tokio::test]
async fn settings_come_from_the_cache() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let key = "sign_in.message";
    sql.run(&format!("INSERT INTO {}.tenant_settings (setting_key, setting_value, is_public) VALUES ('{key}', '\"Moved to the third floor\"', true), ('secret', '\"not for everybody\"', false)", tenant.schema)).await;
    let mut actor = app.anonymous(&tenant.host);
    assert!(actor.get("/login").await.body.contains("Moved to the third floor"));
    sql.run(&format!("DELETE FROM {}.tenant_settings", tenant.schema)).await;
    assert!(actor.get("/login").await.body.contains("Moved to the third floor"), "it comes from the cache");
    app.services.redis.forget::<kernel::settings::CachedSettings>(SiteKey::Tenant(tenant.id), "all").await.unwrap();
    let page = actor.get("/login").await.body;
    assert!(!page.contains("Moved to the third floor") && !page.contains("not for everybody"));
}
