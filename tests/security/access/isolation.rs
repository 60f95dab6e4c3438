//! What does not exist for others.

use super::*;
use crate::harness::{Harness, WORD};
use axum::http::StatusCode;
use oneo::http::routes;
use std::collections::BTreeSet;
use test_support::Reply;

/// An id that nothing has.
const NOBODY: &str = "999999999999";

/// The functions of a company's site that are about one thing, which they name by an id, a key or a secret.
const ABOUT_ONE: [&str; 83] = [
    "account_session_end",
    "enter",
    "invite",
    "invite_accept",
    "invite_ask",
    "job_cancel",
    "job_get",
    "job_retry",
    "list_view_delete",
    "list_view_open_set",
    "note_create",
    "note_delete",
    "note_restore",
    "note_update",
    "record_bulk",
    "record_bulk_ask",
    "record_bulk_undo",
    "record_delete",
    "record_edit",
    "record_get",
    "record_hops",
    "record_import_check",
    "record_import_get",
    "record_import_read",
    "record_import_run",
    "record_import_undo",
    "record_link",
    "record_link_list",
    "record_move",
    "record_restore",
    "record_share",
    "record_share_list",
    "record_unlink",
    "record_unshare",
    "record_update",
    "reset",
    "reset_accept",
    "role_delete",
    "role_fields_get",
    "role_fields_set",
    "role_get",
    "role_reach_get",
    "role_reach_set",
    "role_see",
    "role_update",
    "session_end",
    "setting_free_delete",
    "setting_history",
    "task_set_done",
    "team_delete",
    "team_get",
    "team_member_add",
    "team_member_remove",
    "team_update",
    "user_access",
    "user_activate",
    "user_audit",
    "user_bulk",
    "user_bulk_ask",
    "user_deactivate",
    "user_delete",
    "user_field_delete",
    "user_field_move",
    "user_field_update",
    "user_get",
    "user_import_check",
    "user_import_read",
    "user_import_get",
    "user_import_run",
    "user_import_undo",
    "user_link_create",
    "user_link_revoke",
    "user_mail_send",
    "user_mfa_reset",
    "user_password_expire",
    "user_restore",
    "user_sessions",
    "user_set_access",
    "user_set_manager",
    "user_sign_ins",
    "user_sign_out",
    "user_unlock",
    "user_update",
];

/// The others, which name nothing of another company's that could be tried.
const ABOUT_ALL: [&str; 88] = [
    "account",
    "account_sessions",
    "account_set",
    "account_sign_ins",
    "ai",
    "ai_forget",
    "ai_set",
    "ai_test",
    "audit_list",
    "dashboard",
    "entrance",
    "field_create",
    "field_delete",
    "field_move",
    "field_restore",
    "field_type_change",
    "field_type_get",
    "field_type_undo",
    "field_update",
    "forgot",
    "forgot_send",
    "job_list",
    "list_layout_set",
    "list_view_save",
    "login",
    "logo_remove",
    "logo_set",
    "mfa",
    "mfa_begin",
    "mfa_codes",
    "mfa_confirm",
    "mfa_remove",
    "onboarding_dismiss",
    "password_set",
    "photo_remove",
    "photo_set",
    "pipeline_create",
    "pipeline_delete",
    "pipeline_get",
    "pipeline_list",
    "pipeline_move",
    "pipeline_restore",
    "pipeline_update",
    "reauthenticate",
    "reauthenticate_page",
    "record_board",
    "record_create",
    "record_list",
    "record_new",
    "record_search",
    "record_trash",
    "record_work",
    "relation_create",
    "record_import_new",
    "record_import_upload",
    "role_create",
    "role_list",
    "role_new",
    "role_see_end",
    "search",
    "session_end_matching",
    "session_list",
    "setting_free_list",
    "setting_free_set",
    "setting_list",
    "setting_reset",
    "setting_set",
    "shortcuts_set",
    "sidebar_fold",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "stage_archive",
    "stage_create",
    "stage_move",
    "stage_restore",
    "stage_update",
    "task_list",
    "team_create",
    "team_list",
    "theme_set",
    "user_create",
    "user_field_create",
    "user_field_list",
    "user_import_new",
    "user_import_upload",
    "user_list",
    "user_new",
];

/// What another company has, and the same of what nobody has.
struct Things {
    id: String,
    job: String,
    session: String,
    key: &'static str,
    token: String,
}

impl Things {
    fn nobodys() -> Self {
        Self { id: NOBODY.to_owned(), job: NOBODY.to_owned(), session: "0".repeat(64), key: "nobodys", token: "n".repeat(43) }
    }

    /// The body of a function that is about them.
    fn fields(&self, path: &str) -> Vec<(&'static str, String)> {
        let function = name_of(path);
        let id = match function {
            "session_end" | "account_session_end" => &self.session,
            name if name.starts_with("job_")
                || name.starts_with("user_import_")
                || name.starts_with("record_import_")
                || name == "record_bulk_undo" =>
            {
                &self.job
            }
            _ => &self.id,
        };
        let mut fields = fields(path, id, self.key);
        for (name, value) in &mut fields {
            match *name {
                "token" => self.token.clone_into(value),
                "user" => self.id.clone_into(value),
                _ => {}
            }
        }
        if matches!(function, "user_bulk_ask" | "record_bulk_ask") {
            fields.extend([("query[0][0]", "id".to_owned()), ("query[0][1]", self.id.clone())]);
        }
        fields
    }

    /// A page without what is another one at each request, and without the ids that were asked for.
    fn stripped(&self, reply: &Reply) -> String {
        let nonce = reply.header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        let body = nonce.map_or_else(|| reply.body.clone(), |nonce| reply.body.replace(nonce, ""));
        let body = body.replace(&format!("/jobs/{}", self.job), "/jobs/").replace(&format!("#{}", self.job), "#");
        // Each request has an id of its own.
        let (before, after) = body.split_once("Request ID: <code>").unwrap_or((&body, ""));
        let body = format!("{before}{}", after.split_once("</code>").map_or(after, |(_, after)| after));
        body.replace(&self.id, "").replace(self.key, "")
    }
}

/// What somebody might add to any form.
const MORE: [(&str, &str); 16] = [
    ("role", "owner"),
    ("roles[owner]", "true"),
    ("further[owner]", "true"),
    ("tenant_id", "2"),
    ("is_platform_admin", "true"),
    ("is_staff", "true"),
    ("is_active", "false"),
    ("created_at", "2001-01-01T00:00:00Z"),
    ("max_user", "1"),
    ("email_verified", "true"),
    ("password_hash", "x"),
    ("session_epoch", "7"),
    ("must_change_password", "true"),
    ("tenant_permissions[settings.manage]", "all"),
    ("status", "archived"),
    ("schema_name", "platform"),
];

/// Every function and page of a company that names one thing answers the ids, keys and secrets of another company with the very
/// bytes of what does not exist, and does nothing.
#[tokio::test]
async fn r45_what_another_company_has_does_not_exist() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut unlisted: BTreeSet<&str> = routes::functions("tenant").into_iter().map(name_of).collect();
    for name in ABOUT_ONE {
        assert!(unlisted.remove(name), "{name} is no function of a company");
    }
    unlisted.retain(|name| !ABOUT_ALL.contains(name));
    assert!(unlisted.is_empty(), "is {unlisted:?} about one thing?");
    let mut owner = harness.owner(&alpha).await;
    let mut theirs = harness.owner(&beta).await;
    let id = harness.app.user(&beta, "user", "secret").await.to_string();
    let created = [("name", "Secretive"), ("permissions[users.view]", "all")];
    assert_eq!(theirs.call("/api/tenant/role_create", &created).await.status, StatusCode::OK, "a role of beta");
    harness.sql.run(&format!("INSERT INTO {}.tenant_settings (setting_key, setting_value) VALUES ('secretive', '1')", beta.schema)).await;
    let record = format!(
        "INSERT INTO {0}.records (id, pipeline_id, title, data) OVERRIDING SYSTEM VALUE \
         SELECT {id}, id, 'Secretive', '{{\"last_name\": \"Secretive\"}}' FROM {0}.pipelines WHERE key = 'contacts'",
        beta.schema
    );
    harness.sql.run(&record).await;
    harness.sql.run(&format!("INSERT INTO {}.teams (id, name) OVERRIDING SYSTEM VALUE VALUES ({id}, 'Secretive')", beta.schema)).await;
    let job = format!(
        "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
         SELECT 'users_bulk', 'failed', {}, jsonb_build_object('user', min(id)), 1 FROM {}.users RETURNING id::text",
        beta.id, beta.schema
    );
    let job = harness.sql.text(&job).await;
    // The page of sessions shows by which name another one is ended.
    let page = theirs.call("/api/tenant/account_sessions", &[]).await;
    let session = page.body.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert_eq!(session.len(), 64, "a session of beta: {}", page.body);
    let made = theirs.post("/api/tenant/user_link_create", &format!("/users/{id}"), &[("id", &id)]).await;
    let page = theirs.get(made.location()).await;
    let token = page.body.split("/reset/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert!(token.len() > 20, "a link of beta: {}", page.body);
    let foreign = Things { id, job, session, key: "secretive", token };
    let absent = Things::nobodys();
    let before = harness.fingerprint().await;
    for path in routes::functions("tenant").into_iter().filter(|path| ABOUT_ONE.contains(&name_of(path))) {
        let one = call(&mut owner, path, &foreign.fields(path)).await;
        let other = call(&mut owner, path, &absent.fields(path)).await;
        assert_eq!(one.status, other.status, "{path}: {} {}", one.body, other.body);
        // Two of them show an empty list, and the time.
        let shows = matches!(name_of(path), "setting_history" | "user_bulk_ask" | "record_bulk_ask");
        assert!(shows || foreign.stripped(&one) == absent.stripped(&other), "{path}: {} {}", one.body, other.body);
        let may_be_well = shows || matches!(name_of(path), "invite" | "reset" | "invite_ask");
        assert!(may_be_well || one.status.is_client_error(), "{path}: {} {}", one.status, one.body);
    }
    let pages = routes::pages("tenant").into_iter().chain(routes::exports("tenant").into_iter().map(str::to_owned));
    let mut asked = 0;
    for path in pages.filter(|path| path.contains("{id}") || path.contains("/roles/{key}")) {
        let of = |things: &Things| address(&path, if path.starts_with("/jobs") { &things.job } else { &things.id }, things.key);
        let one = owner.get(&of(&foreign)).await;
        let other = owner.get(&of(&absent)).await;
        assert_eq!((one.status, other.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        assert_eq!(foreign.stripped(&one), absent.stripped(&other), "{path}");
        asked += 1;
    }
    assert!(asked >= 9, "{asked} pages are about one thing");
    assert_eq!(harness.fingerprint().await, before, "nothing of either company changed");
    // All of it is there for those whose it is.
    let (id, job) = (&foreign.id, &foreign.job);
    for path in
        [format!("/users/{id}"), format!("/p/contacts/{id}"), format!("/teams/{id}"), format!("/jobs/{job}"), "/roles/secretive".to_owned()]
    {
        assert_eq!(theirs.get(&path).await.status, StatusCode::OK, "{path} of beta");
    }
}

/// Nothing that a company lists, searches or downloads holds anything of another one, whose every text is a canary.
#[tokio::test]
async fn r45_lists_and_downloads_hold_ones_own() {
    let harness = Harness::start().await;
    let (alpha, _beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut owner = harness.owner(&alpha).await;
    // The browser looks for canaries of others in each answer.
    let lists = ["/", "/users", "/users?q=beta", "/users?q=_first&status=active", "/users.csv", "/audit", "/audit.csv", "/audit.jsonl"];
    let more =
        ["/roles", "/sessions", "/settings", "/settings/custom", "/settings/fields", "/settings/ai", "/jobs", "/settings.json", "/account"];
    let mut own = 0;
    for path in lists.into_iter().chain(more) {
        let reply = owner.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        own += reply.body.matches("CANARY_alpha_").count();
    }
    assert!(own >= 8, "one's own texts are there, {own} times");
    let file = owner.get("/users.csv").await.body;
    assert!(file.contains("CANARY_alpha_first") && !file.contains("beta.example"), "{file}");
    let mut stranger = harness.browser(&alpha.host);
    assert!(stranger.get("/login").await.body.contains("CANARY_alpha_message"), "nor does the page for strangers");
}

/// Every field that a row has and a form has not is ignored: what somebody adds to a form is not taken.
#[tokio::test]
async fn r46_fields_that_a_form_lacks_are_not_taken() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (schema, sql) = (&alpha.schema, &harness.sql);
    let mut owner = harness.owner(&alpha).await;
    let mut tom = harness.person(&alpha, "user", "tom").await;
    // What is left of a row without the columns that the form may change.
    let row = |without: &str| format!("SELECT (to_jsonb(u) - '{{{without}}}'::text[])::text FROM {schema}.users u WHERE username = 'tom'");
    let roles =
        format!("SELECT string_agg(role_key, ' ') FROM {schema}.user_roles JOIN {schema}.users u ON u.id = user_id WHERE username = 'tom'");

    // A new user.
    let new =
        [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "user"), ("id", "1")];
    let reply = owner.call("/api/tenant/user_create", &[&new[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "user_create: {}", reply.body);
    let made = sql
        .text(&format!(
            "SELECT concat_ws(' ', user_type, is_staff, is_active, password_hash IS NULL, session_epoch, tenant_permissions, \
             must_change_password, created_at > '2020-01-01', id <> 1, (SELECT string_agg(role_key, ' ') FROM {schema}.user_roles WHERE user_id = u.id)) \
             FROM {schema}.users u WHERE username = 'nn'"
        ))
        .await;
    assert_eq!(made, "user f t t 0 {} f t t user", "a new user has what the form has");

    // One's own account.
    let (before, held) = (sql.text(&row("first_name,last_name,name_key,locale,theme,updated_at")).await, sql.text(&roles).await);
    let own =
        [("first_name", "Tomas"), ("last_name", "T"), ("user_type", "owner"), ("email", "x@y.example"), ("username", "root"), ("id", "1")];
    let reply = tom.call("/api/tenant/account_set", &[&own[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "account_set: {}", reply.body);
    assert_eq!(sql.text(&row("first_name,last_name,name_key,locale,theme,updated_at")).await, before, "account_set");
    assert_eq!(
        sql.text(&format!("SELECT first_name FROM {schema}.users WHERE username = 'tom'")).await,
        "Tomas",
        "account_set does its own"
    );

    // Somebody else, with the role as it is.
    let id = sql.text(&format!("SELECT id::text FROM {schema}.users WHERE username = 'tom'")).await;
    let at = version(&harness, &alpha, "users", "username = 'tom'").await;
    let before =
        sql.text(&row("first_name,last_name,email,username,metadata,name_key,email_key,email_unicode_key,username_key,updated_at")).await;
    let edit = [
        ("id", id.as_str()),
        ("version", &at),
        ("first_name", "Thomas"),
        ("last_name", "T"),
        ("email", "tom@alpha.example"),
        ("username", "tom"),
        ("user_type", "user"),
    ];
    let reply = owner.call("/api/tenant/user_update", &[&edit[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "user_update: {}", reply.body);
    assert_eq!(
        sql.text(&row("first_name,last_name,email,username,metadata,name_key,email_key,email_unicode_key,username_key,updated_at")).await,
        before,
        "user_update"
    );
    assert_eq!(sql.text(&roles).await, held, "nor did a role come");

    // A role, and a setting that is none.
    let reply =
        owner.call("/api/tenant/role_create", &[&[("name", "Plain"), ("key", "owner"), ("is_system", "true")][..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "role_create: {}", reply.body);
    let made = format!("SELECT concat_ws(' ', key, is_system, permissions) FROM {schema}.roles WHERE name = 'Plain'");
    assert_eq!(sql.text(&made).await, "plain f {}", "role_create");
    let before = sql.text(&format!("SELECT count(*)::text FROM {schema}.tenant_settings")).await;
    owner
        .call(
            "/api/tenant/setting_set",
            &[&[("group", "company"), ("values[no.such]", "1"), ("values[security.x]", "1")][..], &MORE].concat(),
        )
        .await;
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.tenant_settings")).await, before, "setting_set");
}

/// Nor does the platform's form of a company take what it has no field for.
#[tokio::test]
async fn r46_fields_that_a_form_of_the_platform_lacks_are_not_taken() {
    let harness = Harness::start().await;
    harness.tenant("alpha").await;
    let (mut admin, sql) = (harness.admin().await, &harness.sql);
    let rest =
        "SELECT (to_jsonb(t) - '{max_users,auto_drop_schema,updated_at}'::text[])::text FROM platform.tenants t WHERE slug = 'alpha'";
    let before = sql.text(rest).await;
    let at = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'alpha'";
    let at = sql.text(at).await;
    let quota = [
        ("slug", "alpha"),
        ("version", at.as_str()),
        ("max_users", "77"),
        ("id", "9"),
        ("ai_usage_limit", "9"),
        ("features_enabled", "{}"),
    ];
    let reply = admin.call("/api/platform/tenant_quota_set", &[&quota[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "tenant_quota_set: {}", reply.body);
    assert_eq!(sql.text(rest).await, before, "tenant_quota_set");
    assert_eq!(sql.text("SELECT max_users::text FROM platform.tenants WHERE slug = 'alpha'").await, "77", "tenant_quota_set does its own");
}

/// Fields that come twice, as lists, as objects, or in another kind of body make nobody an owner and break nothing.
#[tokio::test]
async fn r46_bodies_in_other_shapes_give_nothing() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut admin = harness.person(&alpha, "admin", "ada").await;
    let form = "application/x-www-form-urlencoded";
    let typed = "first_name=N&last_name=M&email=n%40alpha.example&username=nn";
    let part = |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts: String = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "owner")]
        .into_iter()
        .map(|(name, value)| part(name, value))
        .collect();
    let bodies = [
        (form, format!("{typed}&user_type=user&user_type=owner")),
        (form, format!("{typed}&user_type=owner&user_type=user")),
        (form, format!("{typed}&user_type[]=owner")),
        (form, format!("{typed}&user_type[0]=owner&user_type[1]=user")),
        (form, format!("{typed}&user_type[key]=owner")),
        (form, format!("{typed}&user_type%5Bkey%5D=owner")),
        (form, format!("{typed}&user_type=user&user[user_type]=owner&__proto__[user_type]=owner")),
        (
            "application/json",
            "{\"first_name\":\"N\",\"last_name\":\"M\",\"email\":\"n@alpha.example\",\"username\":\"nn\",\"user_type\":\"owner\"}"
                .to_owned(),
        ),
        ("multipart/form-data; boundary=b", format!("{parts}--b--\r\n")),
        ("text/plain", format!("{typed}&user_type=owner")),
    ];
    let origin = format!("http://{}:8000", alpha.host);
    for (kind, body) in bodies {
        let headers = [("accept", "application/json"), ("content-type", kind), ("origin", origin.as_str())];
        let reply = admin.send("POST", "/api/tenant/user_create", &headers, body.as_bytes()).await;
        assert!(reply.status == StatusCode::OK || reply.status.is_client_error(), "{kind} {body}: {} {}", reply.status, reply.body);
        let more = format!("SELECT count(*)::text FROM {}.users WHERE user_type <> 'user' AND username = 'nn'", alpha.schema);
        assert_eq!(harness.sql.text(&more).await, "0", "{kind} {body} made more than a user");
        harness
            .sql
            .run(&format!("UPDATE {0}.users SET username = 'n' || id, username_key = 'n' || id, email = id || '@x.example', email_key = id || '@x.example' WHERE username = 'nn'", alpha.schema))
            .await;
    }
    let plain = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "user")];
    assert_eq!(admin.call("/api/tenant/user_create", &plain).await.status, StatusCode::OK, "the form as it is");
}

/// No answer to anybody holds a hash, a sealed secret, a token or a session's id; and whoever may not see people is told
/// nobody's address.
#[tokio::test]
async fn r47_answers_hold_no_secrets() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let schema = &alpha.schema;
    let id = harness.app.user(&alpha, "user", "hidden").await.to_string();
    // Canaries where secrets stand; the browser itself looks for hashes of passwords.
    harness
        .sql
        .run(&format!(
            "INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({id}, 'v1.sealedcanary.totp', now()); \
             INSERT INTO {schema}.recovery_codes (user_id, code_hash) VALUES ({id}, '\\xca9a51ca9a51ca9a51ca9a51ca9a51'); \
             INSERT INTO {schema}.user_tokens (user_id, purpose, token_hash, expires_at) VALUES ({id}, 'reset', '\\xfeedca9a51feedca9a51feed', now() + interval '1 day'); \
             UPDATE platform.tenants SET ai_config_encrypted = 'openai:v1.sealedcanary.ai' WHERE slug = 'alpha'"
        ))
        .await;
    let hash = harness.sql.text(&format!("SELECT split_part(password_hash, '$', 6) FROM {schema}.users WHERE id = {id}")).await;
    assert!(hash.len() > 20, "a hash: {hash}");
    let mut people = vec![("user", "tenant", harness.person(&alpha, "user", "uma").await)];
    people.push(("salesperson", "tenant", harness.person(&alpha, "salesperson", "sam").await));
    people.push(("admin", "tenant", harness.person(&alpha, "admin", "ada").await));
    people.push(("owner", "tenant", harness.owner(&alpha).await));
    let _made = harness.app.platform_person("support").await;
    let mut support = harness.browser("localhost");
    support.sign_in("support@oneo.example").await;
    people.push(("support", "platform", support));
    people.push(("platform admin", "platform", harness.admin().await));
    let sessions: Vec<String> = people.iter().map(|(_, _, browser)| browser.cookies["__Host-sid"].clone()).collect();
    let never = [
        "sealedcanary",
        "ca9a51ca9a51",
        "yppRyppR",
        "feedca9a51feed",
        "password_hash",
        "secret_encrypted",
        "token_hash",
        "code_hash",
        "ai_config_encrypted",
    ];
    for (role, site, person) in &people {
        let told = told(person, site, &id).await;
        let well = told.iter().filter(|(_, reply)| reply.status == StatusCode::OK).count();
        assert!(well >= 10, "{role} was told {well} things");
        for (path, reply) in &told {
            assert!(!reply.status.is_server_error(), "{path} to {role}: {}", reply.status);
            for word in never.iter().copied().chain([hash.as_str()]).chain(sessions.iter().map(String::as_str)) {
                assert!(!reply.body.contains(word), "{path} tells {role} {word}: {}", reply.body);
            }
            if matches!(*role, "user" | "salesperson") {
                for other in [alpha.owner.as_str(), "hidden@alpha.example", "ada@alpha.example"] {
                    assert!(!reply.body.contains(other), "{path} tells {role} of {other}: {}", reply.body);
                }
            }
        }
        let people = told.iter().any(|(path, reply)| path == "/users" && reply.body.contains("hidden@alpha.example"));
        assert_eq!(people, matches!(*role, "admin" | "owner"), "whether {role} sees who is there");
    }
}

/// Nothing that somebody of the platform holds opens anything of a company: no session, ticket, known browser, password or link.
#[tokio::test]
async fn r48_the_platform_has_no_key_to_a_company() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut admin = harness.admin().await;
    assert!(admin.cookies.contains_key("__Host-sid") && admin.cookies.contains_key("__Host-device"), "{:?}", admin.cookies.keys());
    let id = harness.app.user(&alpha, "user", "target").await.to_string();
    let before = harness.fingerprint().await;
    for path in everything("tenant").iter().filter(|path| !is_public("tenant", path)) {
        let reply = ask(&mut admin.on(&alpha.host), path, &id).await;
        assert!(is_sent_to_sign_in(&reply), "{path} by the platform's admin: {} {}", reply.status, reply.body);
    }
    // The session under the name of each other cookie.
    let session = admin.cookies["__Host-sid"].clone();
    for name in ["__Host-second", "__Host-device", "__Host-flash"] {
        let mut browser = harness.browser(&alpha.host);
        browser.cookies.insert(name.to_owned(), session.clone());
        assert!(is_sent_to_sign_in(&browser.get("/users").await), "the session as {name}");
        let reply = browser.call("/api/tenant/sign_in_code", &[("code", "123456")]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "the session as {name}: {}", reply.body);
    }
    // The password, where the company asks for one.
    let tried = harness.browser(&alpha.host).call("/api/tenant/sign_in", &[("login", "admin@oneo.example"), ("password", WORD)]).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", tried.body);
    assert_eq!(harness.fingerprint().await, before, "none of it changed anything");
    // A link by which somebody of the platform sets a first password.
    let fields = [("first_name", "N"), ("last_name", "M"), ("email", "new@oneo.example"), ("role", "admin")];
    let made = admin.post("/api/platform/admin_create", "/admins/new", &fields).await;
    let page = admin.get(made.location()).await;
    let token = page.body.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert!(token.len() > 20, "a link of the platform on {}: {}", made.location(), page.body);
    let link = format!("/invite/{token}");
    assert_eq!(harness.browser("localhost").get(&link).await.status, StatusCode::OK, "it is good on the platform");
    assert_eq!(harness.browser(&alpha.host).get(&link).await.status, StatusCode::NOT_FOUND, "and nothing on a company's site");
    let fields = [("token", token.as_str()), ("password", WORD), ("password_repeated", WORD)];
    for function in ["invite_accept", "reset_accept"] {
        let reply = harness.browser(&alpha.host).call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{function}: {}", reply.body);
    }
    let reply = harness.browser("localhost").call("/api/platform/invite_accept", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "it was still good where it is from: {}", reply.body);
}

/// There is no way to act as somebody of a company: no function for it. What the platform does for somebody there is a link to a
/// new password, by a fresh reauthentication, in both logs.
#[tokio::test]
async fn r48_nobody_of_the_platform_acts_as_somebody_else() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    for site in routes::SITES {
        for path in everything(site) {
            for word in ["impersonat", "act_as", "login_as", "sign_in_as", "become", "masquerade", "sudo", "switch_user"] {
                assert!(!path.contains(word), "{path}");
            }
        }
    }
    assert!(!everything("platform").iter().any(|path| name_of(path).starts_with("enter")), "the way in is a company's own");
    let mut admin = harness.admin().await;
    let id = harness.app.user(&alpha, "user", "target").await.to_string();
    let fields = [("slug", "alpha"), ("id", id.as_str())];
    let made = admin.post("/api/platform/tenant_user_link", "/tenants/alpha/users", &fields).await;
    let page = admin.get(made.location()).await;
    assert!(page.body.contains("http://alpha.localhost:8000/reset/"), "a link on {}: {}", made.location(), page.body);
    let line = "SELECT concat_ws(' ', actor_kind, actor_label, ip, count(*)) FROM";
    let which = "WHERE action = 'user.link_create' GROUP BY actor_kind, actor_label, ip";
    let expected = "platform_admin admin@oneo.example 127.0.0.1 1";
    for log in ["platform.audit_log".to_owned(), format!("{}.audit_log", alpha.schema)] {
        assert_eq!(harness.sql.texts(&format!("{line} {log} {which}")).await, [expected], "{log}");
    }
    harness.age(11 * 60).await;
    let before = harness.fingerprint().await;
    for function in ["tenant_user_link", "tenant_user_mfa_reset"] {
        let reply = admin.call(&format!("/api/platform/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function}: {}", reply.body);
        assert!(reply.body.contains("\"reauthentication.required\""), "{function}: {}", reply.body);
    }
    assert_eq!(harness.fingerprint().await, before, "an old reauthentication does nothing");
}
