//! What people type is text.

use super::*;
use crate::harness::{Harness, WORD, encoded, form};
use axum::http::StatusCode;
use control::tenants::{TenantForm, tenant_create};
use std::collections::BTreeSet;
use test_support::{Reply, TestApp};

/// Looks through an answer for what was typed and must be text, and notes which of it is there.
fn is_text(what: &str, reply: &Reply, seen: &mut BTreeSet<String>) {
    assert!(!reply.status.is_server_error(), "{what}: {} {}", reply.status, reply.body);
    if !is_html(reply) {
        return;
    }
    assert_eq!(dangers(&reply.body, &nonce_of(reply)), Vec::<String>::new(), "{what}: {}", reply.body);
    for payload in PAYLOADS.iter().filter(|payload| payload.contains('<')) {
        assert!(!reply.body.contains(*payload), "{what} has {payload}: {}", reply.body);
    }
    seen.extend((1..=PAYLOADS.len()).map(|number| format!("xq{number:02}")).filter(|mark| reply.body.contains(mark.as_str())));
}

/// The reader of pages does find what would run; else the tests below would prove nothing.
#[test]
fn r28_the_reader_finds_what_runs() {
    for payload in PAYLOADS.iter().filter(|payload| payload.contains('<')) {
        let text = format!("<!DOCTYPE html><html><head><title>x</title></head><body><p>{payload}</p></body></html>");
        assert!(!dangers(&text, "n").is_empty(), "{payload}");
    }
    for (around, payload) in [
        ("<title>@@</title>", PAYLOADS[2]),
        ("<textarea>@@</textarea>", PAYLOADS[3]),
        ("<script nonce=\"n\">let a = \"@@\";</script>", PAYLOADS[1]),
        ("<style nonce=\"n\">@@</style>", PAYLOADS[17]),
        ("<!-- @@ -->", PAYLOADS[19]),
        ("<input value=\"@@\">", PAYLOADS[5]),
        ("<input value=\"@@\">", PAYLOADS[7]),
        ("<input value='@@'>", PAYLOADS[8]),
        ("<input value=\"@@\">", PAYLOADS[9]),
        ("<a href=\"@@\">x</a>", PAYLOADS[15]),
    ] {
        assert!(!dangers(&around.replace("@@", payload), "n").is_empty(), "{around} {payload}");
    }
    let good = "<p title=\"&lt;script&gt; onload='x'\">&lt;script&gt;</p>\
        <!><script nonce=\"n\">\"<b onload=x>\"</script><script src=\"/pkg/a.js\"></script>";
    assert_eq!(dangers(good, "n"), Vec::<String>::new());
}

/// 28: what people of a company typed, into whatever field, is text on every page for everybody there.
#[tokio::test]
async fn r28_what_a_company_typed_stays_text() {
    let harness = Harness::start().await;
    // No name of a company can be wrong: it is set before anybody has asked.
    let acme = harness.app.tenant("acme").await;
    let title = "</title><script>xq03()</script>\"><img src=x onerror=xq05()>";
    harness.sql.run(&format!("UPDATE platform.tenants SET name = $p${title}$p$ WHERE slug = 'acme'")).await;
    let mut owner = harness.owner(&acme).await;
    let mut ids = Vec::new();
    for (index, payload) in PAYLOADS.iter().enumerate() {
        let (email, username) = (format!("p{index}@acme.example"), format!("p{index}"));
        let fields = [("first_name", *payload), ("last_name", payload), ("email", &email), ("username", &username), ("user_type", "user")];
        let reply = owner.call("/api/tenant/user_create", &fields).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        let reply = owner.call("/api/tenant/role_create", &[("name", payload), ("description", payload)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        let (key, value) = (format!("own{index}"), serde_json::to_string(payload).unwrap());
        let fields = [("setting_key", key.as_str()), ("setting_value", &value), ("is_public", "true")];
        let reply = owner.call("/api/tenant/setting_free_set", &fields).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        // As whom the browser gives itself.
        let origin = format!("http://{}:8000", acme.host);
        let headers = [("accept", "application/json"), ("content-type", FORM), ("origin", &origin), ("user-agent", *payload)];
        let body = form(&[("login", &acme.owner), ("password", WORD)]);
        let reply = harness.browser(&acme.host).send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        let me = owner_id(&harness, &acme).await;
        let sql = format!(
            "UPDATE {schema}.users SET metadata = jsonb_build_object($p${payload}$p$::text, $p${payload}$p$::text) \
             WHERE username = '{username}'; \
             INSERT INTO platform.jobs (kind, status, tenant_id, params, error, created_by) \
             VALUES ('users_bulk', 'failed', {tenant}, '{{\"user\": {me}}}', $p${payload}$p$, $p${payload}$p$)",
            schema = acme.schema,
            tenant = acme.id
        );
        harness.sql.run(&sql).await;
        ids.push(harness.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = '{username}'", acme.schema)).await);
    }
    let jobs = harness.sql.texts("SELECT id::text FROM platform.jobs WHERE status = 'failed'").await;
    let roles = harness.sql.texts(&format!("SELECT key FROM {}.roles", acme.schema)).await;
    assert!(jobs.len() == PAYLOADS.len() && roles.len() > PAYLOADS.len());
    let mut paths = company_pages(&harness, &acme).await;
    paths.extend(["/audit?size=100", "/users?size=100&select=page", "/sessions", "/account/sign-ins", "/roles"].map(str::to_owned));
    paths.extend(ids.iter().map(|id| format!("/users/{id}")));
    for id in ids.iter().step_by(5) {
        paths.extend(["permissions", "sessions", "sign-ins", "audit"].map(|page| format!("/users/{id}/{page}")));
    }
    paths.extend(jobs.iter().map(|id| format!("/jobs/{id}")));
    paths.extend(roles.iter().map(|key| format!("/roles/{key}")));
    paths.extend((0..PAYLOADS.len()).map(|index| format!("/settings/history/own{index}")));
    let people = [
        ("admin", harness.person(&acme, "admin", "an-admin").await),
        ("manager", harness.person(&acme, "manager", "a-manager").await),
        ("salesperson", harness.person(&acme, "salesperson", "a-salesperson").await),
        ("user", harness.person(&acme, "user", "a-user").await),
        ("stranger", harness.browser(&acme.host)),
        ("owner", owner),
    ];
    for (who, mut browser) in people {
        let mut seen = BTreeSet::new();
        for path in &paths {
            let reply = browser.get(path).await;
            is_text(&format!("{path} for {who}"), &reply, &mut seen);
        }
        let all = seen.len() == PAYLOADS.len();
        assert!(all || !matches!(who, "owner" | "admin"), "{who} sees {seen:?}");
        if who == "owner" {
            let sessions = browser.get("/account/sessions").await.body;
            assert!(sessions.contains("xq01") && sessions.contains("xq11"), "what browsers say of themselves is shown: {sessions}");
        }
    }
    // As JSON it is JSON, for nobody to take for a page.
    let public = harness.browser(&acme.host).get("/settings.json").await;
    assert_eq!((public.header("content-type"), public.header("x-content-type-options")), ("application/json", "nosniff"));
    assert!(public.body.contains("xq01"));
}

/// 28: what a company calls itself and says before sign-in is text in titles, pages and styles.
#[tokio::test]
async fn r28_brand_and_message_stay_text() {
    let harness = Harness::start().await;
    let acme = harness.app.tenant("acme").await;
    let (mut owner, mut stranger) = (harness.owner(&acme).await, harness.browser(&acme.host));
    let mut seen = BTreeSet::new();
    for payload in PAYLOADS.iter().copied() {
        let fields = [("group", "company"), ("values[branding.name]", payload), ("values[sign_in.message]", payload)];
        let reply = owner.call("/api/tenant/setting_set", &fields).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        for path in ["/", "/login", "/settings", "/account", "/forgot", "/invite/nothing", "/logout", "/nothing"] {
            is_text(&format!("{path} of {payload}"), &owner.get(path).await, &mut seen);
            is_text(&format!("{path} of {payload} for nobody"), &stranger.get(path).await, &mut seen);
        }
    }
    assert_eq!(seen.len(), PAYLOADS.len(), "{seen:?}");
    for color in ["red;}body{background:url(//evil.example)", "#fff;", "</style><script>xq18()</script>", "expression(1)"] {
        let reply = owner.call("/api/tenant/setting_set", &[("group", "company"), ("values[branding.color]", color)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{color}");
    }
    // What stands there by another way is no colour either.
    let beta = harness.app.tenant("beta").await;
    let color = serde_json::to_string(PAYLOADS[17]).unwrap();
    let sql = format!(
        "INSERT INTO {}.tenant_settings (setting_key, setting_value) \
         VALUES ('branding.color', $p${color}$p$), ('branding.name', $p$\"Beta\"$p$)",
        beta.schema
    );
    harness.sql.run(&sql).await;
    let reply = harness.browser(&beta.host).get("/login").await;
    is_text("a colour that was stored by another way", &reply, &mut seen);
    assert!(reply.body.contains("Beta") && !reply.body.contains("xq18"), "{}", reply.body);
}

/// 28: what stands in an address or in a form that was refused comes back as text.
#[tokio::test]
async fn r28_what_comes_back_stays_text() {
    let harness = Harness::start().await;
    let acme = harness.app.tenant("acme").await;
    let (mut owner, mut admin, mut stranger) = (harness.owner(&acme).await, harness.admin().await, harness.browser(&acme.host));
    let mut typed = BTreeSet::new();
    for payload in PAYLOADS.iter().copied() {
        harness.forget_tries().await;
        let (query, mut seen) = (encoded(payload), BTreeSet::new());
        for path in [
            format!("/users?q={query}&role={query}&status={query}&sort={query}&size={query}&after={query}"),
            format!("/users/bulk?act=activate&who=all&q={query}"),
            format!("/users/bulk?act={query}"),
            format!("/sessions?q={query}&ip={query}&role={query}"),
            format!("/audit?actor={query}&action={query}&from={query}"),
            format!("/roles/{query}"),
            format!("/roles/new?from={query}"),
            format!("/settings/history/{query}"),
            format!("/reauthenticate?next={query}"),
            format!("/account?{query}={query}"),
            format!("/{query}"),
            format!("/nothing?__path=%2Fx&__err={query}"),
        ] {
            is_text(&format!("{path} for the owner"), &owner.get(&path).await, &mut seen);
        }
        for path in [format!("/login?next={query}"), format!("/invite/{query}"), format!("/reset/{query}"), format!("/enter/{query}")] {
            is_text(&format!("{path} for nobody"), &stranger.get(&path).await, &mut seen);
        }
        for path in [
            format!("/tenants?q={query}&status={query}&created={query}&sort={query}"),
            format!("/users?q={query}&from={query}"),
            format!("/domains?q={query}"),
            format!("/usage?q={query}"),
            format!("/jobs?status={query}&kind={query}"),
            format!("/audit?actor={query}&tenant={query}"),
            format!("/tenants/{query}"),
            format!("/signup/availability?name={query}"),
        ] {
            is_text(&format!("{path} for the admin"), &admin.get(&path).await, &mut seen);
        }
        assert!(!seen.is_empty(), "nothing of {payload} came back");
        // Forms that are refused keep what was typed.
        let fields = [("first_name", payload), ("last_name", payload), ("email", payload), ("username", payload), ("user_type", payload)];
        assert_eq!(owner.post("/api/tenant/user_create", "/users/new", &fields).await.location(), "/users/new", "{payload}");
        is_text(&format!("a refused user {payload}"), &owner.get("/users/new").await, &mut typed);
        let fields = [("setting_key", payload), ("setting_value", payload)];
        assert_eq!(
            owner.post("/api/tenant/setting_free_set", "/settings/custom", &fields).await.location(),
            "/settings/custom",
            "{payload}"
        );
        is_text(&format!("a refused setting {payload}"), &owner.get("/settings/custom").await, &mut typed);
        let fields = [("login", payload), ("password", "wrong")];
        assert_eq!(stranger.post("/api/tenant/sign_in", "/login", &fields).await.location(), "/login", "{payload}");
        is_text(&format!("a refused sign-in {payload}"), &stranger.get("/login").await, &mut typed);
        let fields =
            [("name", payload), ("domain", payload), ("owner_first_name", payload), ("owner_last_name", payload), ("owner_email", payload)];
        assert_eq!(admin.post("/api/platform/tenant_create", "/tenants/new", &fields).await.location(), "/tenants/new", "{payload}");
        is_text(&format!("a refused company {payload}"), &admin.get("/tenants/new").await, &mut typed);
    }
    assert_eq!(typed.len(), PAYLOADS.len(), "{typed:?}");
}

/// 28: names of companies and of those who run the platform, and what went wrong with jobs, are text in the console.
#[tokio::test]
async fn r28_the_console_shows_text() {
    let harness = Harness::start().await;
    let acme = harness.app.tenant("acme").await;
    let mut admin = harness.admin().await;
    let mut slugs = vec!["acme".to_owned()];
    for (index, payload) in PAYLOADS.iter().enumerate() {
        let slug = format!("firm{index:02}");
        let form = TenantForm { name: (*payload).to_owned(), create_schema: false, ..TestApp::tenant_form(&slug) };
        tenant_create(&harness.app.operator(), form.parse(&harness.app.services.config)).await.unwrap();
        let sql = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, error, created_by) \
             SELECT 'tenant_export', 'failed', id, $p${payload}$p$, $p${payload}$p$ FROM platform.tenants WHERE slug = '{slug}'; \
             INSERT INTO platform.job_log (job_id, at, line) SELECT max(id), now(), $p${payload}$p$ FROM platform.jobs"
        );
        harness.sql.run(&sql).await;
        slugs.push(slug);
    }
    let jobs = harness.sql.texts("SELECT id::text FROM platform.jobs").await;
    let mut paths = platform_pages(&harness, &acme, "acme").await;
    paths.extend(["/tenants?size=100", "/domains?size=100", "/usage?size=100", "/audit?size=100", "/jobs?size=100"].map(str::to_owned));
    paths.extend(jobs.iter().map(|id| format!("/jobs/{id}")));
    for slug in &slugs {
        paths.extend(["", "/quota", "/users", "/domains", "/danger", "/audit"].map(|page| format!("/tenants/{slug}{page}")));
    }
    for (who, mut browser) in [("support", support(&harness).await), ("admin", admin.clone())] {
        let mut seen = BTreeSet::new();
        for path in &paths {
            is_text(&format!("{path} for {who}"), &browser.get(path).await, &mut seen);
        }
        assert_eq!(seen.len(), PAYLOADS.len(), "{who} sees {seen:?}");
    }
    // One's own name stands on every page.
    let mut seen = BTreeSet::new();
    for payload in PAYLOADS.iter().copied() {
        let reply = admin.call("/api/platform/account_set", &[("first_name", payload), ("last_name", payload)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        for path in ["/", "/admins", "/account"] {
            is_text(&format!("{path} of {payload}"), &admin.get(path).await, &mut seen);
        }
    }
    assert_eq!(seen.len(), PAYLOADS.len(), "{seen:?}");
}

/// 28: no cell of a list that is taken along is a formula, and none is taken for a page.
#[tokio::test]
async fn r28_cells_are_no_formulas() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let formulas = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=HYPERLINK(1)"];
    for (index, formula) in formulas.iter().enumerate() {
        let sql = format!(
            "INSERT INTO {}.users (username_key, email_key, email_unicode_key, name_key, username, email, first_name, last_name) \
             VALUES ('f{index}', 'f{index}@acme.example', '', 'f{index}', 'f{index}', 'f{index}@acme.example', $p${formula}$p$, $p${formula}$p$)",
            acme.schema
        );
        harness.sql.run(&sql).await;
    }
    let reply = owner.get("/users.csv").await;
    assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(reply.header("content-disposition").starts_with("attachment"), "{}", reply.header("content-disposition"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    for formula in formulas {
        assert!(reply.body.contains(&format!("'{formula}")), "{formula:?} is made harmless: {}", reply.body);
        for before in [",", "\"", "\n"] {
            assert!(!reply.body.contains(&format!("{before}{formula}")), "{formula:?} is a formula: {}", reply.body);
        }
    }
    let lines = owner.get("/audit.csv").await;
    assert_eq!((lines.status, lines.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
}

/// 28: where an address of a service is typed, only one of the web is taken.
#[tokio::test]
async fn r28_addresses_are_of_the_web() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    let version = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'acme'";
    let before = harness.fingerprint().await;
    for (url, taken) in [
        ("javascript:alert(1)", false),
        ("JavaScript://x/%0aalert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
        ("vbscript:x", false),
        ("file:///etc/passwd", false),
        ("ftp://ai.example/", false),
        ("//ai.example", false),
        ("https://ai.example/v1", true),
    ] {
        let now = harness.sql.text(version).await;
        let fields = [
            ("slug", "acme"),
            ("version", now.as_str()),
            ("provider", "openai-compatible"),
            ("model", "small-1"),
            ("base_url", url),
            ("key", "sk-of-a-test-0123456789"),
            ("ai_usage_limit", "100"),
        ];
        let expected = if taken { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let reply = owner.call("/api/tenant/ai_set", &fields).await;
        assert_eq!(reply.status, expected, "{url}: {}", reply.body);
        assert!(taken || reply.body.contains("base_url"), "{url}: {}", reply.body);
        if !taken {
            let reply = admin.call("/api/platform/tenant_ai_set", &fields).await;
            assert_eq!(reply.status, expected, "{url}: {}", reply.body);
            assert_eq!(harness.fingerprint().await, before, "{url} changed something");
        }
    }
    assert_ne!(harness.fingerprint().await, before);
}
