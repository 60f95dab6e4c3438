//! Domains, short names, schemas, and the surface of each site.

use super::*;
use crate::harness::{Harness, WORD, program};
use axum::http::StatusCode;
use futures_util::future::join_all;
use oneo::http::routes;
use std::collections::BTreeSet;
use test_support::{Browser, Reply, Sql, TestDns, environment};

/// Every name that security.md 7 keeps for the platform, some that its patterns `ns*`, `mx*` and `_*` mean, and two more.
const RESERVED: &[&str] = &[
    "www",
    "api",
    "app",
    "admin",
    "auth",
    "login",
    "sso",
    "static",
    "assets",
    "cdn",
    "mail",
    "smtp",
    "imap",
    "pop",
    "ftp",
    "ns",
    "ns1",
    "ns22",
    "mx",
    "mx1",
    "status",
    "support",
    "help",
    "docs",
    "blog",
    "dev",
    "staging",
    "root",
    "new",
    "localhost",
    "autodiscover",
    "autoconfig",
    "wpad",
    "isatap",
    "mta-sts",
    "abuse",
    "postmaster",
    "hostmaster",
    "webmaster",
    "security",
    "_dmarc",
    "_domainkey",
    "platform",
    "signup",
];

/// What is kept, without logs and without what the program counts and measures by itself, and every schema and role.
async fn kept(harness: &Harness) -> String {
    format!("{}\n{:?}\n{:?}", harness.fingerprint().await, schemas(&harness.sql).await, roles(harness).await)
}

/// The names of all schemas that are no PostgreSQL session's own.
async fn schemas(sql: &Sql) -> BTreeSet<String> {
    sql.texts("SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'").await.into_iter().collect()
}

/// The roles of this installation; other tests make theirs on the same server.
async fn roles(harness: &Harness) -> BTreeSet<String> {
    let installation = harness.app.services.db.installation();
    harness
        .sql
        .texts(&format!("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'oneo\\_{installation}\\_%'"))
        .await
        .into_iter()
        .collect()
}

/// A column of a domain.
async fn of_domain(harness: &Harness, column: &str, domain: &str) -> String {
    harness.sql.text(&format!("SELECT {column}::text FROM platform.domains WHERE domain = '{domain}'")).await
}

/// Asks for a company with these changes to a form that could succeed.
async fn creates(admin: &mut Browser, changes: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("name", "Firm"),
        ("domain", "free-name"),
        ("owner_first_name", "Olga"),
        ("owner_last_name", "Owner"),
        ("owner_email", "olga@firm.example"),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    admin.call("/api/platform/tenant_create", &fields).await
}

/// Asks for a company out of an archive that is none.
async fn imports(admin: &mut Browser, domain: &str) -> Reply {
    let field = |name: &str, value: &str| format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.tar\"\r\nContent-Type: application/x-tar\r\n\r\nnothing\r\n";
    let body = format!("{}{}--part\r\n{file}--part--\r\n", field("name", ""), field("domain", domain));
    let headers =
        [("accept", "application/json"), ("content-type", "multipart/form-data; boundary=part"), ("origin", "http://localhost:8000")];
    admin.send("POST", "/api/platform/tenant_import", &headers, body.as_bytes()).await
}

/// Signs a company up by itself.
async fn signs_up(visitor: &mut Browser, domain: &str) -> Reply {
    let fields = [
        ("name", "Firm"),
        ("domain", domain),
        ("first_name", "Olga"),
        ("last_name", "Owner"),
        ("email", "olga@firm.example"),
        ("password", WORD),
        ("password_repeated", WORD),
    ];
    visitor.call("/api/platform/signup_create", &fields).await
}

/// Runs the program to its end: whether it succeeded, and what it said.
fn said(harness: &Harness, args: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(program());
    environment(&harness.app, &mut command);
    let output = command.args(args).output().unwrap();
    (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// The pages and downloads that one site has and the other has not.
fn only_on(site: &str, other: &str) -> Vec<String> {
    let all = |site: &str| -> BTreeSet<String> {
        routes::pages(site).into_iter().chain(routes::exports(site).into_iter().map(str::to_owned)).collect()
    };
    all(site).difference(&all(other)).map(|path| address(path)).collect()
}

/// security.md 6: a domain of a company's own serves once its DNS holds the text it was given, under the name for that, and not before.
#[tokio::test]
async fn r06_a_custom_domain_needs_its_proof() {
    let dns = TestDns::start().await;
    let harness = Harness::start_with(&[("DNS_RESOLVERS", &dns.address.to_string())]).await;
    harness.app.tenant("acme").await;
    harness.app.tenant("beta").await;
    let mut admin = harness.admin().await;
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "  CRM.B\u{fc}cher.example. ")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let domain = "crm.xn--bcher-kva.example";
    let (id, token) = (of_domain(&harness, "id", domain).await, of_domain(&harness, "token", domain).await);
    // 43 characters of base64 are 256 bits.
    assert!(token.len() >= 43, "the text is too short to be unguessable: {token}");
    let proof = format!("_oneo-verify.{domain}");
    let check = [("slug", "acme"), ("id", id.as_str())];
    let wrong: &[(&str, &[&str])] =
        &[("nothing", &[]), ("another text", &["oneo"]), ("the text with more behind it", &["TOKENx"]), ("half of it", &["HALF"])];
    for &(what, texts) in wrong {
        let half: String = token.chars().take(22).collect();
        let texts: Vec<String> = texts.iter().map(|text| text.replace("TOKEN", &token).replace("HALF", &half)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !texts.is_empty() {
            dns.set_txt(&proof, &texts);
        }
        assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "looking at {what}");
        assert_eq!(of_domain(&harness, "verified_at", domain).await, "", "{what} proves it");
        assert_eq!(harness.browser(domain).get("/login").await.status, StatusCode::NOT_FOUND, "it serves with {what}");
    }
    // Where others may write, it proves nothing; and nobody proves it for another company.
    dns.set_txt(domain, &[&token]);
    assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "looking elsewhere");
    assert_eq!(of_domain(&harness, "verified_at", domain).await, "", "the text under the domain itself proves it");
    let primary = admin.call(DOMAIN_CHANGE, &[("slug", "acme"), ("id", &id), ("act", "primary")]).await;
    assert_eq!(primary.status, StatusCode::CONFLICT, "one that does not serve becomes the primary one");
    dns.set_txt(&proof, &["something else", &token]);
    let foreign = admin.call(DOMAIN_CHECK, &[("slug", "beta"), ("id", &id)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "proved for another company");
    assert_eq!(harness.browser(domain).get("/login").await.status, StatusCode::NOT_FOUND, "before it was looked at");
    assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "proving it");
    becomes(&harness, domain, StatusCode::FOUND).await;
    assert_eq!(harness.browser(domain).get("/login").await.location(), "http://acme.localhost:8000/login", "it leads to its company");
    assert_eq!(of_domain(&harness, "verified_by", domain).await, "dns", "how it was proved");
    let noted = "SELECT string_agg(action, ' ' ORDER BY id) FROM platform.audit_log WHERE action LIKE 'domain.%'";
    assert_eq!(harness.sql.text(noted).await, "domain.create domain.verify", "what is noted of it");
}

/// security.md 6: what can be no company's domain is refused beside its field, changes nothing; a name of somebody else's is taken.
#[tokio::test]
async fn r06_names_that_are_nobodys_are_refused() {
    let harness = Harness::start().await;
    harness.app.tenant("acme").await;
    harness.app.tenant("beta").await;
    let mut admin = harness.admin().await;
    let before = kept(&harness).await;
    for bad in [
        "localhost",
        "LOCALHOST.",
        "x.y.localhost",
        "crm.acme.localhost",
        "127.0.0.1",
        "2130706433",
        "[::1]",
        "::1",
        "10.0.0.1",
        "co.uk",
        "github.io",
        "localhost.localhost",
        "xn--bcher-kva.localhost",
        "a--b.localhost",
        "www.localhost",
        "ADMIN.LocalHost",
        "x y",
        "acme/..",
        "acme.example/login",
        "http://acme.example",
        "acme.example:443",
        "user@acme.example",
        "acme..example",
        "-acme.example",
        "acme_x.example",
        "acme\0.example",
        "",
    ] {
        let reply = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.body);
        assert!(reply.body.contains("\"field\":\"domain\""), "{bad:?} is not told beside its field: {}", reply.body);
    }
    for taken in ["acme.localhost", "ACME.localhost.", "acme"] {
        let reply = admin.call(DOMAIN_ADD, &[("slug", "beta"), ("domain", taken)]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{taken} is somebody else's: {}", reply.body);
    }
    assert_eq!(kept(&harness).await, before, "a refused domain left something");
    // One label below the base domain needs no proof.
    assert_eq!(admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await.status, StatusCode::OK, "a subdomain");
    becomes(&harness, "acme-too.localhost", StatusCode::FOUND).await;
}

/// security.md 6: of many who claim one domain at once, however they spell it, exactly one gets it.
#[tokio::test]
async fn r06_one_domain_is_claimed_once() {
    let harness = Harness::start().await;
    harness.app.tenant("acme").await;
    harness.app.tenant("beta").await;
    let admin = harness.admin().await;
    let spellings = ["crm.b\u{fc}cher.example", "CRM.B\u{dc}CHER.example", "crm.xn--bcher-kva.example.", " Crm.XN--BCHER-KVA.Example"];
    for round in 0..3 {
        let tries = (0..16).map(|number: usize| {
            let mut admin = admin.clone();
            let slug = ["acme", "beta"][number % 2];
            let domain = spellings[number % spellings.len()];
            tokio::spawn(async move { admin.call(DOMAIN_ADD, &[("slug", slug), ("domain", domain)]).await.status })
        });
        let mut made = 0;
        for answer in join_all(tries.collect::<Vec<_>>()).await {
            match answer.unwrap() {
                StatusCode::OK => made += 1,
                StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {}
                other => assert_eq!(other, StatusCode::CONFLICT, "round {round}"),
            }
        }
        assert_eq!(made, 1, "round {round}: so many have it");
        let rows = harness.sql.texts("SELECT domain::text FROM platform.domains WHERE domain LIKE '%.example'").await;
        assert_eq!(rows, ["crm.xn--bcher-kva.example"], "round {round}");
        harness.sql.run("DELETE FROM platform.domains WHERE domain LIKE '%.example'").await;
    }
}

/// security.md 7: a name of the platform, in small letters or capitals, is given to no company, by no way in; nothing is made.
#[tokio::test]
async fn r07_reserved_names_are_nobodys() {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    harness.app.tenant("acme").await;
    let mut admin = harness.admin().await;
    let mut visitor = harness.browser("localhost");
    let before = kept(&harness).await;
    for name in RESERVED.iter().flat_map(|name| [(*name).to_owned(), name.to_uppercase()]) {
        let name = name.as_str();
        let replies = [
            ("creating", "domain", creates(&mut admin, &[("domain", name)]).await),
            ("creating by the short name", "slug", creates(&mut admin, &[("slug", name)]).await),
            ("adding a domain", "domain", admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", name)]).await),
            ("copying", "domain", admin.call("/api/platform/tenant_clone", &[("slug", "acme"), ("domain", name)]).await),
            ("signing up", "domain", signs_up(&mut visitor, name).await),
        ];
        for (what, field, reply) in replies {
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} as {name}: {}", reply.body);
            assert!(
                reply.body.contains(&format!("\"field\":\"{field}\"")),
                "{what} as {name} is not told beside its field: {}",
                reply.body
            );
        }
        let reply = imports(&mut admin, name).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "bringing in as {name}: {}", reply.body);
    }
    for name in ["admin", "WWW", "Ns1", "MTA-STS", "_dmarc"] {
        for args in [vec!["tenant", "create", "Firm", name], vec!["tenant", "create", "Firm", "free-name", "--slug", name]] {
            let owner = ["--owner-email", "olga@firm.example", "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
            let (done, text) = said(&harness, &[args.as_slice(), &owner].concat());
            assert!(!done && !text.is_empty() && !text.contains("panicked"), "{args:?}: {text}");
        }
    }
    assert_eq!(kept(&harness).await, before, "a refused name left something");
    // The same ways take an ordinary name.
    assert_eq!(creates(&mut admin, &[("domain", "north-wind")]).await.status, StatusCode::OK, "creating");
    assert_eq!(signs_up(&mut visitor, "south-wind").await.status, StatusCode::OK, "signing up");
    assert_eq!(imports(&mut admin, "east-wind").await.status, StatusCode::OK, "bringing in");
    let copied = admin.call("/api/platform/tenant_clone", &[("slug", "acme"), ("domain", "west-wind")]).await;
    assert_eq!(copied.status, StatusCode::OK, "copying: {}", copied.body);
    for slug in ["north-wind", "south-wind"] {
        becomes(&harness, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
}

/// security.md 7: a short name has 3 to 40 small letters, digits and single hyphens, begins with a letter and ends with no hyphen.
#[tokio::test]
async fn r07_short_names_have_one_form() {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    let mut admin = harness.admin().await;
    let mut visitor = harness.browser("localhost");
    let before = kept(&harness).await;
    let long = "a".repeat(41);
    for bad in [
        "a",
        "ab",
        "1ab",
        "-acme",
        "acme-",
        "a--b",
        "xn--bcher-kva",
        "a_b",
        "a b",
        "a.b",
        "Acme",
        "ACME",
        "acme'--",
        "\u{430}cme",
        "acme\0",
        "acme%00",
        "../acme",
        &long,
    ] {
        let reply = creates(&mut admin, &[("slug", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "creating as {bad:?}: {}", reply.body);
        assert!(reply.body.contains("\"field\":\"slug\""), "{bad:?} is not told beside its field: {}", reply.body);
        let reply = signs_up(&mut visitor, bad).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "signing up as {bad:?}: {}", reply.body);
        assert!(reply.body.contains("\"field\":\"domain\""), "{bad:?} is not told beside its field: {}", reply.body);
    }
    assert_eq!(kept(&harness).await, before, "a refused name left something");
    let longest = format!("a{}z", "b-".repeat(19));
    for good in ["abc", "a-1", longest.as_str()] {
        let reply = creates(&mut admin, &[("slug", good), ("domain", good)]).await;
        assert_eq!(reply.status, StatusCode::OK, "creating as {good}: {}", reply.body);
    }
}

/// security.md 8: a schema has the name it was given, which is a plain one, or there is none; statements in names stay text.
#[tokio::test]
async fn r08_schema_names_are_plain() {
    let harness = Harness::start().await;
    harness.app.tenant("acme").await;
    let mut admin = harness.admin().await;
    let before = kept(&harness).await;
    let (one, two) = (format!("{}1", "t".repeat(69)), format!("{}2", "t".repeat(69)));
    for bad in [
        "pg_x",
        "pg_catalog",
        "public",
        "platform",
        "extensions",
        "information_schema",
        "kept_7",
        "x\";DROP SCHEMA public CASCADE;--",
        "x'",
        "x;y",
        "x y",
        "x-y",
        "X",
        "1x",
        "_x",
        "\u{430}cme",
        "tenant_\u{130}",
        one.as_str(),
        two.as_str(),
        &"t".repeat(49),
    ] {
        let reply = creates(&mut admin, &[("schema", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.body);
        assert!(reply.body.contains("\"field\":\"schema\""), "{bad:?} is not told beside its field: {}", reply.body);
        let owner = ["--owner-email", "olga@firm.example", "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
        let (done, text) = said(&harness, &[["tenant", "create", "Firm", "free-name", "--schema", bad].as_slice(), &owner].concat());
        assert!(!done && text.contains("schema") && !text.contains("panicked"), "{bad:?} at the terminal: {text}");
    }
    // Neither a schema nor a short name holds a NUL; a terminal cannot even say one.
    for field in ["schema", "slug", "domain", "name"] {
        let reply = creates(&mut admin, &[(field, "acme\0x")]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "NUL in {field}: {}", reply.body);
    }
    // A name that another company has, and the name of nobody's schema that is there.
    assert_eq!(creates(&mut admin, &[("domain", "acme")]).await.status, StatusCode::CONFLICT, "another company's name");
    assert_eq!(kept(&harness).await, before, "a refused name left something");

    let (schemas_before, roles_before) = (schemas(&harness.sql).await, roles(&harness).await);
    let (longest, forty) = ("t".repeat(48), format!("a{}z", "b-".repeat(19)));
    let statement = "x\";DROP SCHEMA public CASCADE;--'; DROP SCHEMA platform CASCADE;--";
    for changes in [
        vec![("domain", "firm-one"), ("schema", longest.as_str())],
        vec![("domain", "north-wind")],
        vec![("domain", forty.as_str())],
        vec![("domain", "harmless"), ("name", statement), ("owner_first_name", statement)],
    ] {
        let reply = creates(&mut admin, &changes).await;
        assert_eq!(reply.status, StatusCode::OK, "{changes:?}: {}", reply.body);
    }
    let expected: BTreeSet<String> =
        [longest, "tenant_north_wind".to_owned(), format!("tenant_{}", forty.replace('-', "_")), "tenant_harmless".to_owned()].into();
    let made: BTreeSet<String> = schemas(&harness.sql).await.difference(&schemas_before).cloned().collect();
    assert_eq!(made, expected, "exactly the schemas of the companies that were made");
    assert!(schemas_before.is_subset(&schemas(&harness.sql).await), "a schema is gone");
    assert_eq!(roles(&harness).await.len(), roles_before.len() + expected.len(), "a role for each company and no other");
    assert_eq!(harness.sql.text("SELECT name FROM platform.tenants WHERE slug = 'harmless'").await, statement, "the name is text");
    for slug in ["firm-one", "north-wind", "harmless", forty.as_str()] {
        becomes(&harness, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
}

/// security.md 9: pages, downloads and functions of one site do not exist on the other, not even for its own people and with the
/// sessions of both; nor on a company's further domains, nor on a host that is nobody's. The lists are the program's own.
#[tokio::test]
async fn r09_each_site_has_its_own_surface() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    becomes(&harness, "acme-too.localhost", StatusCode::FOUND).await;
    let hosts = [acme.host.as_str(), "acme-too.localhost"];
    // What no site has at all answers in the same words.
    let nothing = owner.call("/api/tenant/nothing_like_this", &[]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "a function that nobody has");
    let functions = (routes::functions("platform"), routes::functions("tenant"));
    assert!(functions.0.len() > 60 && functions.1.len() > 60, "the lists are empty");

    for function in &functions.0 {
        for host in hosts.into_iter().chain(["nobody.localhost"]) {
            // The owner, the platform's admin, and nobody.
            for mut browser in [owner.on(host), admin.on(host), harness.browser(host)] {
                let reply = browser.call(function, &[("slug", "acme")]).await;
                assert_eq!((reply.status, &reply.body), (StatusCode::NOT_FOUND, &nothing.body), "{function} on {host}");
            }
        }
    }
    for function in &functions.1 {
        for host in ["localhost", "127.0.0.1", "nobody.localhost"] {
            for mut browser in [admin.on(host), owner.on(host), harness.browser(host)] {
                let reply = browser.call(function, &[("id", "1")]).await;
                assert_eq!((reply.status, &reply.body), (StatusCode::NOT_FOUND, &nothing.body), "{function} on {host}");
            }
        }
    }

    let (platform, tenant) = (only_on("platform", "tenant"), only_on("tenant", "platform"));
    assert!(platform.len() > 15 && tenant.len() > 15, "the lists are empty: {platform:?} {tenant:?}");
    for path in &platform {
        for mut browser in [owner.clone(), admin.on(&acme.host), harness.browser(&acme.host)] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path} on a company's site");
        }
        // A further domain of a company leads to the same page of the primary one, where there is none.
        let reply = admin.on("acme-too.localhost").get(path).await;
        let target = format!("http://acme.localhost:8000{path}");
        assert_eq!((reply.status, reply.location()), (StatusCode::FOUND, target.as_str()), "{path} on a further domain");
        assert_eq!(admin.on("nobody.localhost").get(path).await.status, StatusCode::NOT_FOUND, "{path} on nobody's host");
    }
    for path in &tenant {
        for mut browser in [admin.clone(), owner.on("localhost"), harness.browser("localhost")] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path} on the platform's site");
        }
        assert_eq!(owner.on("nobody.localhost").get(path).await.status, StatusCode::NOT_FOUND, "{path} on nobody's host");
    }
    // Each is where it belongs, for the same people with the same sessions.
    assert_eq!(admin.call("/api/platform/tenant_get", &[("slug", "acme")]).await.status, StatusCode::OK, "a function of the platform");
    assert_eq!(owner.call("/api/tenant/user_list", &[]).await.status, StatusCode::OK, "a function of the company");
    assert_eq!(admin.get("/tenants/acme").await.status, StatusCode::OK, "a page of the platform");
    assert_eq!(owner.get("/users/new").await.status, StatusCode::OK, "a page of the company");
}
