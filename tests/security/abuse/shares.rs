//! What one client, or the people of one tenant, can take from everybody else; and services that fail.

use super::*;
use futures_util::future::join_all;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Instant,
};
use test_support::ChaosProxy;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// 66: a client that reads nothing and one that sends a byte now and then are let go.
#[tokio::test]
async fn r66_slow_readers_and_senders_are_let_go() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let owner = harness.owner(&acme).await;
    let mut reader = deaf(&harness.process, 200).await;
    let head = format!(
        "POST /api/tenant/photo_set HTTP/1.1\r\nHost: {0}:8000\r\nCookie: __Host-sid={1}\r\nOrigin: http://{0}:8000\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 100000\r\n\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
        acme.host, owner.cookies["__Host-sid"]
    );
    let mut sender = TcpStream::connect(harness.process.address).await.unwrap();
    sender.write_all(head.as_bytes()).await.unwrap();
    let begun = Instant::now();
    let mut ended = None;
    while begun.elapsed() < Duration::from_secs(15) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if ended.is_none() && sender.write_all(b"x").await.is_err() {
            ended = Some(begun.elapsed());
        }
    }
    assert!(ended.is_some(), "a byte now and then keeps its place");
    // One picture of a user comes in at a time.
    let mut again = owner.clone();
    let next = tokio::time::timeout(Duration::from_secs(5), upload(&mut again, "/api/tenant/photo_set", &[], b"no picture")).await;
    assert_eq!(next.expect("its place is free").status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut read = Vec::new();
    let rest = tokio::time::timeout(Duration::from_secs(5), reader.read_to_end(&mut read)).await;
    assert!(rest.is_ok() && read.len() < 200 * 100_000, "a client that read nothing still gets its answers: {} bytes", read.len());
}

/// 67: forty clients on a list, slow uploads and costly sign-ins of one tenant leave another one its pages, its uploads and its
/// sign-ins.
#[tokio::test]
async fn r67_a_flood_leaves_others_their_share() {
    let harness = Harness::start().await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let (flood, mut other) = (harness.owner(&acme).await, harness.owner(&beta).await);
    // Ten users sign in once each: repeated sign-ins of one account are delayed, and the flood is not limited while no other site asks.
    let users: Vec<String> = (0..10).map(|number| format!("user{number}")).collect();
    for name in &users {
        harness.app.user(&beta, "user", name).await;
    }
    let body = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
    let head = format!(
        "POST /api/tenant/user_import_upload HTTP/1.1\r\nHost: {0}:8000\r\nCookie: __Host-sid={1}\r\nOrigin: http://{0}:8000\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 1000000\r\n\r\n{body}",
        acme.host, flood.cookies["__Host-sid"]
    );
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(harness.process.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let stop = AtomicBool::new(false);
    let is_on = &|| !stop.load(Ordering::Relaxed);
    let shown = &AtomicUsize::new(0);
    let pages = join_all((0..40).map(|_| async {
        let mut client = flood.clone();
        while is_on() {
            client.get("/users").await;
            shown.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let (harness, host) = (&harness, &acme.host);
    let hashes = join_all((0..4).map(|number| async move {
        while is_on() {
            guess(harness, host, number).await;
        }
    }));
    let served = async {
        let mut beside = Vec::new();
        for name in &users {
            let before = shown.load(Ordering::Relaxed);
            assert_eq!(other.get("/users").await.status, StatusCode::OK);
            beside.push(shown.load(Ordering::Relaxed) - before);
            let reply = harness.browser(&beta.host).try_sign_in(name, crate::harness::WORD).await;
            assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "no sign-in is refused");
        }
        beside.sort_unstable();
        assert!(beside[5] <= 8, "a page waits for those of forty others: {beside:?}");
        let file = b"email,first_name,last_name\na@a.example,A,B\n";
        assert_eq!(upload(&mut other, "/api/tenant/user_import_upload", &[], file).await.status, StatusCode::OK);
        stop.store(true, Ordering::Relaxed);
    };
    let all = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(pages, hashes, served) }).await;
    assert!(all.is_ok(), "others wait for ever");
}

/// Tries to sign in as a user who does not exist, which hashes a password all the same.
async fn guess(harness: &Harness, host: &str, number: usize) {
    harness.forget_tries().await;
    harness.browser(host).try_sign_in(&format!("nobody{number}"), "wrong password here").await;
}

/// 70: a long answer breaks off within two seconds once its caller loses access.
#[tokio::test]
async fn r70_long_answers_end_with_their_caller() {
    let harness = Harness::start().await;
    let mut admin = harness.admin().await;
    for (slug, ends) in [("acme", "/api/platform/tenant_suspend"), ("beta", "/api/platform/tenant_sign_out")] {
        let tenant = harness.tenant(slug).await;
        let mut owner = harness.owner(&tenant).await;
        // Another process has it, so that its stream goes on.
        let job = format!(
            "INSERT INTO platform.jobs (kind, tenant_id, status, heartbeat_at) VALUES ('users_import', {}, 'running', now() + interval '1 day') RETURNING id::text",
            tenant.id
        );
        let id = harness.sql.text(&job).await;
        let stream = tokio::spawn(async move { owner.get(&format!("/jobs/{id}/events")).await.status });
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert!(!stream.is_finished(), "{slug}: it lasts while its caller may have it");
        assert_eq!(admin.call(ends, &[("slug", slug)]).await.status, StatusCode::OK, "{slug}");
        let ended = tokio::time::timeout(Duration::from_secs(2), stream).await;
        assert_eq!(ended.unwrap_or_else(|_| unreachable!("{slug}: it goes on")).unwrap(), StatusCode::OK, "{slug}");
    }
}

/// 73: a company whose schema is behind is not served, alone.
#[tokio::test]
async fn r73_a_schema_that_is_behind_is_not_served() {
    let harness = Harness::start().await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    harness.sql.run("UPDATE platform.tenants SET schema_version = schema_version - 1 WHERE slug = 'acme'").await;
    for path in ["/login", "/users", "/users.csv", "/api/tenant/sign_in"] {
        let reply = harness.browser(&acme.host).get(path).await;
        assert!(reply.status == StatusCode::SERVICE_UNAVAILABLE && reply.header("retry-after") == "5", "{path}: {}", reply.status);
    }
    assert_eq!(harness.browser(&beta.host).get("/login").await.status, StatusCode::OK);
    harness.sql.run("UPDATE platform.tenants SET schema_version = schema_version + 1 WHERE slug = 'acme'").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(harness.browser(&acme.host).get("/login").await.status, StatusCode::OK);
}

/// 74: a Redis that hangs is answered for within a second and a half, and a full disk is said; neither is a fault.
#[tokio::test]
async fn r74_a_service_that_fails_is_said_in_time() {
    let url = std::env::var("ONEO_TEST_REDIS_URL").unwrap();
    let socket = url.split("://").nth(1).and_then(|rest| rest.split('?').next()).unwrap().to_owned();
    let mut wire = ChaosProxy::new(Path::new(&socket));
    let url = url.replace(&socket, &wire.socket.display().to_string());
    let harness = Harness::start_with(&[("REDIS_URL", &url)]).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    wire.silence();
    for path in ["/users", "/", "/login"] {
        let begun = Instant::now();
        assert_eq!(owner.get(path).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(begun.elapsed() < Duration::from_millis(1500), "{path}: {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(350)).await;
    }
    wire.mend();
    for _ in 0..40 {
        if owner.get("/users").await.status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let full = format!(
        "CREATE FUNCTION {0}.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; \
         CREATE TRIGGER full_disk BEFORE INSERT ON {0}.roles FOR EACH ROW EXECUTE FUNCTION {0}.full_disk()",
        acme.schema
    );
    harness.sql.run(&full).await;
    let reply = owner.call("/api/tenant/role_create", &[("name", "Sales")]).await;
    assert!(reply.status == StatusCode::INSUFFICIENT_STORAGE && reply.body.contains("space.none"), "{}: {}", reply.status, reply.body);
}
