//! What a page costs on its way: statements, prepares and commands, counted on the wires. It fails when they grow.

use axum::http::StatusCode;
use test_support::{Actor, Counts, TestApp};

/// A page, the statements it may send to PostgreSQL and the commands it may send to Redis.
type Cost = (&'static str, usize, usize);

/// Statements: those that open and end the transaction, who asks with which roles, and what the page shows; whatever stands on a
/// line of the code together is sent together. Commands: one that renews the session, two of who is locked out, the settings.
const PAGES: &[Cost] = &[
    ("/users", 10, 4),
    ("/users?sort=email&dir=desc", 10, 4),
    ("/users?q=person&role=user&status=active", 10, 4),
    ("/users/new", 7, 4),
    ("/roles", 6, 4),
];

async fn open(actor: &mut Actor, path: &str) {
    assert_eq!(actor.get(path).await.status, StatusCode::OK, "{path}");
}

#[tokio::test]
async fn pages_send_no_more_than_they_need() {
    let (app, taps) = TestApp::start_on_taps().await;
    let tenant = app.tenant("acme").await;
    for n in 0..3 {
        app.user(&tenant, "user", &format!("person{n}")).await;
    }
    let mut owner = app.owner(&tenant).await;
    for (path, statements, commands) in PAGES {
        // Often enough for each connection of the pool to have prepared what the page asks.
        for _ in 0..12 {
            open(&mut owner, path).await;
        }
        let _before = (taps.postgres.take(), taps.redis.take());
        open(&mut owner, path).await;
        let (postgres, redis) = (taps.postgres.take(), taps.redis.take());
        assert_eq!(postgres.prepares, 0, "{path} prepares statements anew");
        assert!(postgres.statements <= *statements, "{path} sends {} statements", postgres.statements);
        assert!(redis.statements <= *commands, "{path} sends {} commands", redis.statements);
        assert_ne!(postgres, Counts::default(), "nothing is counted");
    }
}
