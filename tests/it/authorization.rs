//! The authorization matrix (security.md 42): everything that answers, asked by everybody. It fails when a page, a
//! server function or a download is missing in it.

use axum::http::{Method, StatusCode, header};
use oneo::http::routes;
use std::collections::BTreeMap;
use test_support::{Actor, PASSWORD, Tenant, TestAi, TestApp};

/// Who asks.
pub(crate) const ACTORS: [&str; 9] =
    ["anonymous", "user", "salesperson", "manager", "admin", "owner", "other owner", "platform support", "platform admin"];

/// What each actor gets for each thing, in the order of [`ACTORS`].
type Statuses = [u16; 9];

const ANYBODY: Statuses = [200; 9];
const TENANT_USERS: Statuses = [401, 200, 200, 200, 200, 200, 401, 401, 401];
const VIEW_USERS: Statuses = [401, 403, 403, 200, 200, 200, 401, 401, 401];
const MANAGE_USERS: Statuses = [401, 403, 403, 403, 200, 200, 401, 401, 401];
const OWNERS: Statuses = [401, 403, 403, 403, 403, 200, 401, 401, 401];
const PLATFORM: Statuses = [401, 401, 401, 401, 401, 401, 401, 200, 200];
const PLATFORM_ADMINS: Statuses = [401, 401, 401, 401, 401, 401, 401, 403, 200];

/// The matrix. Pages answer 302 to the sign-in page where this says 401.
pub(crate) const MATRIX: &[(&str, &str, Statuses)] = &[
    ("platform", "/", PLATFORM),
    ("platform", "/login", ANYBODY),
    ("platform", "/logout", ANYBODY),
    ("platform", "/signup", ANYBODY),
    ("platform", "/signup/done", ANYBODY),
    ("platform", "/signup/availability", ANYBODY),
    ("platform", "/account", PLATFORM),
    ("platform", "/account/password", PLATFORM),
    ("platform", "/account/mfa", PLATFORM),
    ("platform", "/account/sessions", PLATFORM),
    ("platform", "/invite/{token}", ANYBODY),
    ("platform", "/reset/{token}", ANYBODY),
    ("platform", "/tenants", PLATFORM),
    ("platform", "/tenants/new", PLATFORM_ADMINS),
    ("platform", "/tenants/import", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_import", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_import_new", PLATFORM_ADMINS),
    ("platform", "/tenants/{slug}", PLATFORM),
    ("platform", "/tenants/{slug}/quota", PLATFORM),
    ("platform", "/tenants/{slug}/features", PLATFORM),
    ("platform", "/tenants/{slug}/billing", PLATFORM),
    ("platform", "/tenants/{slug}/ai", PLATFORM),
    ("platform", "/tenants/{slug}/usage", PLATFORM),
    ("platform", "/usage", PLATFORM),
    ("platform", "/users", PLATFORM),
    ("platform", "/api/platform/user_find", PLATFORM),
    ("platform", "/usage.csv", PLATFORM),
    ("platform", "/api/platform/usage_list", PLATFORM),
    ("platform", "/api/platform/tenant_usage", PLATFORM),
    ("platform", "/tenants/{slug}/users", PLATFORM),
    ("platform", "/tenants/{slug}/audit", PLATFORM),
    ("platform", "/tenants/{slug}/danger", PLATFORM),
    ("platform", "/tenants/{slug}/copies", PLATFORM),
    ("platform", "/tenants/{slug}/domains", PLATFORM),
    ("platform", "/domains", PLATFORM),
    ("platform", "/domains.csv", PLATFORM),
    ("platform", "/jobs", PLATFORM),
    ("platform", "/jobs/{id}", PLATFORM),
    ("platform", "/jobs/{id}/events", PLATFORM),
    ("platform", "/jobs/{id}/file", PLATFORM_ADMINS),
    ("platform", "/audit", PLATFORM),
    ("platform", "/admins", PLATFORM),
    ("platform", "/admins/new", PLATFORM_ADMINS),
    ("platform", "/tenants.csv", PLATFORM),
    ("platform", "/audit.csv", PLATFORM),
    ("platform", "/audit.jsonl", PLATFORM),
    ("platform", "/api/platform/admin_change", PLATFORM_ADMINS),
    ("platform", "/api/platform/admin_create", PLATFORM_ADMINS),
    ("platform", "/api/platform/admin_list", PLATFORM),
    ("platform", "/api/platform/admin_new", PLATFORM_ADMINS),
    ("platform", "/api/platform/audit_list", PLATFORM),
    ("platform", "/api/platform/dashboard", PLATFORM),
    ("platform", "/api/platform/invite", ANYBODY),
    ("platform", "/api/platform/invite_accept", ANYBODY),
    ("platform", "/api/platform/login", ANYBODY),
    ("platform", "/api/platform/reset", ANYBODY),
    ("platform", "/api/platform/reset_accept", ANYBODY),
    ("platform", "/api/platform/sign_in", ANYBODY),
    ("platform", "/api/platform/sign_out", ANYBODY),
    ("platform", "/api/platform/tenant_ai", PLATFORM),
    ("platform", "/api/platform/tenant_ai_forget", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_reset", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_test", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_archive", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_audit_list", PLATFORM),
    ("platform", "/api/platform/tenant_billing", PLATFORM),
    ("platform", "/api/platform/tenant_billing_replace", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_billing_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_create", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_danger", PLATFORM),
    ("platform", "/api/platform/tenant_features", PLATFORM),
    ("platform", "/api/platform/tenant_features_replace", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_features_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_get", PLATFORM),
    ("platform", "/api/platform/tenant_list", PLATFORM),
    ("platform", "/api/platform/tenant_new", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_quota", PLATFORM),
    ("platform", "/api/platform/tenant_quota_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_restore", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_resume", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_suspend", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_link", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_mfa_reset", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_sign_out", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_users", PLATFORM),
    ("platform", "/api/platform/job_cancel", PLATFORM_ADMINS),
    ("platform", "/api/platform/job_get", PLATFORM),
    ("platform", "/api/platform/job_list", PLATFORM),
    ("platform", "/api/platform/job_retry", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_clone", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_copies", PLATFORM),
    ("platform", "/api/platform/tenant_export", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_purge", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_add", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_change", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_check", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_list", PLATFORM),
    ("platform", "/api/platform/tenant_domains", PLATFORM),
    ("platform", "/api/platform/prove", PLATFORM),
    ("platform", "/api/platform/theme_set", ANYBODY),
    ("platform", "/api/platform/account", PLATFORM),
    ("platform", "/api/platform/account_set", PLATFORM),
    ("platform", "/api/platform/password_set", PLATFORM),
    ("platform", "/api/platform/mfa", PLATFORM),
    ("platform", "/api/platform/mfa_begin", PLATFORM),
    ("platform", "/api/platform/mfa_confirm", PLATFORM),
    ("platform", "/api/platform/mfa_codes", PLATFORM),
    ("platform", "/api/platform/mfa_remove", PLATFORM),
    ("platform", "/api/platform/account_sessions", PLATFORM),
    ("platform", "/api/platform/account_session_end", PLATFORM),
    ("platform", "/api/platform/sign_in_code", ANYBODY),
    ("platform", "/api/platform/signup", ANYBODY),
    ("platform", "/api/platform/signup_create", ANYBODY),
    ("tenant", "/", TENANT_USERS),
    ("tenant", "/login", ANYBODY),
    ("tenant", "/logout", ANYBODY),
    ("tenant", "/enter/{token}", ANYBODY),
    ("tenant", "/account", TENANT_USERS),
    ("tenant", "/account/password", TENANT_USERS),
    ("tenant", "/account/mfa", TENANT_USERS),
    ("tenant", "/account/sessions", TENANT_USERS),
    ("tenant", "/invite/{token}", ANYBODY),
    ("tenant", "/reset/{token}", ANYBODY),
    ("tenant", "/users", VIEW_USERS),
    ("tenant", "/users/new", MANAGE_USERS),
    ("tenant", "/users/{id}", VIEW_USERS),
    ("tenant", "/users.csv", VIEW_USERS),
    ("tenant", "/api/tenant/dashboard", TENANT_USERS),
    ("tenant", "/api/tenant/invite", ANYBODY),
    ("tenant", "/api/tenant/invite_accept", ANYBODY),
    ("tenant", "/api/tenant/login", ANYBODY),
    ("tenant", "/api/tenant/reset", ANYBODY),
    ("tenant", "/api/tenant/reset_accept", ANYBODY),
    ("tenant", "/api/tenant/sign_in", ANYBODY),
    ("tenant", "/api/tenant/sign_out", ANYBODY),
    ("tenant", "/api/tenant/theme_set", ANYBODY),
    ("tenant", "/api/tenant/account", TENANT_USERS),
    ("tenant", "/api/tenant/account_set", TENANT_USERS),
    ("tenant", "/api/tenant/password_set", TENANT_USERS),
    ("tenant", "/api/tenant/mfa", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_begin", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_confirm", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_codes", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_remove", TENANT_USERS),
    ("tenant", "/api/tenant/account_sessions", TENANT_USERS),
    ("tenant", "/api/tenant/account_session_end", TENANT_USERS),
    ("tenant", "/api/tenant/enter", ANYBODY),
    ("tenant", "/api/tenant/entrance", ANYBODY),
    ("tenant", "/api/tenant/onboarding_dismiss", OWNERS),
    ("tenant", "/api/tenant/sign_in_code", ANYBODY),
    ("tenant", "/api/tenant/user_activate", MANAGE_USERS),
    ("tenant", "/api/tenant/user_create", MANAGE_USERS),
    ("tenant", "/api/tenant/user_deactivate", MANAGE_USERS),
    ("tenant", "/api/tenant/user_get", VIEW_USERS),
    ("tenant", "/api/tenant/user_link_create", MANAGE_USERS),
    ("tenant", "/api/tenant/user_list", VIEW_USERS),
    ("tenant", "/api/tenant/user_new", MANAGE_USERS),
    ("tenant", "/api/tenant/user_update", MANAGE_USERS),
];

/// Everything that answers on a site.
fn registered(site: &str) -> Vec<String> {
    let functions = routes::functions(site).into_iter().map(str::to_owned);
    let mut all: Vec<String> =
        routes::pages(site).into_iter().chain(functions).chain(routes::exports(site).into_iter().map(str::to_owned)).collect();
    all.sort();
    all
}

#[test]
fn r42_everything_that_answers_is_in_the_matrix() {
    for site in routes::SITES {
        let mut listed: Vec<String> = MATRIX.iter().filter(|(of, ..)| *of == site).map(|(_, path, _)| (*path).to_owned()).collect();
        listed.sort();
        assert_eq!(registered(site), listed, "{site}");
    }
}

struct Ground {
    app: TestApp,
    tenant: Tenant,
    people: BTreeMap<&'static str, Actor>,
    ai: TestAi,
    made: u32,
}

impl Ground {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (tenant, other) = (app.tenant("acme").await, app.tenant("beta").await);
        app.tenant("life").await;
        app.sql().await.run(&format!("UPDATE {}.quota SET max_users = 100000", tenant.schema)).await;
        let mut people = BTreeMap::new();
        people.insert("anonymous", app.anonymous(&tenant.host));
        for role in ["user", "salesperson", "manager", "admin"] {
            people.insert(role, app.signed_in(&tenant, role).await);
        }
        people.insert("owner", app.owner(&tenant).await);
        people.insert("other owner", app.owner(&other).await);
        people.insert("platform admin", app.platform_admin().await);
        people.insert("platform support", app.platform_person("support").await);
        Self { app, tenant, people, ai: TestAi::start().await, made: 0 }
    }

    /// A person of the company to do something with.
    async fn target(&mut self) -> String {
        self.made += 1;
        self.app.user(&self.tenant, "user", &format!("target{}", self.made)).await.to_string()
    }

    /// A one-time link that is open.
    async fn token(&mut self, site: &str, purpose: &str) -> String {
        let target = self.target().await;
        let token = services::tokens::token_new(&*self.app.services.entropy);
        let hash: String = services::tokens::token_hash(&token).iter().map(|byte| format!("{byte:02x}")).collect();
        let sql = if site == "platform" {
            format!(
                "INSERT INTO platform.platform_admins (email, first_name, last_name) VALUES ('invited{target}@oneo.example', 'I', 'J'); \
                 INSERT INTO platform.admin_tokens (admin_id, purpose, token_hash, expires_at) \
                 SELECT max(id), '{purpose}', '\\x{hash}', now() + interval '1 hour' FROM platform.platform_admins"
            )
        } else {
            format!(
                "INSERT INTO {}.user_tokens (user_id, purpose, token_hash, expires_at) VALUES ({target}, '{purpose}', '\\x{hash}', now() + interval '1 hour')",
                self.tenant.schema
            )
        };
        self.app.sql().await.run(&sql).await;
        token
    }

    /// A domain of the company that waits for its proof.
    async fn domain(&mut self) -> String {
        self.made += 1;
        let sql = format!(
            "INSERT INTO platform.domains (domain, tenant_id, token, token_expires_at) \
             SELECT 'claim{}.acme.example', id, 'x', now() + interval '1 day' FROM platform.tenants WHERE slug = 'acme' RETURNING id::text",
            self.made
        );
        self.app.sql().await.text(&sql).await
    }

    /// A job that stands there, with a file.
    async fn job(&self, status: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        self.app.services.files.keep("t1/exports/export.tar", file.path()).await.unwrap();
        let sql = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, result, total) \
             VALUES ('tenant_export', '{status}', 1, '{{\"file\": \"t1/exports/export.tar\"}}', 1) RETURNING id::text"
        );
        self.app.sql().await.text(&sql).await
    }

    /// The version of the company's settings.
    async fn version(&self) -> String {
        let sql = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'acme'";
        self.app.sql().await.text(sql).await
    }

    /// A way into the company for its owner.
    async fn way_in(&self) -> String {
        let services = &self.app.services;
        let site = domain::SiteKey::Tenant(self.tenant.id);
        let token = services::tokens::token_new(&*services.entropy);
        let name: String = services::tokens::token_hash(&token).iter().map(|byte| format!("{byte:02x}")).collect();
        let user = self.app.sql().await.text(&format!("SELECT min(id)::text FROM {}.users", self.tenant.schema)).await;
        let sealed = services.keyring.seal(&*services.entropy, &format!("enter {site}"), &format!("{{\"user\":{user}}}")).unwrap();
        services.redis.once_put(site, cache::Once::Enter, &name, &sealed).await.unwrap();
        token
    }

    /// The tables of second factors of a site, and the id of the actor there, if there is one.
    async fn factor_owner(&self, site: &str, who: &str) -> (String, String, &'static str, String) {
        let schema = &self.tenant.schema;
        let (totp, codes, owner, people) = if site == "platform" {
            (
                "platform.admin_totp".to_owned(),
                "platform.admin_recovery_codes".to_owned(),
                "admin_id",
                "platform.platform_admins".to_owned(),
            )
        } else {
            (format!("{schema}.user_totp"), format!("{schema}.recovery_codes"), "user_id", format!("{schema}.users"))
        };
        let email = match who {
            "owner" => "owner@acme.example".to_owned(),
            "platform admin" => "admin@oneo.example".to_owned(),
            "platform support" => "support@oneo.example".to_owned(),
            role => format!("{role}@acme.example"),
        };
        let id = self.app.sql().await.text(&format!("SELECT coalesce(min(id)::text, '') FROM {people} WHERE email = '{email}'")).await;
        (totp, codes, owner, id)
    }

    /// A second factor of the actor, and its code of now.
    async fn totp(&self, site: &str, who: &str, confirmed: bool) -> String {
        let (table, _, owner, id) = self.factor_owner(site, who).await;
        let totp = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack([7; 20])).with_account_name("x").build().unwrap();
        if !id.is_empty() {
            let key = if site == "platform" { domain::SiteKey::Platform } else { domain::SiteKey::Tenant(self.tenant.id) };
            let place = services::keyring::SecretPlace { site: key, kind: "totp", row: id.parse().unwrap() };
            let secret = secrecy::SecretString::from(totp.secret().to_base32());
            let sealed = self.app.services.keyring.secret_seal(&*self.app.services.entropy, place, &secret).unwrap();
            let since = if confirmed { "now()" } else { "NULL" };
            let sql = format!(
                "DELETE FROM {table} WHERE {owner} = {id}; \
                 INSERT INTO {table} ({owner}, secret_encrypted, confirmed_at) VALUES ({id}, '{sealed}', {since})"
            );
            self.app.sql().await.run(&sql).await;
        }
        totp.generate(u64::try_from(self.app.services.now().timestamp()).unwrap()).to_string()
    }

    /// A recovery code of somebody who gave the right password.
    async fn recovery_code(&mut self, site: &str) -> String {
        let (_, codes, owner, id) = self.factor_owner(site, if site == "platform" { "platform admin" } else { "owner" }).await;
        self.made += 1;
        let code = format!("CODE{}", self.made);
        let hash: String = services::tokens::token_hash(&code).iter().map(|byte| format!("{byte:02x}")).collect();
        self.app.sql().await.run(&format!("INSERT INTO {codes} ({owner}, code_hash) VALUES ({id}, '\\x{hash}')")).await;
        code
    }

    /// What the browser of somebody between the two steps of signing in holds.
    async fn ticket(&self, site: &str) -> String {
        let key = if site == "platform" { domain::SiteKey::Platform } else { domain::SiteKey::Tenant(self.tenant.id) };
        let (_, _, _, id) = self.factor_owner(site, if site == "platform" { "platform admin" } else { "owner" }).await;
        let people = if site == "platform" { "platform.platform_admins".to_owned() } else { format!("{}.users", self.tenant.schema) };
        let epoch = self.app.sql().await.text(&format!("SELECT session_epoch::text FROM {people} WHERE id = {id}")).await;
        let until = self.app.services.now().timestamp() + 60;
        let text = format!("{{\"subject\":{id},\"epoch\":{epoch},\"until\":{until}}}");
        self.app.services.keyring.seal(&*self.app.services.entropy, &format!("second step {key}"), &text).unwrap()
    }

    /// Undoes what would keep people from signing in as before.
    async fn mend(&self) {
        let (schema, hash) = (&self.tenant.schema, &self.app.hash);
        let sql = format!(
            "DELETE FROM {schema}.user_totp; DELETE FROM platform.admin_totp; \
             UPDATE {schema}.users SET password_hash = '{hash}' WHERE password_hash IS NOT NULL; \
             UPDATE platform.platform_admins SET password_hash = '{hash}' WHERE password_hash IS NOT NULL"
        );
        self.app.sql().await.run(&sql).await;
    }

    /// A configuration of AI that can be saved.
    async fn ai_fields(&self) -> Vec<(String, String)> {
        let (version, base) = (self.version().await, format!("{}/v1", self.ai.url));
        let pairs = [
            ("slug", "acme"),
            ("version", &version),
            ("provider", "openai-compatible"),
            ("model", "small-1"),
            ("base_url", &base),
            ("key", "sk-of-the-matrix"),
            ("ai_enabled", "true"),
            ("ai_usage_limit", "100"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// A body that succeeds for whoever may, made anew for each actor.
    async fn fields(&mut self, site: &str, path: &str, who: &str) -> Vec<(String, String)> {
        let function = path.rsplit('/').next().unwrap();
        let pairs =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        match function {
            "sign_in" if site == "platform" => pairs(&[("login", "admin@oneo.example"), ("password", PASSWORD)]),
            "sign_in" => pairs(&[("login", &self.tenant.owner.clone()), ("password", PASSWORD)]),
            "theme_set" => pairs(&[("theme", "dark")]),
            "invite" | "reset" => pairs(&[("token", &self.token(site, function).await)]),
            "invite_accept" | "reset_accept" => {
                let purpose = function.trim_end_matches("_accept");
                pairs(&[("token", &self.token(site, purpose).await), ("password", PASSWORD), ("password_repeated", PASSWORD)])
            }
            "signup_create" => {
                self.made += 1;
                let word = format!("firm{}", self.made);
                pairs(&[
                    ("name", &word),
                    ("domain", &word),
                    ("first_name", "O"),
                    ("last_name", "P"),
                    ("email", "o@p.example"),
                    ("password", PASSWORD),
                    ("password_repeated", PASSWORD),
                ])
            }
            "enter" => pairs(&[("token", &self.way_in().await)]),
            "sign_in_code" => pairs(&[("code", &self.recovery_code(site).await)]),
            "account_set" => pairs(&[("first_name", "New"), ("last_name", "Name")]),
            "password_set" => {
                let other = "another password that nobody has";
                pairs(&[("password_old", PASSWORD), ("password", other), ("password_repeated", other)])
            }
            "mfa_begin" => pairs(&[]),
            "mfa_confirm" => pairs(&[("code", &self.totp(site, who, false).await)]),
            "mfa_codes" | "mfa_remove" => {
                self.totp(site, who, true).await;
                pairs(&[])
            }
            "prove" => pairs(&[("password", PASSWORD)]),
            "job_get" => pairs(&[("id", &self.job("done").await)]),
            "job_cancel" => pairs(&[("id", &self.job("queued").await)]),
            "job_retry" => pairs(&[("id", &self.job("failed").await)]),
            "tenant_clone" => {
                self.made += 1;
                pairs(&[("slug", "acme"), ("domain", &format!("copy{}", self.made))])
            }
            "tenant_import" => {
                self.made += 1;
                pairs(&[("name", ""), ("domain", &format!("brought{}", self.made))])
            }
            "tenant_export" => pairs(&[("slug", "acme")]),
            "tenant_purge" => {
                let back = "UPDATE platform.tenants SET status = 'archived' WHERE slug = 'life'; UPDATE platform.jobs SET status = 'done'";
                self.app.sql().await.run(back).await;
                pairs(&[("slug", "life"), ("name", "Company life"), ("at_once", "true")])
            }
            "domain_add" => {
                self.made += 1;
                pairs(&[("slug", "acme"), ("domain", &format!("crm{}.acme.example", self.made))])
            }
            "domain_change" => pairs(&[("slug", "acme"), ("id", &self.domain().await), ("act", "vouch")]),
            "domain_check" => pairs(&[("slug", "acme"), ("id", &self.domain().await)]),
            "tenant_ai" | "tenant_ai_reset" | "tenant_usage" => pairs(&[("slug", "acme")]),
            "tenant_ai_set" => self.ai_fields().await,
            "tenant_ai_test" | "tenant_ai_forget" => {
                let fields = self.ai_fields().await;
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let mut admin = self.people["platform admin"].clone();
                assert_eq!(admin.call("/api/platform/tenant_ai_set", &fields).await.status, StatusCode::OK);
                pairs(&[("slug", "acme"), ("version", &self.version().await)])
            }
            "tenant_domains" | "tenant_copies" | "tenant_get" | "tenant_quota" | "tenant_features" | "tenant_billing" | "tenant_users"
            | "tenant_audit_list" | "tenant_danger" => pairs(&[("slug", "acme")]),
            "tenant_quota_set" => {
                let version = self.version().await;
                pairs(&[("slug", "acme"), ("version", &version), ("name", "Company acme"), ("max_users", "100000")])
            }
            "tenant_features_set" => pairs(&[("slug", "acme"), ("version", &self.version().await), ("fields[ai]", "true")]),
            "tenant_billing_set" => pairs(&[("slug", "acme"), ("version", &self.version().await), ("fields[plan]", "team")]),
            "tenant_features_replace" | "tenant_billing_replace" => {
                pairs(&[("slug", "acme"), ("version", &self.version().await), ("json", "{\"x\": 1}")])
            }
            "tenant_suspend" | "tenant_resume" | "tenant_archive" | "tenant_restore" => {
                let from = match function {
                    "tenant_resume" => "suspended",
                    "tenant_restore" => "archived",
                    _ => "active",
                };
                self.app.sql().await.run(&format!("UPDATE platform.tenants SET status = '{from}' WHERE slug = 'life'")).await;
                pairs(&[("slug", "life")])
            }
            "tenant_user_mfa_reset" => {
                let id = self.target().await;
                let sql = format!(
                    "INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({id}, 'x', now())",
                    self.tenant.schema
                );
                self.app.sql().await.run(&sql).await;
                pairs(&[("slug", "acme"), ("id", &id)])
            }
            "tenant_user_link" | "tenant_user_sign_out" => pairs(&[("slug", "acme"), ("id", &self.target().await)]),
            "admin_create" => {
                self.made += 1;
                pairs(&[("first_name", "N"), ("last_name", "M"), ("email", &format!("new{}@oneo.example", self.made)), ("role", "admin")])
            }
            "admin_change" => {
                self.token("platform", "invite").await;
                let id = self.app.sql().await.text("SELECT max(id)::text FROM platform.platform_admins").await;
                pairs(&[("id", &id), ("change", "deactivate")])
            }
            "tenant_create" => {
                self.made += 1;
                let word = format!("company{}", self.made);
                pairs(&[
                    ("name", &word),
                    ("domain", &word),
                    ("owner_first_name", "O"),
                    ("owner_last_name", "P"),
                    ("owner_email", "o@p.example"),
                ])
            }
            "user_create" => {
                self.made += 1;
                let word = format!("new{}", self.made);
                pairs(&[
                    ("first_name", "N"),
                    ("last_name", "M"),
                    ("email", &format!("{word}@acme.example")),
                    ("username", &word),
                    ("user_type", "user"),
                ])
            }
            "user_update" => {
                let id = self.target().await;
                let sql = format!(
                    "SELECT (extract(epoch FROM updated_at) * 1000000)::bigint || ' ' || email FROM {}.users WHERE id = {id}",
                    self.tenant.schema
                );
                let found = self.app.sql().await.text(&sql).await;
                let (version, email) = found.split_once(' ').unwrap();
                pairs(&[
                    ("id", &id),
                    ("version", version),
                    ("first_name", "N"),
                    ("last_name", "M"),
                    ("email", email),
                    ("username", &format!("renamed{id}")),
                    ("user_type", "user"),
                ])
            }
            "user_link_create" => {
                let id = self.target().await;
                self.app.sql().await.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {id}", self.tenant.schema)).await;
                pairs(&[("id", &id)])
            }
            "user_get" | "user_activate" | "user_deactivate" => pairs(&[("id", &self.target().await)]),
            _ => Vec::new(),
        }
    }
}

/// Each thing, asked by each actor, answers exactly as the matrix says; where it refuses, nothing changed, and what
/// was refused for want of a right is noted.
#[tokio::test]
async fn r42_everybody_gets_what_the_matrix_says_on_the_platform() {
    ask_everything("platform").await;
}

/// The same for a company's own site.
#[tokio::test]
async fn r42_everybody_gets_what_the_matrix_says_of_a_company() {
    ask_everything("tenant").await;
}

async fn ask_everything(asked: &str) {
    let mut ground = Ground::new().await;
    let sql = ground.app.sql().await;
    let own_host = ground.tenant.host.clone();
    for (site, path, expected) in MATRIX.iter().filter(|(site, ..)| *site == asked) {
        let host = if *site == "platform" { "localhost" } else { &own_host };
        // The mightiest first, so that a refusal is never only a body that could not succeed.
        for (index, who) in ACTORS.iter().enumerate().rev() {
            let mut actor = ground.people[who].on(host);
            // Each from an address of its own, so that nobody uses up what another one may do.
            actor.peer = std::net::SocketAddr::from(([127, 0, 1, u8::try_from(index).unwrap()], 40_000));
            let what = format!("{site} {path} by {who}");
            if path.starts_with("/api/") {
                let fields = ground.fields(site, path, who).await;
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                if path.ends_with("/sign_in_code") {
                    actor.cookies.insert("__Host-second".to_owned(), ground.ticket(site).await);
                }
                let refused = expected[index] != 200;
                let before = if refused { sql.fingerprint().await } else { String::new() };
                let refusals = sql.text("SELECT count(*)::text FROM platform.security_events").await;
                let answer = if path.ends_with("/tenant_import") {
                    let mut answer = actor.upload(path, "/tenants/import", &fields, b"an archive").await;
                    // As a browser: a success leads to the job, a stranger to the sign-in page.
                    answer.status = match answer.location() {
                        "/login" => StatusCode::UNAUTHORIZED,
                        job if job.starts_with("/jobs/") => StatusCode::OK,
                        _ => answer.status,
                    };
                    answer
                } else {
                    actor.call(path, &fields).await
                };
                assert_eq!(answer.status.as_u16(), expected[index], "{what}: {}", answer.body);
                if refused {
                    assert_eq!(sql.fingerprint().await, before, "{what} changed something");
                }
                if expected[index] == 403 {
                    assert_ne!(sql.text("SELECT count(*)::text FROM platform.security_events").await, refusals, "{what} was not noted");
                }
                if *who != "anonymous" && ground.people[who].host == *host && answer.status == StatusCode::OK {
                    // Some of these rotate the session; the browser goes on with the new one.
                    ground.people.get_mut(who).unwrap().cookies = actor.cookies.clone();
                }
                if path.contains("password_set") || path.contains("mfa_") {
                    ground.mend().await;
                }
                if let (true, Some((_, name))) = (path.contains("tenant_create") || path.contains("signup_create"), fields.first()) {
                    // Many companies would only make every later look at the whole database slow.
                    let gone = services::tenants::tenant_delete(&ground.app.operator(), name, name, true).await;
                    assert_eq!(gone.is_ok(), !refused, "{what}");
                }
                if path.ends_with("/sign_out") || path.ends_with("/enter") || path.ends_with("/sign_in_code") || path.ends_with("/sign_in")
                {
                    // The session that was used is over; the person signs in again.
                    let login = match *who {
                        "owner" => "owner@acme.example",
                        "other owner" => "owner@beta.example",
                        "platform admin" => "admin@oneo.example",
                        "platform support" => "support@oneo.example",
                        role => role,
                    };
                    if *who != "anonymous" {
                        ground.people.get_mut(who).unwrap().sign_in(login, PASSWORD).await;
                    }
                }
            } else {
                let purpose = if path.starts_with("/reset") { "reset" } else { "invite" };
                let id = if path.starts_with("/jobs") { ground.job("done").await } else { ground.target().await };
                let token = ground.token(site, purpose).await;
                let address = path
                    .replace("{token}", &token)
                    .replace("{slug}", "acme")
                    .replace("{id}", &id)
                    .replace("/availability", "/availability?name=free-name");
                let request =
                    actor.request(Method::GET, &address).header(header::ACCEPT, "text/html").body(axum::body::Body::empty()).unwrap();
                let before = sql.fingerprint().await;
                let answer = actor.send(request).await;
                let status = match (answer.status, answer.location().starts_with("/login")) {
                    (StatusCode::FOUND, true) => 401,
                    // Somebody who is signed in needs no sign-in page.
                    (StatusCode::FOUND, false) if *path == "/login" => 200,
                    (status, _) => status.as_u16(),
                };
                assert_eq!(status, expected[index], "{what}");
                assert_eq!(sql.fingerprint().await, before, "{what}: a GET changed something");
            }
        }
    }
}
