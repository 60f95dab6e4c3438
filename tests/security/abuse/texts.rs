//! Texts that look like others, or like nothing.

use super::*;
use crate::harness::{WORD, encoded};
use test_support::SentEmail;

/// 61: an address that differs in case, in how its letters were typed or in how its domain is written is one account, for making it,
/// signing in and searching.
#[tokio::test]
async fn r61_one_text_has_one_form() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let people = [
        ("ilker", "İlker@a.example", "i\u{307}LKER@a.example"),
        ("nikos", "ΝΙΚΟΣ@a.example", "νικος@A.example"),
        ("kim", "kim@bücher.example", "Kim@xn--bcher-kva.example"),
        ("jose", "jose\u{301}@a.example", "JOSÉ@ａ.example"),
    ];
    for (name, email, other) in people {
        let fields = |email, name| [("first_name", name), ("last_name", "T"), ("email", email), ("username", name), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields(email, name)).await.status, StatusCode::OK, "{email}");
        assert_eq!(owner.call("/api/tenant/user_create", &fields(other, "twin")).await.status, StatusCode::CONFLICT, "{other}");
        let hash = &harness.app.hash;
        harness.sql.run(&format!("UPDATE {}.users SET password_hash = '{hash}' WHERE username = '{name}'", acme.schema)).await;
        harness.signed_in(&acme, other).await;
        assert!(owner.get(&format!("/users?q={}", encoded(other))).await.body.contains("1–1 of 1"), "{other}");
    }
    // Nor is a password cut: what is too long is wrong.
    let long = format!("{WORD}{}", "x".repeat(3000));
    assert_eq!(harness.browser(&acme.host).try_sign_in(&acme.owner, &long).await.location(), "/login");
}

/// 62: a name of invisible characters is none, and no role looks like another.
#[tokio::test]
async fn r62_names_show_what_they_are() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}\u{2060}", "\u{e0020}"] {
        let fields = [("first_name", blank), ("last_name", "T"), ("email", "x@a.example"), ("username", "x"), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", blank)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
    }
    for twin in ["АDMIN", "Admin\u{200b}", "ａｄｍｉｎ", "Οwner"] {
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", twin)]).await.status, StatusCode::CONFLICT, "{twin}");
    }
}

/// 71: a target that is no path, a form of another kind and two origins are refused as what they are, never as a fault.
#[tokio::test]
async fn r71_odd_requests_are_refused() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let owner = harness.owner(&acme).await;
    let cookie = format!("Cookie: __Host-sid={}\r\nConnection: close\r\n", owner.cookies["__Host-sid"]);
    let (host, origin) = (&acme.host, format!("Origin: http://{}:8000\r\n", acme.host));
    for target in ["*", "users", "example.com:443", "?q=1", "http:users"] {
        let (text, _) = harness
            .process
            .raw(format!("GET {target} HTTP/1.1\r\nHost: {host}:8000\r\n{cookie}\r\n").as_bytes(), Duration::from_secs(5))
            .await;
        assert!(text.starts_with("HTTP/1.1 4"), "{target}: {text}");
    }
    let post = |kind: &str, more: &str| {
        format!(
            "POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\n{cookie}{origin}{more}Content-Type: {kind}\r\nContent-Length: 10\r\n\r\ntheme=dark"
        )
    };
    let form = "application/x-www-form-urlencoded";
    for (request, status) in [
        (post("text/plain", ""), "415"),
        (post("application/json", ""), "415"),
        (post("multipart/form-data; boundary=b", ""), "415"),
        (post(form, &origin), "400"),
        (post(form, "Origin: http://evil.example\r\n"), "400"),
        (post(form, ""), "200"),
    ] {
        let (text, _) = harness.process.raw(request.as_bytes(), Duration::from_secs(5)).await;
        assert_eq!(text.split(' ').nth(1), Some(status), "{request}: {text}");
    }
}

/// 72: a name stands in an e-mail as it was typed and is no link in any part of it.
#[tokio::test]
async fn r72_names_in_emails_are_no_links() {
    let mail = tempfile::tempdir().unwrap();
    let harness = Harness::start_with(&[("MAIL", &format!("file:{}", mail.path().display()))]).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let evil = ["www.evil.example", "http://evil.example/x", "evil.example,"];
    for (number, name) in evil.into_iter().enumerate() {
        let (email, username) = (format!("p{number}@a.example"), format!("p{number}"));
        let fields = [
            ("first_name", name),
            ("last_name", "T"),
            ("email", &email),
            ("username", &username),
            ("user_type", "user"),
            ("invite", "mail"),
        ];
        let reply = owner.call("/api/tenant/user_create", &fields).await;
        assert!(reply.status == StatusCode::OK || reply.status == StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", reply.body);
    }
    let mut found = Vec::new();
    for _ in 0..100 {
        let files = std::fs::read_dir(mail.path()).unwrap().flatten().map(|entry| entry.path());
        found = files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        if found.len() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(found.len() >= 2, "{}", found.len());
    for path in found {
        let raw = std::fs::read_to_string(&path).unwrap();
        let SentEmail { subject, text, .. } = SentEmail::read(&path);
        assert!(text.contains("acme.localhost"), "{text}");
        assert!([raw, subject, text].iter().all(|part| !part.contains("evil.example")), "{path:?}");
    }
}
