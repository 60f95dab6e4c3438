//! The security suite, 22 to 28: pages of other sites, the policy of a page, headers, and what people typed.

mod headers;
mod origin;
mod text;

use crate::harness::{Harness, hash_of};
use oneo::http::routes;
use std::sync::LazyLock;
use test_support::{Browser, Reply, Tenant};

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
static PAYLOADS: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("payloads.txt").lines().collect());

/// What a browser says of where a request comes from: Sec-Fetch-Site and Origin.
type Whence = (Option<&'static str>, Option<&'static str>);

/// Posts a body with exactly these words about where it comes from.
async fn post_from(browser: &mut Browser, path: &str, (site, origin): (Option<&str>, Option<&str>), (kind, body): (&str, &[u8])) -> Reply {
    let mut headers = vec![("accept", "application/json"), ("content-type", kind)];
    headers.extend(site.map(|site| ("sec-fetch-site", site)));
    headers.extend(origin.map(|origin| ("origin", origin)));
    browser.send("POST", path, &headers, body).await
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

/// A one-time link of somebody of a company that is open.
async fn token(harness: &Harness, tenant: &Tenant, user: &str, purpose: &str) -> String {
    let token = kernel::tokens::token_new(&*harness.app.services.entropy);
    let hash = hash_of(&token);
    let sql = format!(
        "INSERT INTO {}.user_tokens (user_id, purpose, token_hash, expires_at) \
         VALUES ({user}, '{purpose}', '\\x{hash}', now() + interval '1 hour')",
        tenant.schema
    );
    harness.sql.run(&sql).await;
    token
}

/// A job that is over, of a company and asked for by one of its users, or of the platform.
async fn job(harness: &Harness, kind: &str, tenant: &Tenant, user: &str) -> String {
    let sql = format!(
        "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
         VALUES ('{kind}', 'done', {}, '{{\"user\": {user}}}', 1) RETURNING id::text",
        tenant.id
    );
    harness.sql.text(&sql).await
}

/// The id of the owner of a company.
async fn owner_id(harness: &Harness, tenant: &Tenant) -> String {
    harness.sql.text(&format!("SELECT min(id)::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await
}

/// Every page of a company's site, with what is there in the place of what varies.
async fn company_pages(harness: &Harness, tenant: &Tenant) -> Vec<String> {
    let owner = owner_id(harness, tenant).await;
    let done = job(harness, "users_bulk", tenant, &owner).await;
    let guest = harness.app.user(tenant, "user", "guest").await.to_string();
    let (invite, reset) = (token(harness, tenant, &guest, "invite").await, token(harness, tenant, &guest, "reset").await);
    let filled = |page: &String| {
        let id = if page.starts_with("/jobs") { &done } else { &owner };
        let secret = if page.starts_with("/reset") { &reset } else { &invite };
        page.replace("{id}", id).replace("{key}", "manager").replace("{token}", secret)
    };
    routes::pages("tenant").iter().map(filled).collect()
}

/// Every page of the platform's site, with what is there in the place of what varies.
async fn platform_pages(harness: &Harness, tenant: &Tenant, slug: &str) -> Vec<String> {
    let done = job(harness, "tenant_export", tenant, "0").await;
    let filled = |page: &String| page.replace("{id}", &done).replace("{slug}", slug).replace("{token}", "nothing");
    routes::pages("platform").iter().map(filled).collect()
}

/// A support person of the platform, signed in.
async fn support(harness: &Harness) -> Browser {
    let _made = harness.app.platform_person("support").await;
    let mut browser = harness.browser("localhost");
    browser.sign_in("support@oneo.example").await;
    browser
}
