//! The security suite, 22 to 28: pages of other sites, the policy of a page, headers, and what people typed.

use crate::house::{House, WORD, program};
use axum::http::StatusCode;
use base64::Engine as _;
use domain::SiteKey;
use oneo::http::routes;
use services::tenants::{TenantForm, tenant_create};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::{Browser, Reply, Tenant, TestApp, environment};

/// A form as browsers send one.
const FORM: &str = "application/x-www-form-urlencoded";
/// What stands between the parts of an upload.
const BOUNDARY: &str = "boundary-of-a-test";
/// What other pages make a browser say of itself.
const HOSTILE: [Whence; 8] = [
    (Some("cross-site"), Some("http://evil.example")),
    (Some("cross-site"), None),
    (Some("same-site"), Some("http://beta.localhost:8000")),
    (Some("same-site"), None),
    (None, Some("http://evil.example")),
    (None, Some("http://beta.localhost:8000")),
    (None, Some("http://localhost:9000")),
    (None, Some("null")),
];
/// What leads away from this site.
const AWAY: [&str; 14] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\nX-Evil: 1",
    "\r\n//evil.example",
    "%0d%0aX-Evil: 1",
    "/%09/evil.example",
    "@evil.example",
];
/// What somebody types who wants it to run in another one's browser; each names itself.
const PAYLOADS: [&str; 25] = [
    "<script>xq01()</script>",
    "</script><script>xq02()</script>",
    "</title><script>xq03()</script>",
    "</textarea><script>xq04()</script>",
    "<img src=x onerror=xq05()>",
    "\"><img src=x onerror=xq06()>",
    "'><img src=x onerror=xq07()>",
    "\" onmouseover=\"xq08()",
    "' onmouseover='xq09()",
    "\" autofocus onfocus=xq10() x=\"",
    "<svg onload=xq11()>",
    "<svg><script>xq12()</script></svg>",
    "<iframe srcdoc='<script>xq13()</script>'>",
    "<iframe src=javascript:xq14()>",
    "<a href=javascript:xq15()>x</a>",
    "javascript:xq16()",
    "<style>@import'//xq17'</style>",
    "</style><script>xq18()</script>",
    "<body onload=xq19()>",
    "--><script>xq20()</script><!--",
    "]]><script>xq21()</script>",
    "\\u003cscript\\u003exq22()\\u003c/script\\u003e",
    "{{xq23()}}${xq23()}#{xq23()}",
    "<math><mtext><script>xq24()</script></mtext></math>",
    "<base href=//xq25.example><meta http-equiv=refresh content=0;url=//xq25>",
];

/// What a browser says of where a request comes from: Sec-Fetch-Site and Origin.
type Whence = (Option<&'static str>, Option<&'static str>);

fn part(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&")
}

/// What the database holds besides logs and what a running server counts and measures by itself.
async fn held(house: &House) -> Vec<String> {
    let all = house.fingerprint().await;
    all.lines().filter(|line| !line.starts_with("platform.usage_") && !line.starts_with("platform.settings ")).map(str::to_owned).collect()
}

/// Posts a body with exactly these words about where it comes from.
async fn post_from(browser: &mut Browser, path: &str, (site, origin): (Option<&str>, Option<&str>), (kind, body): (&str, &[u8])) -> Reply {
    let mut headers = vec![("accept", "application/json"), ("content-type", kind)];
    headers.extend(site.map(|site| ("sec-fetch-site", site)));
    headers.extend(origin.map(|origin| ("origin", origin)));
    browser.send("POST", path, &headers, body).await
}

/// The smallest picture, as the body of an upload.
fn picture() -> Vec<u8> {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png";
    let mut body = format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes();
    body.extend(base64::engine::general_purpose::STANDARD.decode(png).unwrap());
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// The nonce that the policy of an answer names.
fn nonce_of(reply: &Reply) -> String {
    let policy = reply.header("content-security-policy");
    policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default().to_owned()
}

/// The only policy there is.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

fn is_html(reply: &Reply) -> bool {
    reply.header("content-type").starts_with("text/html")
}

/// A tag as a browser reads it: its name and its attributes, in lower case.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// The tag whose name begins at `start`, and where it ends.
fn tag_at(page: &str, start: usize) -> (Tag, usize) {
    let bytes = page.as_bytes();
    let ends = |byte: u8| byte.is_ascii_whitespace() || byte == b'>' || byte == b'/';
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| (from..bytes.len()).find(|at| stop(bytes[*at])).unwrap_or(bytes.len());
    let text = |from: usize, to: usize| String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).to_lowercase();
    let mut at = until(start, &ends);
    let name = text(start, at);
    let mut attributes = Vec::new();
    loop {
        at = until(at, &|byte| !byte.is_ascii_whitespace() && byte != b'/');
        if at >= bytes.len() || bytes[at] == b'>' {
            return (Tag { name, attributes }, (at + 1).min(bytes.len()));
        }
        let begun = at;
        at = until(at + 1, &|byte| ends(byte) || byte == b'=');
        let attribute = text(begun, at);
        at = until(at, &|byte| !byte.is_ascii_whitespace());
        let mut value = String::new();
        if bytes.get(at) == Some(&b'=') {
            at = until(at + 1, &|byte| !byte.is_ascii_whitespace());
            match bytes.get(at).copied() {
                Some(quote @ (b'"' | b'\'')) => {
                    let end = until(at + 1, &|byte| byte == quote);
                    value = text(at + 1, end);
                    at = (end + 1).min(bytes.len());
                }
                _ => {
                    let end = until(at, &|byte| byte.is_ascii_whitespace() || byte == b'>');
                    value = text(at, end);
                    at = end;
                }
            }
        }
        attributes.push((attribute, value));
    }
}

/// The tags of a page as a browser reads them: neither comments nor the text of scripts, styles, titles and text areas hold any.
fn tags(page: &str) -> Vec<Tag> {
    let (bytes, lower) = (page.as_bytes(), page.to_ascii_lowercase());
    let find = |from: usize, what: &str| lower.get(from..).and_then(|rest| rest.find(what)).map_or(bytes.len(), |found| from + found);
    let (mut tags, mut at) = (Vec::new(), 0);
    while let Some(open) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'<')) {
        at += open + 1;
        match bytes.get(at) {
            Some(b'!') if lower.get(at..).is_some_and(|rest| rest.starts_with("!--")) => at = find(at, "-->"),
            Some(b'!' | b'?' | b'/') => at = find(at, ">"),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let (tag, end) = tag_at(page, at);
                at = end;
                if ["script", "style", "title", "textarea"].contains(&tag.name.as_str()) {
                    at = find(at, &format!("</{}", tag.name));
                }
                tags.push(tag);
            }
            _ => {}
        }
    }
    tags
}

/// Everything on a page that runs, leads away or that its policy would block.
fn dangers(page: &str, nonce: &str) -> Vec<String> {
    let mut found = Vec::new();
    for Tag { name, attributes } in tags(page) {
        let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let own = value("src").is_some_and(|src| src.starts_with('/') && !src.starts_with("//"));
        let stranger = value("nonce") != Some(nonce) && (name == "style" || (name == "script" && !own));
        let element = ["applet", "base", "embed", "frame", "frameset", "iframe", "math", "object"].contains(&name.as_str());
        let leads_on = name == "meta" && value("http-equiv").is_some() && value("content").is_some_and(|content| content.contains("url"));
        if stranger || element || leads_on {
            found.push(format!("<{name} {attributes:?}>"));
        }
        for (attribute, value) in &attributes {
            let plain: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let leads = ["href", "src", "action", "formaction", "xlink:href", "data", "poster"].contains(&attribute.as_str());
            let runs = leads && ["javascript:", "vbscript:", "data:text"].iter().any(|scheme| plain.starts_with(scheme));
            if runs || attribute.starts_with("on") || attribute == "style" || attribute == "srcdoc" {
                found.push(format!("<{name}> {attribute}={value}"));
            }
        }
    }
    found
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

/// A one-time link of somebody of a company that is open.
async fn token(house: &House, tenant: &Tenant, user: &str, purpose: &str) -> String {
    let token = services::tokens::token_new(&*house.app.services.entropy);
    let hash = hash_of(&token);
    let sql = format!(
        "INSERT INTO {}.user_tokens (user_id, purpose, token_hash, expires_at) \
         VALUES ({user}, '{purpose}', '\\x{hash}', now() + interval '1 hour')",
        tenant.schema
    );
    house.sql.run(&sql).await;
    token
}

fn hash_of(token: &str) -> String {
    services::tokens::token_hash(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A job that is over, of a company and asked for by one of its users, or of the platform.
async fn job(house: &House, kind: &str, tenant: &Tenant, user: &str) -> String {
    let sql = format!(
        "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
         VALUES ('{kind}', 'done', {}, '{{\"user\": {user}}}', 1) RETURNING id::text",
        tenant.id
    );
    house.sql.text(&sql).await
}

/// The id of the owner of a company.
async fn owner_id(house: &House, tenant: &Tenant) -> String {
    house.sql.text(&format!("SELECT min(id)::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await
}

/// Every page of a company's site, with what is there in the place of what varies.
async fn company_pages(house: &House, tenant: &Tenant) -> Vec<String> {
    let owner = owner_id(house, tenant).await;
    let done = job(house, "users_bulk", tenant, &owner).await;
    let guest = house.app.user(tenant, "user", "guest").await.to_string();
    let (invite, reset) = (token(house, tenant, &guest, "invite").await, token(house, tenant, &guest, "reset").await);
    let filled = |page: &String| {
        let id = if page.starts_with("/jobs") { &done } else { &owner };
        let secret = if page.starts_with("/reset") { &reset } else { &invite };
        page.replace("{id}", id).replace("{key}", "manager").replace("{token}", secret)
    };
    routes::pages("tenant").iter().map(filled).collect()
}

/// Every page of the platform's site, with what is there in the place of what varies.
async fn platform_pages(house: &House, tenant: &Tenant, slug: &str) -> Vec<String> {
    let done = job(house, "tenant_export", tenant, "0").await;
    let filled = |page: &String| page.replace("{id}", &done).replace("{slug}", slug).replace("{token}", "nothing");
    routes::pages("platform").iter().map(filled).collect()
}

/// A support person of the platform, signed in.
async fn support(house: &House) -> Browser {
    let _made = house.app.platform_person("support").await;
    let mut browser = house.browser("localhost");
    browser.sign_in("support@oneo.example").await;
    browser
}

/// Starts the program with something in its environment that it must refuse, and gives what it said.
async fn refused_start(house: &House, more: &[(&str, &str)]) -> String {
    let mut command = Command::new(program());
    environment(&house.app, &mut command);
    command.arg("serve").env("LISTEN", "127.0.0.1:0").envs(more.iter().copied());
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(Duration::from_secs(15), command.kill_on_drop(true).output()).await;
    assert!(ended.is_ok(), "{more:?}: it serves");
    let output = ended.unwrap().unwrap();
    assert!(!output.status.success(), "{more:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A Redis of one test, on a socket of its own, that writes down what it is told.
struct OwnRedis {
    child: Child,
    folder: tempfile::TempDir,
}

impl OwnRedis {
    fn run(folder: &Path) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--unixsocket"]).arg(folder.join("redis.sock"));
        command.arg("--dir").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = Self { child: Self::run(folder.path()), folder };
        for _ in 0..400 {
            if tokio::net::UnixStream::connect(redis.folder.path().join("redis.sock")).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        redis
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// 22: with a session, a change is taken from this very origin alone, whatever the form of its body; what is refused changes
/// nothing, sets no cookie and is noted.
#[tokio::test]
async fn r22_only_this_origin_may_post() {
    const OWN: &str = "http://acme.localhost:8000";
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
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
        house.forget_tries().await;
        let before = held(&house).await;
        let may = |origin: &Option<&str>| {
            let secure = origin.is_some_and(|origin| origin.starts_with("https://"));
            !secure && (matches!(site, Some("same-origin" | "none")) || (site.is_none() && *origin == Some(OWN)))
        };
        for origin in origins.iter().filter(|origin| !may(origin)) {
            for (kind, body) in bodies {
                let noted = house.refusals().await;
                let reply = post_from(&mut owner, "/api/tenant/theme_set", (site, *origin), (kind, body.as_bytes())).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{site:?} {origin:?} {kind}: {}", reply.body);
                assert!(reply.set_cookies().is_empty(), "{site:?} {origin:?} {kind} set a cookie");
                assert_ne!(house.refusals().await, noted, "{site:?} {origin:?} {kind} was not noted");
                let kind_of = house.sql.text("SELECT kind FROM platform.security_events ORDER BY id DESC LIMIT 1").await;
                assert_eq!(kind_of, "origin.refused", "{site:?} {origin:?} {kind}");
            }
            house.forget_tries().await;
        }
        assert_eq!(held(&house).await, before, "{site:?}: something was changed");
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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut people = BTreeMap::from([
        ("stranger", house.browser(&acme.host)),
        ("owner", house.owner(&acme).await),
        ("visitor", house.browser("localhost")),
        ("admin", house.admin().await),
    ]);
    let user = [("first_name", "N"), ("last_name", "M"), ("email", "new@acme.example"), ("username", "new"), ("user_type", "user")];
    let company =
        [("name", "Firm"), ("domain", "firm"), ("owner_first_name", "O"), ("owner_last_name", "P"), ("owner_email", "o@firm.example")];
    let upload = format!("multipart/form-data; boundary={BOUNDARY}");
    let acts = [
        ("stranger", "/api/tenant/sign_in", FORM, encoded(&[("login", &acme.owner), ("password", WORD)]).into_bytes()),
        ("owner", "/api/tenant/user_create", FORM, encoded(&user).into_bytes()),
        ("owner", "/api/tenant/setting_set", FORM, encoded(&[("group", "company"), ("values[branding.name]", "Ours")]).into_bytes()),
        ("owner", "/api/tenant/logo_set", upload.as_str(), picture()),
        ("visitor", "/api/platform/sign_in", FORM, encoded(&[("login", "admin@oneo.example"), ("password", WORD)]).into_bytes()),
        ("admin", "/api/platform/tenant_create", FORM, encoded(&company).into_bytes()),
        ("admin", "/api/platform/sign_out", FORM, Vec::new()),
        ("owner", "/api/tenant/sign_out", FORM, Vec::new()),
    ];
    let before = held(&house).await;
    for (who, path, kind, body) in &acts {
        house.forget_tries().await;
        for from in HOSTILE {
            let noted = house.refusals().await;
            let browser = people.get_mut(who).unwrap();
            let reply = post_from(browser, path, from, (kind, body)).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {from:?}: {}", reply.body);
            assert!(reply.set_cookies().is_empty(), "{path} {from:?} set a cookie");
            assert_ne!(house.refusals().await, noted, "{path} {from:?} was not noted");
        }
    }
    assert_eq!(held(&house).await, before, "something was changed");
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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let before = held(&house).await;
    let noted = house.refusals().await;
    let reply = post_from(&mut owner, "/api/tenant/theme_set", (None, None), (FORM, b"theme=dark")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    assert_ne!(house.refusals().await, noted, "it was not noted");
    assert_eq!(held(&house).await, before);
    let mut program = house.browser(&acme.host);
    let body = encoded(&[("login", &acme.owner), ("password", WORD)]);
    let reply = post_from(&mut program, "/api/tenant/sign_in", (None, None), (FORM, body.as_bytes())).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert!(program.is_signed_in().await);
}

/// 22: an empty word is no word: with a session neither an empty Origin nor an empty Sec-Fetch-Site opens anything.
#[tokio::test]
async fn r22_empty_words_are_no_words() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let before = held(&house).await;
    let mut taken = Vec::new();
    for from in [(Some(""), None), (None, Some("")), (Some(""), Some(""))] {
        let reply = post_from(&mut owner, "/api/tenant/theme_set", from, (FORM, b"theme=dark")).await;
        if reply.status != StatusCode::FORBIDDEN {
            taken.push((from, reply.status));
        }
    }
    assert!(taken.is_empty(), "{taken:?}");
    assert_eq!(held(&house).await, before);
}

/// 23: nothing that changes something takes a GET or a HEAD, whoever asks and with whatever in the address.
#[tokio::test]
async fn r23_functions_take_posts_alone() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let victim = house.app.user(&acme, "user", "victim").await.to_string();
    let (owner, admin) = (house.owner(&acme).await, house.admin().await);
    let query = encoded(&[
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
    let before = held(&house).await;
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
            assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"), "{method} {site}");
        }
        assert!(browser.is_signed_in().await, "{site}");
    }
    assert_eq!(held(&house).await, before);
    // The very same body does something when it is posted.
    let mut owner = house.owner(&acme).await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &victim)]).await.status, StatusCode::OK);
    assert_ne!(held(&house).await, before);
}

/// Opens everything that can be reached from some pages, by GET and HEAD; nothing may change by that.
async fn crawl(house: &House, browser: &mut Browser, begin: &[String], most: usize) -> Vec<String> {
    let before = held(house).await;
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
            assert_eq!(held(house).await, before, "one of {:?} changed something", asked.iter().rev().take(10).collect::<Vec<_>>());
        }
    }
    assert_eq!(held(house).await, before, "one of {:?} changed something", asked.iter().rev().take(10).collect::<Vec<_>>());
    asked
}

/// 23: every page and download that can be reached, by somebody of each kind, leaves everything as it is; nobody is signed out.
#[tokio::test]
async fn r23_pages_change_nothing() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let victim = house.app.user(&acme, "user", "victim").await.to_string();
    let mut company = company_pages(&house, &acme).await;
    company.extend([
        "/users.csv".to_owned(),
        "/audit.csv".to_owned(),
        "/audit.jsonl".to_owned(),
        "/settings.json".to_owned(),
        format!("/users/{victim}?confirm=delete"),
        format!("/users/bulk?act=deactivate&who=ticked&id={victim}"),
        "/sessions?confirm=end".to_owned(),
        format!("/login?login={}&password={}", part(&acme.owner), part(WORD)),
        "/account?first_name=Evil".to_owned(),
    ]);
    let mut platform = platform_pages(&house, &acme, "acme").await;
    platform.extend(["/tenants.csv", "/domains.csv", "/usage.csv", "/audit.csv", "/audit.jsonl"].map(str::to_owned));
    let mut people = vec![
        ("owner", house.owner(&acme).await, &company),
        ("user", house.person(&acme, "user", "someone").await, &company),
        ("stranger", house.browser(&acme.host), &company),
        ("admin", house.admin().await, &platform),
        ("support", support(&house).await, &platform),
        ("visitor", house.browser("localhost"), &platform),
    ];
    for (who, browser, begin) in &mut people {
        let asked = crawl(&house, browser, begin, 160).await;
        assert!(asked.len() >= begin.len() / 2, "{who}: {asked:?}");
        let signed_in = !matches!(*who, "stranger" | "visitor");
        assert_eq!(browser.is_signed_in().await, signed_in, "{who}");
    }
}

/// 23: looking at a one-time link uses it up for nobody, however often and with whatever in the address; its button does.
#[tokio::test]
async fn r23_links_are_not_used_up_by_looking() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let guest = house.app.user(&acme, "user", "guest").await.to_string();
    let word = "nine yellow herons whisper";
    let (site, services) = (SiteKey::Tenant(acme.id), &house.app.services);
    let way = services::tokens::token_new(&*services.entropy);
    let sealed = services.keyring.seal(&*services.entropy, &format!("enter {site}"), &format!("{{\"user\":{guest}}}")).unwrap();
    services.redis.once_put(site, cache::Once::Enter, &hash_of(&way), &sealed).await.unwrap();
    // The one that signs in by itself first: setting a password ends the sessions of before.
    for (purpose, secret) in [("enter", way), ("invite", token(&house, &acme, &guest, "invite").await)] {
        let before = held(&house).await;
        let query = encoded(&[("password", word), ("password_repeated", word), ("token", &secret)]);
        for path in [format!("/{purpose}/{secret}"), format!("/{purpose}/{secret}?{query}")] {
            for method in ["GET", "HEAD", "GET"] {
                let mut browser = house.browser(&acme.host);
                let reply = browser.send(method, &path, &[("accept", "text/html")], b"").await;
                assert_eq!(reply.status, StatusCode::OK, "{method} {path}");
                assert!(!browser.is_signed_in().await, "{method} {path}");
            }
        }
        assert_eq!(held(&house).await, before, "{purpose}");
        let mut browser = house.browser(&acme.host);
        let function = if purpose == "enter" { "/api/tenant/enter".to_owned() } else { format!("/api/tenant/{purpose}_accept") };
        let fields = [("token", secret.as_str()), ("password", word), ("password_repeated", word)];
        assert_eq!(browser.call(&function, &fields).await.status, StatusCode::OK, "{purpose} is still open");
        assert!(browser.is_signed_in().await, "{purpose}");
    }
}

/// 24: wherever somebody is to be led after signing in, proving or giving a code: it is a path on this site.
#[tokio::test]
async fn r24_next_stays_on_this_site() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let guarded = house.app.user(&acme, "user", "guarded").await.to_string();
    house
        .sql
        .run(&format!("INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({guarded}, 'x', now())", acme.schema))
        .await;
    let mut number = 0;
    for next in AWAY.into_iter().chain(["/users?sort=name", ""]) {
        let good = next.starts_with("/users");
        let expected = |location: &str| is_local(location) && (!good || location == next);
        let mut browser = house.browser(&acme.host);
        let fields = [("login", acme.owner.as_str()), ("password", WORD), ("next", next)];
        let reply = browser.post("/api/tenant/sign_in", "/login", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "sign_in {next:?} leads to {}", reply.location());
        assert!(reply.headers.get("x-evil").is_none(), "{next:?}");
        // Who is signed in needs no sign-in page.
        let query = encoded(&[("next", next)]);
        let reply = browser.get(&format!("/login?{query}")).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{next:?}");
        assert!(expected(reply.location()), "/login {next:?} leads to {}", reply.location());
        let reply = house.browser(&acme.host).get(&format!("/login?{query}")).await;
        let kept = reply.body.split("name=\"next\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        assert!(expected(&kept), "/login {next:?} keeps {kept}");
        let reply = owner.post("/api/tenant/prove", "/prove", &[("password", WORD), ("next", next)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "prove {next:?} leads to {}", reply.location());
        // There is nothing to prove any more, so it leads on.
        let reply = owner.get(&format!("/prove?{query}")).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{next:?}");
        assert!(expected(reply.location()), "/prove {next:?} leads to {}", reply.location());
        // The second step, with a recovery code.
        number += 1;
        let code = format!("RECOVERYCODE{number}");
        let sql = format!("INSERT INTO {}.recovery_codes (user_id, code_hash) VALUES ({guarded}, '\\x{}')", acme.schema, hash_of(&code));
        house.sql.run(&sql).await;
        let mut browser = house.browser(&acme.host);
        let reply = browser.post("/api/tenant/sign_in", "/login", &[("login", "guarded"), ("password", WORD), ("next", next)]).await;
        assert!(reply.location().starts_with("/login?next=") && is_local(reply.location()), "{next:?} leads to {}", reply.location());
        let reply = browser.post("/api/tenant/sign_in_code", "/login", &[("code", &code), ("next", next)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{next:?}: {}", reply.body);
        assert!(expected(reply.location()), "sign_in_code {next:?} leads to {}", reply.location());
    }
    // A download waits on the page for the proof, which is on this site too.
    let reply = owner.post("/api/tenant/prove", "/prove", &[("password", WORD), ("next", "/users.csv")]).await;
    assert_eq!(reply.location(), "/prove?next=%2Fusers.csv");
}

/// 24: a forged Referer leads nobody away, whichever function is asked, in whatever state; nothing panics.
#[tokio::test]
async fn r24_a_forged_referer_leads_nowhere() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let fields = encoded(&[
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
        [("tenant", acme.host.as_str(), house.owner(&acme).await), ("platform", "localhost", house.admin().await)]
    {
        for mut browser in [house.browser(host), signed_in] {
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
                house.forget_tries().await;
            }
            assert!(led > 20, "{site}: only {led} led anywhere");
        }
    }
}

/// 24: from another domain of the company one is led to its primary domain, which is stored, and to no other host; and no path
/// of a page is taken for a host.
#[tokio::test]
async fn r24_hosts_come_from_the_registry() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut admin = house.admin().await;
    let added = admin.call("/api/platform/domain_add", &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let mut alias = house.browser("acme-too.localhost");
    for path in ["/", "/login?next=//evil.example", "//evil.example/trap", "/@evil.example", "/%5cevil.example", "/.evil.example"] {
        let headers = [("accept", "text/html"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
        let reply = alias.send("GET", path, &headers, b"").await;
        assert_eq!(reply.status, StatusCode::FOUND, "{path}");
        assert_eq!(reply.location(), format!("http://acme.localhost:8000{path}"), "{path}");
    }
    for path in ["//evil.example", "//evil.example/trap", "//pkg", "/%5c%5cevil.example", "/pkg", "/pkg//evil.example", "/%09/evil.example"]
    {
        for mut browser in [house.browser(&acme.host), house.owner(&acme).await, house.browser("localhost")] {
            let reply = browser.get(path).await;
            let location = reply.location();
            assert!(location.is_empty() || is_local(location), "{path} on {} leads to {location}", browser.host);
            assert!(!reply.status.is_server_error(), "{path} on {}: {}", browser.host, reply.status);
        }
    }
}

/// 25: each of a hundred answers has a nonce of its own with 128 bits, and exactly the policy that is asked for.
#[tokio::test]
async fn r25_each_answer_has_a_nonce_of_its_own() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut seen = HashSet::new();
    for round in 0..50 {
        for host in [acme.host.as_str(), "localhost"] {
            let reply = house.browser(host).get("/login").await;
            let nonce = nonce_of(&reply);
            assert_eq!(reply.headers.get_all("content-security-policy").iter().count(), 1, "{host} {round}");
            assert_eq!(reply.header("content-security-policy"), policy(&nonce), "{host} {round}");
            assert!(nonce.len() == 32 && nonce.chars().all(|c| c.is_ascii_hexdigit()), "{nonce}");
            assert!(reply.body.contains(&format!("nonce=\"{nonce}\"")), "{host} {round}: {}", reply.body);
            assert!(seen.insert(nonce), "{host} {round}: a nonce came twice");
        }
    }
    assert_eq!(seen.len(), 100);
}

/// 25: on no page of either site, whoever looks, is anything that the policy would block or that it would not know: each script and
/// style has the nonce of its answer, and there are neither attributes with code nor styles in them. That pages come to life
/// and what a browser reports is the matter of the suite with Chromium.
#[tokio::test]
async fn r25_pages_keep_to_their_policy() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let (company, platform) = (company_pages(&house, &acme).await, platform_pages(&house, &acme, "acme").await);
    let color = [("group", "company"), ("values[branding.color]", "#ffcc00")];
    let mut owner = house.owner(&acme).await;
    assert_eq!(owner.call("/api/tenant/setting_set", &color).await.status, StatusCode::OK);
    let mut people = vec![
        (owner, &company),
        (house.person(&acme, "manager", "mara").await, &company),
        (house.person(&acme, "user", "someone").await, &company),
        (house.browser(&acme.host), &company),
        (house.admin().await, &platform),
        (support(&house).await, &platform),
        (house.browser("localhost"), &platform),
    ];
    let (mut seen, mut styled, mut whole) = (HashSet::new(), 0, 0);
    for (browser, paths) in &mut people {
        for path in paths.iter().chain([&"/nothing-is-here".to_owned()]) {
            let reply = browser.get(path).await;
            let nonce = nonce_of(&reply);
            assert_eq!(reply.header("content-security-policy"), policy(&nonce), "{path} on {}", browser.host);
            assert!(seen.insert(nonce.clone()), "{path} on {}: a nonce came twice", browser.host);
            assert_eq!(dangers(&reply.body, &nonce), Vec::<String>::new(), "{path} on {}", browser.host);
            if is_html(&reply) && reply.status == StatusCode::OK {
                whole += 1;
                assert!(tags(&reply.body).iter().any(|tag| tag.name == "script"), "{path} on {} has no script", browser.host);
            }
            styled += u32::from(tags(&reply.body).iter().any(|tag| tag.name == "style"));
        }
    }
    assert!(whole > 60 && styled > 0, "{whole} pages, {styled} with a style");
}

/// What an answer lacks of what every answer has.
fn lacking(reply: &Reply, secure: bool) -> Vec<String> {
    let mut lacks = Vec::new();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if secure { "max-age=31536000; includeSubDomains" } else { "" }),
    ] {
        if reply.header(name) != value {
            lacks.push(format!("{name}: {}", reply.header(name)));
        }
    }
    if !reply.header("permissions-policy").contains("camera=()") {
        lacks.push("permissions-policy".to_owned());
    }
    let nonce = nonce_of(reply);
    if nonce.len() < 32 || reply.header("content-security-policy") != policy(&nonce) {
        lacks.push(format!("content-security-policy: {}", reply.header("content-security-policy")));
    }
    if reply.header("x-request-id").is_empty() {
        lacks.push("x-request-id".to_owned());
    }
    for told in ["server", "x-powered-by", "x-runtime", "via"] {
        if reply.headers.contains_key(told) {
            lacks.push(format!("it tells {told}: {}", reply.header(told)));
        }
    }
    lacks
}

/// Whether an answer says what it is, and in which characters where it is text.
fn is_told(reply: &Reply) -> bool {
    let kind = reply.header("content-type").to_ascii_lowercase();
    // Events are UTF-8 by their standard.
    let text = kind.starts_with("text/") && !kind.starts_with("text/event-stream");
    reply.body.is_empty() || (!kind.is_empty() && (!text || kind.contains("charset=utf-8")))
}

/// 26: the headers are on every answer: pages, errors of each kind, files, downloads, events, redirects, health. (What hyper itself
/// answers, such as 431, has none of them.)
#[tokio::test]
async fn r26_headers_are_on_every_answer() {
    let house = House::start().await;
    let (acme, lame) = (house.tenant("acme").await, house.app.tenant("lame").await);
    let bare = TenantForm { create_schema: false, ..TestApp::tenant_form("bare") };
    tenant_create(&house.app.operator(), &bare).await.unwrap();
    let (mut owner, mut stranger, mut admin) = (house.owner(&acme).await, house.browser(&acme.host), house.admin().await);
    let mut user = house.person(&acme, "user", "someone").await;
    let (me, mut other) = (owner_id(&house, &acme).await, house.owner(&lame).await);
    let done = job(&house, "users_bulk", &acme, &me).await;
    // What the code does not expect of its own tables is a fault of ours.
    house.sql.run(&format!("ALTER TABLE {}.users ADD CONSTRAINT never_dark CHECK (theme <> 'dark')", lame.schema)).await;
    let mut replies = vec![
        ("a page", 200, owner.get("/users").await),
        ("the sign-in page", 200, stranger.get("/login").await),
        ("a page of the platform", 200, admin.get("/tenants").await),
        ("a way to the sign-in page", 302, stranger.get("/users").await),
        ("a page that is not there", 404, owner.get("/nothing").await),
        ("a page that is not allowed", 403, user.get("/users").await),
        ("an unknown host", 404, house.browser("unknown.localhost").get("/").await),
        ("a malformed host", 400, house.browser("a b").get("/").await),
        ("a company without tables", 503, house.browser("bare.localhost").get("/").await),
        ("health", 200, stranger.get("/livez").await),
        ("readiness", 200, stranger.get("/readyz").await),
        ("a file that is not there", 404, stranger.get("/pkg/nothing.js").await),
        ("an export", 200, owner.get("/users.csv").await),
        ("an export in lines", 200, owner.get("/audit.jsonl").await),
        ("events", 200, owner.get(&format!("/jobs/{done}/events")).await),
        ("public settings", 200, stranger.get("/settings.json").await),
        ("a logo that is not there", 404, stranger.get("/branding/logo").await),
        ("an unknown function", 404, owner.call("/api/tenant/nothing", &[]).await),
        ("a function for nobody", 401, stranger.call("/api/tenant/dashboard", &[]).await),
        ("a function that is not allowed", 403, user.call("/api/tenant/user_list", &[]).await),
        ("a body that cannot be read", 400, owner.call("/api/tenant/user_get", &[]).await),
        (
            "a refused form",
            303,
            owner.post("/api/tenant/user_create", "/users/new", &[("first_name", ""), ("last_name", ""), ("email", "")]).await,
        ),
        ("refused fields", 422, stranger.call("/api/tenant/sign_in", &[("login", "nobody"), ("password", "wrong")]).await),
        ("a conflict", 409, owner.call("/api/tenant/user_deactivate", &[("id", &me)]).await),
        ("a taken function", 200, owner.call("/api/tenant/theme_set", &[("theme", "light")]).await),
        ("a fault, for a script", 500, other.call("/api/tenant/theme_set", &[("theme", "dark")]).await),
        ("a fault, for a page", 500, other.post("/api/tenant/theme_set", "/", &[("theme", "dark")]).await),
        ("another method", 405, owner.send("PUT", "/users", &[("accept", "text/html")], b"").await),
        ("a function by GET", 405, owner.get("/api/tenant/theme_set").await),
        ("another origin", 403, post_from(&mut owner, "/api/tenant/theme_set", (Some("cross-site"), None), (FORM, b"theme=dark")).await),
        ("a preflight", 405, owner.send("OPTIONS", "/users", &[("origin", "http://evil.example")], b"").await),
    ];
    for number in 0..20 {
        let _counted = stranger.call("/api/tenant/sign_in", &[("login", &format!("nobody{number}")), ("password", "wrong")]).await;
    }
    let many = stranger.call("/api/tenant/sign_in", &[("login", "nobody"), ("password", "wrong")]).await;
    assert!(!many.header("retry-after").is_empty());
    replies.push(("too many tries", 429, many));
    for (what, status, reply) in &replies {
        assert_eq!(reply.status.as_u16(), *status, "{what}: {}", reply.body);
        assert_eq!(lacking(reply, false), Vec::<String>::new(), "{what}");
        assert!(is_told(reply), "{what} is {:?}", reply.header("content-type"));
    }
    // One that is told to be too large is refused before it comes.
    let request = format!(
        "POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\nContent-Type: {FORM}\r\n\
         Content-Length: 1048576\r\nConnection: close\r\n\r\ntheme=",
        host = acme.host
    );
    let (text, _) = house.process.raw(request.as_bytes(), Duration::from_secs(5)).await;
    let text = text.to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 413"), "{text}");
    for name in
        ["x-content-type-options: nosniff", "x-frame-options: deny", "content-security-policy: default-src 'none'", "x-request-id: "]
    {
        assert!(text.contains(name), "413 lacks {name}: {text}");
    }
    assert!(!text.contains("\r\nserver:"), "{text}");
}

/// A built site of a few files.
fn built_site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pkg")).unwrap();
    for (name, text) in [
        ("robots.txt", "User-agent: *"),
        ("favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("pkg/app.hash.js", "export {};"),
        ("pkg/app.hash.css", "body{}"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// 26: files of the site have the headers too, and may be kept.
#[tokio::test]
async fn r26_files_have_the_headers() {
    let files = built_site();
    let house = House::start_with(&[("LEPTOS_SITE_ROOT", files.path().to_str().unwrap())]).await;
    let mut browser = house.browser("localhost");
    for (path, kind) in [
        ("/robots.txt", "text/plain"),
        ("/favicon.svg", "image/svg+xml"),
        ("/pkg/app.hash.js", "text/javascript"),
        ("/pkg/app.hash.css", "text/css"),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(lacking(&reply, false), Vec::<String>::new(), "{path}");
        assert!(reply.header("content-type").starts_with(kind), "{path}: {}", reply.header("content-type"));
        assert!(reply.header("cache-control").starts_with("public"), "{path}: {}", reply.header("cache-control"));
    }
}

/// 26: files that are text say in which characters.
#[tokio::test]
async fn r26_files_say_their_charset() {
    let files = built_site();
    let house = House::start_with(&[("LEPTOS_SITE_ROOT", files.path().to_str().unwrap())]).await;
    let mut browser = house.browser("localhost");
    let mut silent = Vec::new();
    for path in ["/robots.txt", "/pkg/app.hash.js", "/pkg/app.hash.css"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        if !is_told(&reply) {
            silent.push(format!("{path}: {}", reply.header("content-type")));
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}

/// 26: where the public address is https, every answer tells browsers to come by TLS alone, for a year and more, on subdomains too;
/// the plain one of this machine does not.
#[tokio::test]
async fn r26_tls_is_told_to_stay() {
    let (redis, files) = (OwnRedis::start().await, built_site());
    let more = [
        ("REDIS_URL", redis.url()),
        ("ONEO_PUBLIC_URL", "https://localhost:8000".to_owned()),
        ("LEPTOS_SITE_ROOT", files.path().display().to_string()),
    ];
    let house = House::start_with(&more.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let acme = house.tenant("acme").await;
    for (host, path, status) in [
        (acme.host.as_str(), "/login", 200),
        ("localhost", "/login", 200),
        ("localhost", "/", 302),
        ("unknown.localhost", "/", 404),
        ("a b", "/", 400),
        ("localhost", "/livez", 200),
        ("localhost", "/robots.txt", 200),
        ("localhost", "/pkg/nothing.js", 404),
        ("localhost", "/api/platform/sign_in", 405),
    ] {
        let reply = house.browser(host).get(path).await;
        assert_eq!(reply.status.as_u16(), status, "{host}{path}");
        assert_eq!(lacking(&reply, true), Vec::<String>::new(), "{host}{path}");
    }
    // A page that came in clear is not this origin.
    let mut stranger = house.browser(&acme.host);
    for (origin, status) in [("http://acme.localhost:8000", 403), ("https://acme.localhost:8000", 200)] {
        let reply = post_from(&mut stranger, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=dark")).await;
        assert_eq!(reply.status.as_u16(), status, "{origin}");
    }
}

/// The headers of an answer that let other origins in.
fn opened(reply: &Reply) -> Vec<String> {
    reply
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect()
}

/// 27: unless origins are listed no other one may read anything, whatever it asks and however.
#[tokio::test]
async fn r27_no_other_origin_is_let_in() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    for origin in
        ["null", "https://evil.example", "http://beta.localhost:8000", "http://acme.localhost:8000", "https://acme.localhost:8000", "*"]
    {
        for path in ["/login", "/users", "/users.csv", "/settings.json", "/nothing", "/livez", "/robots.txt", "/api/tenant/theme_set"] {
            let get = owner.send("GET", path, &[("accept", "text/html"), ("origin", origin)], b"").await;
            assert_eq!(opened(&get), Vec::<String>::new(), "GET {path} {origin}");
            let preflight = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
                ("access-control-request-private-network", "true"),
            ];
            let asked = owner.send("OPTIONS", path, &preflight, b"").await;
            assert_eq!(asked.status, StatusCode::METHOD_NOT_ALLOWED, "OPTIONS {path} {origin}");
            assert_eq!(opened(&asked), Vec::<String>::new(), "OPTIONS {path} {origin}");
        }
        let post = post_from(&mut owner, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=light")).await;
        assert_eq!(post.status == StatusCode::OK, origin == "http://acme.localhost:8000", "{origin}: {}", post.status);
        assert_eq!(opened(&post), Vec::<String>::new(), "POST {origin}");
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
}

/// 27: a listed origin may read, to the letter and without credentials; it may still change nothing. Caches are told.
#[tokio::test]
async fn r27_listed_origins_may_read_alone() {
    let house = House::start_with(&[("CORS_ALLOWED_ORIGINS", "https://app.example, http://127.0.0.1:9000")]).await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    for (origin, listed) in [
        ("https://app.example", true),
        ("http://127.0.0.1:9000", true),
        ("http://app.example", false),
        ("https://app.example:8443", false),
        ("https://app.example.evil.example", false),
        ("https://evil.example/https://app.example", false),
        ("https://sub.app.example", false),
        ("https://APP.example", false),
        ("null", false),
        ("*", false),
    ] {
        for path in ["/settings.json", "/login", "/users", "/nothing"] {
            let reply = owner.send("GET", path, &[("accept", "text/html"), ("origin", origin)], b"").await;
            let expected = if listed { vec![format!("access-control-allow-origin: {origin:?}")] } else { Vec::new() };
            assert_eq!(opened(&reply), expected, "{path} {origin}");
            let varies = reply.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("Origin"));
            assert!(varies, "{path} {origin}: caches must keep origins apart");
        }
        let noted = house.refusals().await;
        let reply = post_from(&mut owner, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=dark")).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{origin} may change nothing");
        assert_ne!(house.refusals().await, noted, "{origin} was not noted");
    }
}

/// 27: a star, or anything else that is not exactly one origin, cannot even be configured.
#[tokio::test]
async fn r27_stars_cannot_be_configured() {
    let house = House::start().await;
    for bad in ["*", "null", "https://app.example/", "https://app.example/path", "app.example", "https://a.example,*"] {
        let said = refused_start(&house, &[("CORS_ALLOWED_ORIGINS", bad)]).await;
        assert!(said.contains("CORS_ALLOWED_ORIGINS"), "{bad}: {said}");
    }
}

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
    let house = House::start().await;
    // No name of a company can be wrong: it is set before anybody has asked.
    let acme = house.app.tenant("acme").await;
    let title = "</title><script>xq03()</script>\"><img src=x onerror=xq05()>";
    house.sql.run(&format!("UPDATE platform.tenants SET name = $p${title}$p$ WHERE slug = 'acme'")).await;
    let mut owner = house.owner(&acme).await;
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
        let body = encoded(&[("login", &acme.owner), ("password", WORD)]);
        let reply = house.browser(&acme.host).send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, StatusCode::OK, "{payload}: {}", reply.body);
        let me = owner_id(&house, &acme).await;
        let sql = format!(
            "UPDATE {schema}.users SET metadata = jsonb_build_object($p${payload}$p$::text, $p${payload}$p$::text) \
             WHERE username = '{username}'; \
             INSERT INTO platform.jobs (kind, status, tenant_id, params, error, created_by) \
             VALUES ('users_bulk', 'failed', {tenant}, '{{\"user\": {me}}}', $p${payload}$p$, $p${payload}$p$)",
            schema = acme.schema,
            tenant = acme.id
        );
        house.sql.run(&sql).await;
        ids.push(house.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = '{username}'", acme.schema)).await);
    }
    let jobs = house.sql.texts("SELECT id::text FROM platform.jobs WHERE status = 'failed'").await;
    let roles = house.sql.texts(&format!("SELECT key FROM {}.roles", acme.schema)).await;
    assert!(jobs.len() == PAYLOADS.len() && roles.len() > PAYLOADS.len());
    let mut paths = company_pages(&house, &acme).await;
    paths.extend(["/audit?size=100", "/users?size=100&select=page", "/sessions", "/account/sign-ins", "/roles"].map(str::to_owned));
    paths.extend(ids.iter().map(|id| format!("/users/{id}")));
    for id in ids.iter().step_by(5) {
        paths.extend(["permissions", "sessions", "sign-ins", "audit"].map(|page| format!("/users/{id}/{page}")));
    }
    paths.extend(jobs.iter().map(|id| format!("/jobs/{id}")));
    paths.extend(roles.iter().map(|key| format!("/roles/{key}")));
    paths.extend((0..PAYLOADS.len()).map(|index| format!("/settings/history/own{index}")));
    let people = [
        ("admin", house.person(&acme, "admin", "an-admin").await),
        ("manager", house.person(&acme, "manager", "a-manager").await),
        ("salesperson", house.person(&acme, "salesperson", "a-salesperson").await),
        ("user", house.person(&acme, "user", "a-user").await),
        ("stranger", house.browser(&acme.host)),
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
    let public = house.browser(&acme.host).get("/settings.json").await;
    assert_eq!((public.header("content-type"), public.header("x-content-type-options")), ("application/json", "nosniff"));
    assert!(public.body.contains("xq01"));
}

/// 28: what a company calls itself and says before sign-in is text in titles, pages and styles.
#[tokio::test]
async fn r28_brand_and_message_stay_text() {
    let house = House::start().await;
    let acme = house.app.tenant("acme").await;
    let (mut owner, mut stranger) = (house.owner(&acme).await, house.browser(&acme.host));
    let mut seen = BTreeSet::new();
    for payload in PAYLOADS {
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
    let beta = house.app.tenant("beta").await;
    let color = serde_json::to_string(PAYLOADS[17]).unwrap();
    let sql = format!(
        "INSERT INTO {}.tenant_settings (setting_key, setting_value) \
         VALUES ('branding.color', $p${color}$p$), ('branding.name', $p$\"Beta\"$p$)",
        beta.schema
    );
    house.sql.run(&sql).await;
    let reply = house.browser(&beta.host).get("/login").await;
    is_text("a colour that was stored by another way", &reply, &mut seen);
    assert!(reply.body.contains("Beta") && !reply.body.contains("xq18"), "{}", reply.body);
}

/// 28: what stands in an address or in a form that was refused comes back as text.
#[tokio::test]
async fn r28_what_comes_back_stays_text() {
    let house = House::start().await;
    let acme = house.app.tenant("acme").await;
    let (mut owner, mut admin, mut stranger) = (house.owner(&acme).await, house.admin().await, house.browser(&acme.host));
    let mut typed = BTreeSet::new();
    for payload in PAYLOADS {
        house.forget_tries().await;
        let (query, mut seen) = (part(payload), BTreeSet::new());
        for path in [
            format!("/users?q={query}&role={query}&status={query}&sort={query}&size={query}&after={query}"),
            format!("/users/bulk?act=activate&who=all&q={query}"),
            format!("/users/bulk?act={query}"),
            format!("/sessions?q={query}&ip={query}&role={query}"),
            format!("/audit?actor={query}&action={query}&from={query}"),
            format!("/roles/{query}"),
            format!("/roles/new?from={query}"),
            format!("/settings/history/{query}"),
            format!("/prove?next={query}"),
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
    let house = House::start().await;
    let acme = house.app.tenant("acme").await;
    let mut admin = house.admin().await;
    let mut slugs = vec!["acme".to_owned()];
    for (index, payload) in PAYLOADS.iter().enumerate() {
        let slug = format!("firm{index:02}");
        let form = TenantForm { name: (*payload).to_owned(), create_schema: false, ..TestApp::tenant_form(&slug) };
        tenant_create(&house.app.operator(), &form).await.unwrap();
        let sql = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, error, created_by) \
             SELECT 'tenant_export', 'failed', id, $p${payload}$p$, $p${payload}$p$ FROM platform.tenants WHERE slug = '{slug}'; \
             INSERT INTO platform.job_log (job_id, at, line) SELECT max(id), now(), $p${payload}$p$ FROM platform.jobs"
        );
        house.sql.run(&sql).await;
        slugs.push(slug);
    }
    let jobs = house.sql.texts("SELECT id::text FROM platform.jobs").await;
    let mut paths = platform_pages(&house, &acme, "acme").await;
    paths.extend(["/tenants?size=100", "/domains?size=100", "/usage?size=100", "/audit?size=100", "/jobs?size=100"].map(str::to_owned));
    paths.extend(jobs.iter().map(|id| format!("/jobs/{id}")));
    for slug in &slugs {
        paths.extend(["", "/quota", "/users", "/domains", "/danger", "/audit"].map(|page| format!("/tenants/{slug}{page}")));
    }
    for (who, mut browser) in [("support", support(&house).await), ("admin", admin.clone())] {
        let mut seen = BTreeSet::new();
        for path in &paths {
            is_text(&format!("{path} for {who}"), &browser.get(path).await, &mut seen);
        }
        assert_eq!(seen.len(), PAYLOADS.len(), "{who} sees {seen:?}");
    }
    // One's own name stands on every page.
    let mut seen = BTreeSet::new();
    for payload in PAYLOADS {
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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let formulas = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=HYPERLINK(1)"];
    for (index, formula) in formulas.iter().enumerate() {
        let sql = format!(
            "INSERT INTO {}.users (username, email, first_name, last_name) \
             VALUES ('f{index}', 'f{index}@acme.example', $p${formula}$p$, $p${formula}$p$)",
            acme.schema
        );
        house.sql.run(&sql).await;
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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let (mut owner, mut admin) = (house.owner(&acme).await, house.admin().await);
    let version = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'acme'";
    let before = held(&house).await;
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
        let now = house.sql.text(version).await;
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
            assert_eq!(held(&house).await, before, "{url} changed something");
        }
    }
    assert_ne!(held(&house).await, before);
}
