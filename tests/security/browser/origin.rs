//! Whose page posts, and where answers lead.

use super::*;
use crate::harness::{Harness, WORD, encoded, form, hash_of};
use axum::http::StatusCode;
use base64::Engine as _;
use domain::SiteKey;
use oneo::http::routes;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use test_support::Browser;

/// The smallest picture, as the body of an upload.
fn picture() -> Vec<u8> {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png";
    let mut body = format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes();
    body.extend(base64::engine::general_purpose::STANDARD.decode(png).unwrap());
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// Where the links of a page lead on this site.
fn links(page: &str) -> Vec<String> {
    let all = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let all = all.map(|href| href.split('#').next().unwrap_or_default().replace("&amp;", "&"));
    all.filter(|href| href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/pkg/")).collect()
}

/// Whether this stays on the site that says it.
fn is_local(location: &str) -> bool {
    location.starts_with('/') && !location.starts_with("//") && !location.contains('\\') && !location.chars().any(char::is_control)
}

/// Opens everything that can be reached from some pages, by GET and HEAD; nothing may change by that.
async fn crawl(harness: &Harness, browser: &mut Browser, begin: &[String], most: usize) -> Vec<String> {
    let before = harness.fingerprint().await;
    let (mut seen, mut waiting, mut asked) = (HashSet::new(), VecDeque::from(begin.to_vec()), Vec::new());
    let mut queries: HashMap<String, usize> = HashMap::new();
    while let Some(path) = waiting.pop_front() {
        let count = queries.entry(path.split('?').next().unwrap_or_default().to_owned()).or_default();
        if asked.len() >= most || *count >= 4 || path.ends_with("/events") || !seen.insert(path.clone()) {
            continue;
        }
        *count += 1;
        let reply = browser.get(&path).await;
        assert!(!reply.status.is_server_error(), "{path} on {}: {}", browser.host, reply.body);
        let head = browser.send("HEAD", &path, &[("accept", "text/html")], b"").await;
        assert_eq!(head.status, reply.status, "HEAD {path} on {}", browser.host);
        waiting.extend(links(&reply.body));
        asked.push(path);
        if asked.len().is_multiple_of(10) {
            assert_eq!(
                harness.fingerprint().await,
                before,
                "one of {:?} changed something",
                asked.iter().rev().take(10).collect::<Vec<_>>()
            );
        }
    }
    assert_eq!(harness.fingerprint().await, before, "one of {:?} changed something", asked.iter().rev().take(10).collect::<Vec<_>>());
    asked
}

/// 22: with a session, a change is taken from this very origin alone, whatever the form of its body; what is refused changes
/// nothing, sets no cookie and is noted.
#[tokio::test]
async fn r22_only_this_origin_may_post() {
    const OWN: &str = "http://acme.localhost:8000";
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let origins = [
        None,
        Some("null"),
        Some("http://evil.example"),
        Some("http://beta.localhost:8000"),
        Some("http://acme.localhost:9000"),
        Some("http://acme.localhost"),
        Some("http://acme.localhost:8000.evil.example"),
        Some("http://acme.localhost:8000@evil.example"),
        Some("https://acme.localhost:8000"),
        Some(OWN),
    ];
    let upload = format!("multipart/form-data; boundary={BOUNDARY}");
    let parts = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"theme\"\r\n\r\ndark\r\n--{BOUNDARY}--\r\n");
    let bodies = [
        (FORM, "theme=dark"),
        (upload.as_str(), parts.as_str()),
        ("text/plain", "theme=dark"),
        ("application/json", "{\"theme\":\"dark\"}"),
    ];
    for site in [Some("same-origin"), Some("none"), Some("same-site"), Some("cross-site"), Some("something-else"), None] {
        harness.forget_tries().await;
        let before = harness.fingerprint().await;
        let may = |origin: &Option<&str>| {
            let secure = origin.is_some_and(|origin| origin.starts_with("https://"));
            !secure && (matches!(site, Some("same-origin" | "none")) || (site.is_none() && *origin == Some(OWN)))
        };
        for origin in origins.iter().filter(|origin| !may(origin)) {
            for (kind, body) in bodies {
                let noted = harness.refusals().await;
                let reply = post_from(&mut owner, "/api/tenant/theme_set", (site, *origin), (kind, body.as_bytes())).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{site:?} {origin:?} {kind}: {}", reply.body);
                assert!(reply.set_cookies().is_empty(), "{site:?} {origin:?} {kind} set a cookie");
                assert_ne!(harness.refusals().await, noted, "{site:?} {origin:?} {kind} was not noted");
                let kind_of = harness.sql.text("SELECT kind FROM platform.security_events ORDER BY id DESC LIMIT 1").await;
                assert_eq!(kind_of, "origin.refused", "{site:?} {origin:?} {kind}");
            }
            harness.forget_tries().await;
        }
        assert_eq!(harness.fingerprint().await, before, "{site:?}: something was changed");
        for origin in origins.iter().filter(|origin| may(origin)) {
            for (kind, body) in bodies {
                let reply = post_from(&mut owner, "/api/tenant/theme_set", (site, *origin), (kind, body.as_bytes())).await;
                assert_ne!(reply.status, StatusCode::FORBIDDEN, "{site:?} {origin:?} {kind}");
                assert!(!reply.status.is_server_error(), "{site:?} {origin:?} {kind}: {}", reply.status);
                assert!(kind != FORM || reply.status == StatusCode::OK, "{site:?} {origin:?}: {}", reply.body);
            }
        }
    }
    assert!(owner.is_signed_in().await);
}

/// 22: signing in, signing out, uploads and the platform's acts are no exceptions; each works from its own origin.
#[tokio::test]
async fn r22_every_kind_of_change_is_guarded() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut people = BTreeMap::from([
        ("stranger", harness.browser(&acme.host)),
        ("owner", harness.owner(&acme).await),
        ("visitor", harness.browser("localhost")),
        ("admin", harness.admin().await),
    ]);
    let user = [("first_name", "N"), ("last_name", "M"), ("email", "new@acme.example"), ("username", "new"), ("user_type", "user")];
    let company =
        [("name", "Firm"), ("domain", "firm"), ("owner_first_name", "O"), ("owner_last_name", "P"), ("owner_email", "o@firm.example")];
    let upload = format!("multipart/form-data; boundary={BOUNDARY}");
    let acts = [
        ("stranger", "/api/tenant/sign_in", FORM, form(&[("login", &acme.owner), ("password", WORD)]).into_bytes()),
        ("owner", "/api/tenant/user_create", FORM, form(&user).into_bytes()),
        ("owner", "/api/tenant/setting_set", FORM, form(&[("group", "company"), ("values[branding.name]", "Ours")]).into_bytes()),
        ("owner", "/api/tenant/logo_set", upload.as_str(), picture()),
        ("visitor", "/api/platform/sign_in", FORM, form(&[("login", "admin@oneo.example"), ("password", WORD)]).into_bytes()),
        ("admin", "/api/platform/tenant_create", FORM, form(&company).into_bytes()),
        ("admin", "/api/platform/sign_out", FORM, Vec::new()),
        ("owner", "/api/tenant/sign_out", FORM, Vec::new()),
    ];
    let before = harness.fingerprint().await;
    for (who, path, kind, body) in &acts {
        harness.forget_tries().await;
        for from in HOSTILE {
            let noted = harness.refusals().await;
            let browser = people.get_mut(who).unwrap();
            let reply = post_from(browser, path, from, (kind, body)).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {from:?}: {}", reply.body);
            assert!(reply.set_cookies().is_empty(), "{path} {from:?} set a cookie");
            assert_ne!(harness.refusals().await, noted, "{path} {from:?} was not noted");
        }
    }
    assert_eq!(harness.fingerprint().await, before, "something was changed");
    for (who, signed_in) in [("stranger", false), ("owner", true), ("visitor", false), ("admin", true)] {
        assert_eq!(people.get_mut(who).unwrap().is_signed_in().await, signed_in, "{who}");
    }
    for (who, path, kind, body) in &acts {
        let browser = people.get_mut(who).unwrap();
        let own = format!("http://{}:8000", browser.host);
        let reply = post_from(browser, path, (None, Some(&own)), (kind, body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} from its own page: {}", reply.body);
    }
    for (who, signed_in) in [("stranger", true), ("owner", false), ("visitor", true), ("admin", false)] {
        assert_eq!(people.get_mut(who).unwrap().is_signed_in().await, signed_in, "{who} afterwards");
    }
}

/// 22: a request with a session that says nothing of where it comes from is refused; a program without one may sign in.
#[tokio::test]
async fn r22_a_session_without_a_word_is_refused() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let before = harness.fingerprint().await;
    let noted = harness.refusals().await;
    let reply = post_from(&mut owner, "/api/tenant/theme_set", (None, None), (FORM, b"theme=dark")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    assert_ne!(harness.refusals().await, noted, "it was not noted");
    assert_eq!(harness.fingerprint().await, before);
    let mut program = harness.browser(&acme.host);
    let body = form(&[("login", &acme.owner), ("password", WORD)]);
    let reply = post_from(&mut program, "/api/tenant/sign_in", (None, None), (FORM, body.as_bytes())).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert!(program.is_signed_in().await);
}

/// 22: an empty word is no word: with a session neither an empty Origin nor an empty Sec-Fetch-Site opens anything.
#[tokio::test]
async fn r22_empty_words_are_no_words() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let before = harness.fingerprint().await;
    let mut taken = Vec::new();
    for from in [(Some(""), None), (None, Some("")), (Some(""), Some(""))] {
        let reply = post_from(&mut owner, "/api/tenant/theme_set", from, (FORM, b"theme=dark")).await;
        if reply.status != StatusCode::FORBIDDEN {
            taken.push((from, reply.status));
        }
    }
    assert!(taken.is_empty(), "{taken:?}");
    assert_eq!(harness.fingerprint().await, before);
}

/// 23: nothing that changes something takes a GET or a HEAD, whoever asks and with whatever in the address.
#[tokio::test]
async fn r23_functions_take_posts_alone() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let victim = harness.app.user(&acme, "user", "victim").await.to_string();
    let (owner, admin) = (harness.owner(&acme).await, harness.admin().await);
    let query = form(&[
        ("id", &victim),
        ("slug", "acme"),
        ("login", &acme.owner),
        ("password", WORD),
        ("theme", "dark"),
        ("act", "deactivate"),
        ("change", "deactivate"),
        ("key", "own.key"),
        ("expected", "1"),
        ("query", "who=all"),
    ]);
    let before = harness.fingerprint().await;
    for (site, mut browser) in [("tenant", owner), ("platform", admin)] {
        let functions = routes::functions(site);
        assert!(functions.len() > 40, "{site}: {}", functions.len());
        for path in functions {
            for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
                let reply = browser.send(method, &format!("{path}?{query}"), &[("accept", "application/json")], b"").await;
                assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                assert_eq!(reply.header("allow"), "POST", "{method} {path}");
            }
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let own = format!("http://{}:8000", browser.host);
            let reply = browser.send(method, "/account", &[("accept", "text/html"), ("origin", &own)], b"").await;
            assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"), "{method} {site}");
        }
        assert!(browser.is_signed_in().await, "{site}");
    }
    assert_eq!(harness.fingerprint().await, before);
    // The very same body does something when it is posted.
    let mut owner = harness.owner(&acme).await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &victim)]).await.status, StatusCode::OK);
    assert_ne!(harness.fingerprint().await, before);
}

/// 23: every page and download that can be reached, by somebody of each kind, leaves everything as it is; nobody is signed out.
#[tokio::test]
async fn r23_pages_change_nothing() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let victim = harness.app.user(&acme, "user", "victim").await.to_string();
    let mut company = company_pages(&harness, &acme).await;
    company.extend([
        "/users.csv".to_owned(),
        "/audit.csv".to_owned(),
        "/audit.jsonl".to_owned(),
        "/settings.json".to_owned(),
        format!("/users/{victim}?confirm=delete"),
        format!("/users/bulk?act=deactivate&who=ticked&id={victim}"),
        "/sessions?confirm=end".to_owned(),
        format!("/login?login={}&password={}", encoded(&acme.owner), encoded(WORD)),
        "/account?first_name=Evil".to_owned(),
    ]);
    let mut platform = platform_pages(&harness, &acme, "acme").await;
    platform.extend(["/tenants.csv", "/domains.csv", "/usage.csv", "/audit.csv", "/audit.jsonl"].map(str::to_owned));
    let mut people = vec![
        ("owner", harness.owner(&acme).await, &company),
        ("user", harness.person(&acme, "user", "someone").await, &company),
        ("stranger", harness.browser(&acme.host), &company),
        ("admin", harness.admin().await, &platform),
        ("support", support(&harness).await, &platform),
        ("visitor", harness.browser("localhost"), &platform),
    ];
    for (who, browser, begin) in &mut people {
        let asked = crawl(&harness, browser, begin, 160).await;
        assert!(asked.len() >= begin.len() / 2, "{who}: {asked:?}");
        let signed_in = !matches!(*who, "stranger" | "visitor");
        assert_eq!(browser.is_signed_in().await, signed_in, "{who}");
    }
}

/// 23: looking at a one-time link uses it up for nobody, however often and with whatever in the address; its button does.
#[tokio::test]
async fn r23_links_are_not_used_up_by_looking() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let guest = harness.app.user(&acme, "user", "guest").await.to_string();
    let word = "nine yellow herons whisper";
    let (site, services) = (SiteKey::Tenant(acme.id), &harness.app.services);
    let way = kernel::tokens::token_new(&*services.entropy);
    let sealed = services.keyring.seal(&*services.entropy, &format!("enter {site}"), &format!("{{\"user\":{guest}}}")).unwrap();
    services.redis.one_time_put(site, cache::OneTime::Enter, &hash_of(&way), &sealed).await.unwrap();
    // The one that signs in by itself first: setting a password ends the sessions of before.
    for (purpose, secret) in [("enter", way), ("invite", token(&harness, &acme, &guest, "invite").await)] {
        let before = harness.fingerprint().await;
        let query = form(&[("password", word), ("password_repeated", word), ("token", &secret)]);
        for path in [format!("/{purpose}/{secret}"), format!("/{purpose}/{secret}?{query}")] {
            for method in ["GET", "HEAD", "GET"] {
                let mut browser = harness.browser(&acme.host);
                let reply = browser.send(method, &path, &[("accept", "text/html")], b"").await;
                assert_eq!(reply.status, StatusCode::OK, "{method} {path}");
                assert!(!browser.is_signed_in().await, "{method} {path}");
            }
        }
        assert_eq!(harness.fingerprint().await, before, "{purpose}");
        let mut browser = harness.browser(&acme.host);
        let function = if purpose == "enter" { "/api/tenant/enter".to_owned() } else { format!("/api/tenant/{purpose}_accept") };
        let fields = [("token", secret.as_str()), ("password", word), ("password_repeated", word)];
        assert_eq!(browser.call(&function, &fields).await.status, StatusCode::OK, "{purpose} is still open");
        assert!(browser.is_signed_in().await, "{purpose}");
    }
}

/// 24: wherever somebody is to be led after signing in, proving or giving a code: it is a path on this site.
#[tokio::test]
async fn r24_next_stays_on_this_site() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let guarded = harness.app.user(&acme, "user", "guarded").await.to_string();
    harness
        .sql
        .run(&format!("INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({guarded}, 'x', now())", acme.schema))
        .await;
    let mut number = 0;
    for next in AWAY.into_iter().chain(["/users?sort=name", ""]) {
        let good = next.starts_with("/users");
        let expected = |location: &str| is_local(location) && (!good || location == next);
        let mut browser = harness.browser(&acme.host);
        let fields = [("login", acme.owner.as_str()), ("password", WORD), ("next", next)];
        let reply = browser.post("/api/tenant/sign_in", "/login", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "sign_in {next:?} leads to {}", reply.location());
        assert!(reply.headers.get("x-evil").is_none(), "{next:?}");
        // Who is signed in needs no sign-in page.
        let query = form(&[("next", next)]);
        let reply = browser.get(&format!("/login?{query}")).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{next:?}");
        assert!(expected(reply.location()), "/login {next:?} leads to {}", reply.location());
        let reply = harness.browser(&acme.host).get(&format!("/login?{query}")).await;
        let kept = reply.body.split("name=\"next\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        assert!(expected(&kept), "/login {next:?} keeps {kept}");
        let reply = owner.post("/api/tenant/reauthenticate", "/reauthenticate", &[("password", WORD), ("next", next)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "prove {next:?} leads to {}", reply.location());
        // There is nothing to prove any more, so it leads on.
        let reply = owner.get(&format!("/reauthenticate?{query}")).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{next:?}");
        assert!(expected(reply.location()), "/prove {next:?} leads to {}", reply.location());
        // The second step, with a recovery code.
        number += 1;
        let code = format!("RECOVERYCODE{number}");
        let sql = format!("INSERT INTO {}.recovery_codes (user_id, code_hash) VALUES ({guarded}, '\\x{}')", acme.schema, hash_of(&code));
        harness.sql.run(&sql).await;
        let mut browser = harness.browser(&acme.host);
        let reply = browser.post("/api/tenant/sign_in", "/login", &[("login", "guarded"), ("password", WORD), ("next", next)]).await;
        assert!(reply.location().starts_with("/login?next=") && is_local(reply.location()), "{next:?} leads to {}", reply.location());
        let reply = browser.post("/api/tenant/sign_in_code", "/login", &[("code", &code), ("next", next)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "sign_in_code {next:?} leads to {}", reply.location());
    }
    // A download waits on the page for the reauthentication, which is on this site too.
    let reply = owner.post("/api/tenant/reauthenticate", "/reauthenticate", &[("password", WORD), ("next", "/users.csv")]).await;
    assert_eq!(reply.location(), "/reauthenticate?next=%2Fusers.csv");
}

/// 24: a forged Referer leads nobody away, whichever function is asked, in whatever state; nothing panics.
#[tokio::test]
async fn r24_a_forged_referer_leads_nowhere() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let fields = form(&[
        ("login", "nobody"),
        ("password", "not the word"),
        ("password_old", "not the word"),
        ("password_repeated", "another"),
        ("token", "nothing"),
        ("code", "1"),
        ("next", "//evil.example"),
        ("id", "999999999"),
        ("user", "999999999"),
        ("slug", "nowhere"),
        ("key", "none"),
        ("version", "1"),
        ("expected", "0"),
        ("name", ""),
        ("domain", ""),
        ("first_name", ""),
        ("last_name", ""),
        ("email", ""),
        ("username", ""),
        ("user_type", ""),
        ("group", "company"),
        ("setting_key", ""),
        ("setting_value", ""),
        ("act", "nothing"),
        ("change", "nothing"),
        ("query", ""),
        ("provider", ""),
        ("model", ""),
        ("json", "{"),
        ("theme", "dark"),
    ]);
    for (site, host, signed_in) in
        [("tenant", acme.host.as_str(), harness.owner(&acme).await), ("platform", "localhost", harness.admin().await)]
    {
        for mut browser in [harness.browser(host), signed_in] {
            let named = !browser.cookies.is_empty();
            let referers = [
                "http://evil.example/trap".to_owned(),
                format!("http://{host}:8000//evil.example/trap"),
                format!("http://{host}:8000/\\evil.example"),
                format!("http://{host}:8000@evil.example/"),
                "javascript:alert(1)".to_owned(),
            ];
            // What ends the session comes last.
            let mut functions = routes::functions(site);
            functions.sort_by_key(|path| path.ends_with("/sign_out"));
            let mut led = 0;
            for path in functions {
                if named && path.ends_with("/sign_out") {
                    assert!(browser.is_signed_in().await, "{host}: the session was lost before {path}");
                }
                for (index, referer) in referers.iter().enumerate() {
                    let headers =
                        [("accept", "text/html"), ("content-type", FORM), ("referer", referer.as_str()), ("sec-fetch-site", "same-origin")];
                    let body = if index % 2 == 0 { fields.as_str() } else { "" };
                    let reply = browser.send("POST", path, &headers, body.as_bytes()).await;
                    assert!(!reply.status.is_server_error(), "{path} {referer}: {} {}", reply.status, reply.body);
                    let location = reply.location();
                    assert!(location.is_empty() || is_local(location), "{path} {referer} leads to {location}");
                    led += u32::from(!location.is_empty());
                }
                harness.forget_tries().await;
            }
            assert!(led > 20, "{site}: only {led} led anywhere");
        }
    }
}

/// 24: from another domain of the company one is led to its primary domain, which is stored, and to no other host; and no path
/// of a page is taken for a host.
#[tokio::test]
async fn r24_hosts_come_from_the_registry() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut admin = harness.admin().await;
    let added = admin.call("/api/platform/domain_add", &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let mut alias = harness.browser("acme-too.localhost");
    for path in ["/", "/login?next=//evil.example", "//evil.example/trap", "/@evil.example", "/%5cevil.example", "/.evil.example"] {
        let headers = [("accept", "text/html"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
        let reply = alias.send("GET", path, &headers, b"").await;
        assert_eq!(reply.status, StatusCode::FOUND, "{path}");
        assert_eq!(reply.location(), format!("http://acme.localhost:8000{path}"), "{path}");
    }
    for path in ["//evil.example", "//evil.example/trap", "//pkg", "/%5c%5cevil.example", "/pkg", "/pkg//evil.example", "/%09/evil.example"]
    {
        for mut browser in [harness.browser(&acme.host), harness.owner(&acme).await, harness.browser("localhost")] {
            let reply = browser.get(path).await;
            let location = reply.location();
            assert!(location.is_empty() || is_local(location), "{path} on {} leads to {location}", browser.host);
            assert!(!reply.status.is_server_error(), "{path} on {}: {}", browser.host, reply.status);
        }
    }
}
