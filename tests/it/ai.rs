//! AI of companies: the keys stay secret and bound, the services are asked in their own protocol, no limit is passed.

use crate::command::{oneo, said};
use axum::http::StatusCode;
use chrono::{Datelike, TimeDelta};
use control::ai::{Charge, charge, months_close};
use domain::{AppError, Money};
use kernel::actor::Actor as AuditActor;
use std::{io::Write, process::Stdio};
use test_support::{Actor, Mood, Sql, TestAi, TestApp, TestOptions};

const KEY: &str = "sk-canary-0123456789abcdef-wXyZ";
const SET: &str = "/api/platform/tenant_ai_set";
const TEST: &str = "/api/platform/tenant_ai_test";

async fn version(sql: &Sql, slug: &str) -> String {
    sql.text(&format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = '{slug}'"))
        .await
}

/// Sets a company's AI and gives the status.
async fn set(app: &TestApp, admin: &mut Actor, slug: &str, changes: &[(&str, &str)]) -> (StatusCode, String) {
    let version = version(&app.sql().await, slug).await;
    let mut fields = vec![
        ("slug", slug),
        ("version", &version),
        ("provider", "openai-compatible"),
        ("model", "small-1"),
        ("base_url", "http://127.0.0.1:9/v1"),
        ("key", KEY),
        ("ai_enabled", "true"),
        ("ai_usage_limit", "10"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let answer = admin.call(SET, &fields).await;
    (answer.status, answer.body)
}

fn call(cost: &str) -> Charge {
    Charge { what: "summary".to_owned(), model: String::new(), tokens_in: 100, tokens_out: 20, cost: Money::parse(cost, 6).unwrap() }
}

/// Each provider is asked in its own protocol, with its own header.
#[tokio::test]
async fn connections_are_tested_in_the_protocol_of_the_provider() {
    let app = TestApp::start().await;
    let ai = TestAi::start().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let (versioned, plain) = (format!("{}/v1", ai.url), ai.url.clone());
    for (provider, base, path, limit) in [
        ("openai", &versioned, "/v1/chat/completions", "max_completion_tokens"),
        ("openai-compatible", &versioned, "/v1/chat/completions", "max_tokens"),
        ("anthropic", &plain, "/v1/messages", "max_tokens"),
    ] {
        assert_eq!(set(&app, &mut admin, "acme", &[("provider", provider), ("base_url", base)]).await.0, StatusCode::OK);
        let answer = admin.post(TEST, "/tenants/acme/ai", &[("slug", "acme")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let page = admin.get("/tenants/acme/ai").await.body;
        assert!(page.contains("small-1 answered after"), "{provider}: {page}");
        let asked = ai.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].path.as_str(), asked[0].body["model"].as_str()), (path, Some("small-1")), "{provider}");
        assert!(asked[0].body[limit].is_number(), "{provider}: {}", asked[0].body);
        let header = |name: &str| asked[0].headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        if provider == "anthropic" {
            assert_eq!((header("x-api-key").as_deref(), header("anthropic-version").as_deref()), (Some(KEY), Some("2023-06-01")));
            assert_eq!(header("authorization"), None);
        } else {
            assert_eq!(header("authorization"), Some(format!("Bearer {KEY}")));
        }
    }
}

/// What a service answers never leads anywhere else, is never read without end, and never brings the key back.
#[tokio::test]
async fn services_in_a_bad_mood() {
    let app = TestApp::start().await;
    let ai = TestAi::start().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let base = format!("{}/v1", ai.url);
    assert_eq!(set(&app, &mut admin, "acme", &[("base_url", &base)]).await.0, StatusCode::OK);
    for (mood, sentence) in [
        (Mood::Babbles, "The service refuses the key"),
        (Mood::RefusesKey, "The service refuses the key. It says: the key … is wrong"),
        (Mood::LeadsOn, "leads on to another one"),
        (Mood::Confused, "not in the protocol"),
        (Mood::Endless, "answer is too long"),
    ] {
        ai.feel(mood);
        let answer = admin.call(TEST, &[("slug", "acme")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{mood:?}");
        assert!(answer.body.contains(sentence) && !answer.body.contains("canar"), "{mood:?}: {}", answer.body);
        assert_eq!(ai.asked().len(), 1, "{mood:?}");
    }
    // Nobody uses this to knock at doors.
    ai.feel(Mood::Good);
    assert_eq!(admin.call(TEST, &[("slug", "acme")]).await.status, StatusCode::OK);
    assert_eq!(admin.call(TEST, &[("slug", "acme")]).await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// security.md 52: of the key only its end is shown, and it goes to nobody it was not given for.
#[tokio::test]
async fn r52_a_key_is_never_shown_again_and_stays_with_its_service() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(set(&app, &mut admin, "acme", &[]).await.0, StatusCode::OK);
    for path in ["/tenants/acme/ai", "/audit", "/tenants/acme/audit", "/audit.jsonl"] {
        let page = admin.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("canary"), "{path}");
    }
    assert!(admin.get("/tenants/acme/ai").await.body.contains("ends in wXyZ"));
    // Empty keeps it, for the same service alone.
    assert_eq!(set(&app, &mut admin, "acme", &[("key", ""), ("model", "large-2")]).await.0, StatusCode::OK);
    for change in [("base_url", "http://127.0.0.1:10/v1"), ("provider", "openai")] {
        let (status, body) = set(&app, &mut admin, "acme", &[("key", ""), change]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{change:?}");
        assert!(body.contains("Enter the key of this service"), "{body}");
    }
    // What was typed is kept, but for the key.
    let version = version(&app.sql().await, "acme").await;
    let fields =
        [("slug", "acme"), ("version", &version), ("provider", "openai"), ("model", "typed-model"), ("key", KEY), ("ai_usage_limit", "x")];
    let answer = admin.post(SET, "/tenants/acme/ai", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = admin.get("/tenants/acme/ai").await.body;
    assert!(page.contains("typed-model") && page.contains("Enter an amount") && !page.contains("canary"), "{page}");
    // An old reauthentication is not enough.
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(set(&app, &mut admin, "acme", &[]).await.0, StatusCode::FORBIDDEN);
}

/// security.md 52: one company's ciphertext is refused in another one's row, and that is noted.
#[tokio::test]
async fn r52_ciphertext_of_another_company_is_refused() {
    let app = TestApp::start().await;
    let (_acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let mut admin = app.platform_admin().await;
    for slug in ["acme", "beta"] {
        assert_eq!(set(&app, &mut admin, slug, &[]).await.0, StatusCode::OK);
    }
    let sql = app.sql().await;
    sql.run(
        "UPDATE platform.tenants SET ai_config_encrypted = (SELECT ai_config_encrypted FROM platform.tenants WHERE slug = 'acme') \
         WHERE slug = 'beta'",
    )
    .await;
    let page = admin.get("/tenants/beta/ai").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("cannot be decrypted") && !page.body.contains("wXyZ"), "{}", page.body);
    assert_eq!(admin.call(TEST, &[("slug", "beta")]).await.status, StatusCode::CONFLICT);
    assert!(charge(&app.services, beta.id, &call("0.01"), &AuditActor::System { rule: "test" }).await.is_err());
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'secret.refused'").await, "2");
    // Nor is it good for another provider.
    sql.run("UPDATE platform.tenants SET ai_config_encrypted = replace(ai_config_encrypted, 'openai-compatible:', 'anthropic:') WHERE slug = 'acme'")
        .await;
    assert!(admin.get("/tenants/acme/ai").await.body.contains("cannot be decrypted"));
}

/// security.md 52: after `oneo secrets rotate` the old key may go, and no dump holds a key in clear.
#[tokio::test]
async fn r52_keys_rotate_and_dumps_hold_none() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut set_by_command = oneo(
        &app,
        &["tenant", "ai", "set", "acme", "--provider", "openai", "--model", "small-1", "--key-stdin", "--enabled", "true", "--limit", "25"],
    )
    .stdin(Stdio::piped())
    .spawn()
    .unwrap();
    set_by_command.stdin.take().unwrap().write_all(format!("{KEY}\n").as_bytes()).unwrap();
    assert!(set_by_command.wait_with_output().unwrap().status.success());
    let shown = |keys: &str, args: &[&str]| {
        let output = oneo(&app, args).env("SECRET_KEYS", keys).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    };
    let (old, new) = ("a-secret-key-of-tests-which-is-long-enough", "the-next-secret-key-which-is-long-enough");
    let show = ["tenant", "ai", "show", "acme"];
    let (_, text) = shown(old, &show);
    assert!(text.contains("OpenAI small-1 at https://api.openai.com/v1, key …wXyZ") && text.contains("0.00 of 25.00 spent"), "{text}");
    assert!(shown(new, &show).1.contains("cannot be decrypted"));
    let (done, text) = shown(new, &["secrets", "rotate"]);
    assert!(!done && text.contains("AI configuration of acme"), "{text}");
    let both = format!("{new},{old}");
    assert_eq!(shown(&both, &["secrets", "rotate"]), (true, "1 sealed anew, 0 were already\n".to_owned()));
    assert_eq!(shown(&both, &["secrets", "rotate"]), (true, "0 sealed anew, 1 were already\n".to_owned()));
    assert!(shown(new, &show).1.contains("key …wXyZ"));
    let dump = app.database.dump().await;
    assert!(dump.contains("ai_config_encrypted") && dump.contains("openai:v1."));
    assert!(!dump.contains("canary"));
}

/// Fifty at once against a limit: as many as fit, and not one more.
#[tokio::test]
async fn charges_never_pass_the_limit() {
    let app = TestApp::start_with(TestOptions { connections: 16, ..TestOptions::default() }).await;
    let acme = app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(set(&app, &mut admin, "acme", &[]).await.0, StatusCode::OK);
    let charges = (0..50).map(|_| {
        let services = app.services.clone();
        tokio::spawn(async move {
            loop {
                match charge(&services, acme.id, &call("0.3"), &AuditActor::System { rule: "test" })
                    .await
                    .map_err(|error| error.into_app(""))
                {
                    Ok(_) => return true,
                    Err(AppError::Conflict(_)) => return false,
                    // A busy machine: the pool gives up after a second, and nothing was charged.
                    Err(AppError::Unavailable { .. }) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        })
    });
    let mut paid = 0;
    for charge in charges.collect::<Vec<_>>() {
        paid += u32::from(charge.await.unwrap());
    }
    let sql = app.sql().await;
    assert_eq!(paid, 33);
    assert_eq!(sql.text("SELECT ai_current_usage::text FROM platform.tenants").await, "9.900000");
    assert_eq!(sql.text("SELECT count(*) || ' ' || sum(cost) FROM platform.ai_usage").await, "33 9.900000");
    // What still fits is paid to the last millionth; the platform was told at 80 and not yet at 100 per cent.
    let shares = "SELECT string_agg(diff->>'share', ' ' ORDER BY id) FROM platform.audit_log WHERE action = 'tenant.ai_alert'";
    assert_eq!(sql.text(shares).await, "80");
    assert!(charge(&app.services, acme.id, &call("0.1"), &AuditActor::System { rule: "test" }).await.is_ok());
    assert!(charge(&app.services, acme.id, &call("0.000001"), &AuditActor::System { rule: "test" }).await.is_err());
    assert_eq!(sql.text(shares).await, "80 100");
    assert!(admin.get("/tenants/acme/ai").await.body.contains("This month's limit is reached"));
    // Switched off is off, whatever the limit; and no role of requests can raise one.
    assert_eq!(set(&app, &mut admin, "acme", &[("ai_usage_limit", "1000"), ("ai_enabled", "false")]).await.0, StatusCode::OK);
    assert!(charge(&app.services, acme.id, &call("0.1"), &AuditActor::System { rule: "test" }).await.is_err());
    assert_eq!(app.database.as_app().await.refused("UPDATE platform.tenants SET ai_usage_limit = 1000").await, "42501");
}

/// Months end by themselves, at the next charge or before it, and by hand.
#[tokio::test]
async fn months_of_spending_end() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let sql = app.sql().await;
    // Of a day that every month has.
    let today = app.services.now().date_naive();
    let first = today.with_day(1).unwrap().checked_add_months(chrono::Months::new(1)).unwrap();
    app.clock.advance(first - today);
    let today = first;
    sql.run(&format!("UPDATE platform.tenants SET ai_usage_reset_date = '{today}'")).await;
    let mut admin = app.platform_admin().await;
    assert_eq!(set(&app, &mut admin, "acme", &[]).await.0, StatusCode::OK);
    let used = "SELECT ai_current_usage || ' ' || ai_usage_reset_date FROM platform.tenants";
    let (done, text) = said(&app, &["tenant", "ai", "charge", "acme", "--cost", "9.5", "--what", "by hand"]);
    assert!(done && text.contains("9.50 of 10.00 spent"), "{text}");
    let (done, text) = said(&app, &["tenant", "ai", "charge", "acme", "--cost", "0.51", "--what", "by hand"]);
    assert!(!done && text.contains("9.50 of 10.00 are spent"), "{text}");
    let next = today.checked_add_months(chrono::Months::new(1)).unwrap();
    app.clock.advance(next - today);
    // Seen before it is written, and written once.
    let mut admin = app.anonymous("localhost");
    admin.sign_in("admin@oneo.example", test_support::PASSWORD).await;
    assert!(admin.get("/tenants/acme/ai").await.body.contains("0.00 / 10.00"));
    charge(&app.services, acme.id, &call("0.51"), &AuditActor::System { rule: "test" }).await.unwrap();
    assert_eq!(sql.text(used).await, format!("0.510000 {next}"));
    months_close(&app.services).await.unwrap();
    assert_eq!(sql.text(used).await, format!("0.510000 {next}"));
    let later = next.checked_add_months(chrono::Months::new(3)).unwrap();
    app.clock.advance(later - next);
    months_close(&app.services).await.unwrap();
    assert_eq!(sql.text(used).await, format!("0.000000 {later}"));
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.audit_log WHERE action = 'tenant.ai_reset'").await, "4");
    charge(&app.services, acme.id, &call("1"), &AuditActor::System { rule: "test" }).await.unwrap();
    assert!(said(&app, &["tenant", "ai", "reset", "acme"]).0);
    assert!(sql.text(used).await.starts_with("0.000000"));
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.ai_usage").await, "3");
}

/// A copy takes the key along, sealed anew for itself; an anonymous one takes none.
#[tokio::test]
async fn copies_have_the_key_sealed_for_themselves() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(set(&app, &mut admin, "acme", &[]).await.0, StatusCode::OK);
    let file = app.files.path().join("acme.tar").display().to_string();
    assert!(said(&app, &["tenant", "export", "acme", "--output", &file]).0);
    for args in [
        vec!["tenant", "clone", "acme", "--as", "copy"],
        vec!["tenant", "clone", "acme", "--as", "nobody", "--anonymize"],
        vec!["tenant", "import", "--as", "again", "--input", &file],
    ] {
        let (done, text) = said(&app, &args);
        assert!(done, "{args:?}: {text}");
    }
    let stored = "SELECT coalesce(ai_config_encrypted, '') FROM platform.tenants WHERE slug = ";
    let sql = app.sql().await;
    let original = sql.text(&format!("{stored}'acme'")).await;
    for slug in ["copy", "again"] {
        assert_ne!(sql.text(&format!("{stored}'{slug}'")).await, original);
        assert!(said(&app, &["tenant", "ai", "show", slug]).1.contains("key …wXyZ"), "{slug}");
    }
    assert_eq!(sql.text(&format!("{stored}'nobody'")).await, "");
}

/// A company's own admins set service and key, test it and see what was spent; the limit and the plan are the platform's.
#[tokio::test]
async fn a_company_sets_its_own_service() {
    let app = TestApp::start().await;
    let ai = TestAi::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let sql = app.sql().await;
    let mut owner = app.owner(&acme).await;
    let base = format!("{}/v1", ai.url);
    // A company's own people reach nothing inside, even where the platform may; what the platform entered, they keep.
    let mut console = app.platform_admin().await;
    let now = version(&sql, "acme").await;
    let inside = [("provider", "openai-compatible"), ("model", "m"), ("key", KEY), ("version", &now), ("base_url", &base)];
    let refused = owner.call("/api/tenant/ai_set", &inside).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("base_url"), "{}", refused.body);
    assert_eq!(set(&app, &mut console, "acme", &[("base_url", &base), ("ai_usage_limit", "100")]).await.0, StatusCode::OK);
    let send = async |actor: &mut Actor, changes: &[(&str, &str)]| {
        let version = version(&app.sql().await, "acme").await;
        let mut fields = vec![
            ("version", version.as_str()),
            ("provider", "openai-compatible"),
            ("model", "small-1"),
            ("base_url", &base),
            ("key", KEY),
            ("ai_enabled", "true"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        actor.call("/api/tenant/ai_set", &fields).await
    };
    for (changes, field) in [
        (&[("provider", "x")][..], "provider"),
        (&[("model", "")], "model"),
        (&[("base_url", "")], "base_url"),
        (&[("key", ""), ("base_url", "https://ai.example/v1")], "key"),
    ] {
        let answer = send(&mut owner, changes).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
        assert!(answer.body.contains(&format!("\"field\":\"{field}\"")), "{}", answer.body);
    }
    assert_eq!(send(&mut owner, &[("version", "1")]).await.status, StatusCode::CONFLICT);
    // A limit that is posted along is nobody's business here.
    assert_eq!(send(&mut owner, &[("ai_usage_limit", "99999")]).await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT ai_usage_limit::text FROM platform.tenants WHERE slug = 'acme'").await, "100.00");
    let page = owner.get("/settings/ai").await.body;
    assert!(page.contains("ends in wXyZ") && !page.contains("canary") && page.contains("small-1"), "{page}");
    assert_eq!(owner.post("/api/tenant/ai_test", "/settings/ai", &[]).await.location(), "/settings/ai");
    assert!(owner.get("/settings/ai").await.body.contains("small-1 answered after"));
    charge(&app.services, acme.id, &call("81"), &AuditActor::System { rule: "a test" }).await.unwrap();
    let page = owner.get("/settings/ai").await.body;
    assert!(page.contains("81 % of this month's limit is spent") && page.contains("summary"), "{page}");
    // Another company sees nothing of it.
    let page = app.owner(&beta).await.get("/settings/ai").await.body;
    assert!(!page.contains("small-1") && page.contains("No charges yet"), "{page}");
    // Both logs say who did what; neither says the key.
    let both = format!(
        "SELECT action || ' ' || actor_label || ' ' || (diff ? 'key')::text FROM {}.audit_log WHERE action LIKE 'ai.%' \
         UNION ALL SELECT action || ' ' || actor_label || ' ' || (diff ? 'key')::text FROM platform.audit_log WHERE action = 'tenant.ai_set' ORDER BY 1",
        acme.schema
    );
    let lines = sql.texts(&both).await;
    let owner_is = "owner@acme.example";
    let wanted = ["ai.test {} false", "ai.update {} false", "tenant.ai_set admin@oneo.example true", "tenant.ai_set {} false"];
    assert_eq!(lines, wanted.map(|line| line.replace("{}", owner_is)));
    // An address that the company entered stays the company's, whatever the platform saves besides.
    let outside = [("base_url", "https://ai.example/v1")];
    assert_eq!(send(&mut owner, &outside).await.status, StatusCode::OK);
    assert_eq!(set(&app, &mut console, "acme", &[outside[0], ("key", ""), ("ai_usage_limit", "100")]).await.0, StatusCode::OK);
    let kept = sql.text("SELECT ai_config_encrypted FROM platform.tenants WHERE slug = 'acme'").await;
    let place = kernel::keyring::SecretPlace { site: domain::SiteKey::Tenant(acme.id), kind: "openai-compatible", row: acme.id.0 };
    let opened = app.services.keyring.secret_open(place, kept.split_once(':').unwrap().1).unwrap();
    assert!(secrecy::ExposeSecret::expose_secret(&opened).contains("\"by_company\":true"));
    // What the plan lacks, the company cannot switch on, and nothing is charged.
    sql.run("UPDATE platform.tenants SET features_enabled = '{\"ai\": false}' WHERE slug = 'acme'").await;
    assert_eq!(send(&mut owner, &[]).await.status, StatusCode::CONFLICT);
    assert!(owner.get("/settings/ai").await.body.contains("plan does not include AI"));
    assert!(charge(&app.services, acme.id, &call("1"), &AuditActor::System { rule: "a test" }).await.is_err());
    sql.run("UPDATE platform.tenants SET features_enabled = '{}' WHERE slug = 'acme'").await;
    let now = version(&sql, "acme").await;
    assert_eq!(owner.call("/api/tenant/ai_forget", &[("version", &now)]).await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT (ai_config_encrypted IS NULL)::text FROM platform.tenants WHERE slug = 'acme'").await, "true");
    // Whoever was stopped while the page was open stops here.
    let mut admin = app.signed_in(&acme, "admin").await;
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(send(&mut admin, &outside).await.status, StatusCode::FORBIDDEN, "a fresh reauthentication is asked for");
    assert_eq!(send(&mut admin, &[outside[0], ("password", test_support::PASSWORD)]).await.status, StatusCode::OK);
}
