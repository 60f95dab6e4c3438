//! Files that come in: a share for each tenant, and a limit of what it keeps.

use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, header},
};
use futures_util::{StreamExt, stream};
use std::time::Duration;
use test_support::{Actor, TestApp};

const UPLOAD: &str = "/api/tenant/user_import_upload";
const FILE: &str = "email,first_name,last_name\na@a.example,A,B\n";
const HEAD: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";

/// A form of a file that never ends.
fn endless(actor: &Actor, path: &str) -> axum::http::Request<Body> {
    let head = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(HEAD.as_bytes())) });
    let request = actor.request(Method::POST, path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let request = request
        .header(header::ACCEPT, "application/json")
        .header(header::ORIGIN, format!("http://{}:8000", actor.host))
        .header("sec-fetch-site", "same-origin");
    request.body(Body::from_stream(head.chain(stream::pending()))).unwrap()
}

/// However many users of one tenant upload slowly, another tenant's file comes in at once.
#[tokio::test]
async fn slow_uploads_of_one_tenant_keep_nobody_else_waiting() {
    let app = TestApp::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let (owner, mut other) = (app.owner(&acme).await, app.owner(&beta).await);
    let mut slow = Vec::new();
    for number in 0..40 {
        let mut person = owner.clone();
        let path = if number % 4 == 0 { "/api/tenant/logo_set" } else { UPLOAD };
        slow.push(tokio::spawn(async move { person.send(endless(&person, path)).await.status }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..3 {
        let begun = std::time::Instant::now();
        let answer = other.upload(UPLOAD, "/users/import", &[], FILE.as_bytes()).await;
        assert!(answer.location().starts_with("/users/import/"), "{} {}", answer.status, answer.body);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    slow.into_iter().for_each(|upload| upload.abort());
}

/// One user who uploads slowly keeps places for the others of the tenant, and lists keep none from pictures.
#[tokio::test]
async fn slow_uploads_of_one_user_leave_places_to_colleagues() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let owner = app.owner(&tenant).await;
    app.user(&tenant, "admin", "ada").await;
    let mut colleague = app.anonymous(&tenant.host);
    colleague.sign_in("ada", test_support::PASSWORD).await;
    let mut slow = Vec::new();
    for _ in 0..10 {
        let mut same = owner.clone();
        slow.push(tokio::spawn(async move { same.send(endless(&same, UPLOAD)).await.status }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (actor, path, back, file) in [
        (&mut colleague, UPLOAD, "/users/import", FILE.as_bytes().to_vec()),
        (&mut owner.clone(), "/api/tenant/logo_set", "/settings", crate::settings::png()),
    ] {
        let answer = tokio::time::timeout(Duration::from_secs(5), actor.upload(path, back, &[], &file)).await;
        let answer = answer.unwrap_or_else(|_| unreachable!("{path} waits"));
        assert!(answer.location().starts_with(back), "{path}: {} {}", answer.status, answer.body);
    }
    slow.into_iter().for_each(|upload| upload.abort());
}

/// The console sets how much a tenant may keep, and both sites show it. A file that does not fit is refused unread when its length is
/// announced, and discarded otherwise.
#[tokio::test]
async fn a_tenant_keeps_as_much_as_it_may() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin, sql) = (app.owner(&tenant).await, app.platform_admin().await, app.sql().await);
    assert!(owner.get("/users/import").await.body.contains("0 kB of 5.0 GB used"));
    let set = async |admin: &mut Actor, megabytes: &str| {
        let version = admin.get("/tenants/acme/quota").await.body;
        let version = version.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("slug", "acme"), ("version", &version), ("max_users", "100"), ("max_storage_mb", megabytes)];
        admin.call("/api/platform/tenant_quota_set", &fields).await
    };
    for bad in ["-1", "many", "1.5", "100000001"] {
        let answer = set(&mut admin, bad).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("max_storage_mb"), "{bad}: {}", answer.body);
    }
    assert_eq!(set(&mut admin, "1").await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT diff -> 'max_storage_mb' ->> 1 FROM platform.audit_log ORDER BY id DESC LIMIT 1").await, "1");
    let line = "someone@a.example,Some,One\n";
    let (small, large) = (format!("{FILE}{}", line.repeat(20_000)), format!("{FILE}{}", line.repeat(40_000)));
    // Not read: it would never end.
    let mut announced = endless(&owner, UPLOAD);
    announced.headers_mut().insert(header::CONTENT_LENGTH, (2 * 1024 * 1024).into());
    let refused = tokio::time::timeout(Duration::from_secs(5), owner.send(announced)).await.unwrap();
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("storage.full"), "{} {}", refused.status, refused.body);
    for (file, fits) in [(&large, false), (&small, true), (&small, false)] {
        let answer = owner.upload(UPLOAD, "/users/import", &[], file.as_bytes()).await;
        assert_eq!(answer.location().starts_with("/users/import/"), fits, "{} bytes: {} {}", file.len(), answer.status, answer.body);
    }
    let used = app.services.files.bytes(&format!("t{}", tenant.id), "none").await.unwrap();
    assert_eq!(used, small.len() as u64, "what is refused is not kept");
    for page in [owner.get("/users/import").await.body, admin.get("/tenants/acme/quota").await.body] {
        assert!(page.contains("527 kB of 1.0 MB used"), "{page}");
    }
    // A limit below what is there removes nothing, and 0 allows nothing.
    assert_eq!(set(&mut admin, "0").await.status, StatusCode::OK);
    let refused = owner.upload(UPLOAD, "/users/import", &[], FILE.as_bytes()).await;
    assert!(!refused.location().starts_with("/users/import/"));
    assert_eq!(app.services.files.bytes(&format!("t{}", tenant.id), "none").await.unwrap(), used);
    let (done, text) = crate::command::said(&app, &["tenant", "set", "acme", "--max-storage-mb", "7"]);
    assert!(done && sql.text("SELECT max_storage_mb::text FROM platform.tenants").await == "7", "{text}");
    // A copy may keep as much.
    let (done, text) = crate::command::said(&app, &["tenant", "clone", "acme", "--as", "twin"]);
    assert!(done && sql.text("SELECT max_storage_mb::text FROM platform.tenants WHERE slug = 'twin'").await == "7", "{text}");
}
