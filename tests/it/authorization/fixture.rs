//! What the authorization matrix is tried on: people, and bodies that succeed for whoever may.

use axum::http::StatusCode;
use control::tenants::TenantForm;
use std::collections::BTreeMap;
use test_support::{Actor, PASSWORD, Tenant, TestAi, TestApp};

/// Two companies, somebody of each role, and what there is to be done with.
pub(super) struct Fixture {
    pub app: TestApp,
    pub tenant: Tenant,
    pub people: BTreeMap<&'static str, Actor>,
    ai: TestAi,
    made: u32,
}

impl Fixture {
    pub async fn new() -> Self {
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
        let logo = people.get_mut("owner").unwrap().upload("/api/tenant/logo_set", "/settings", &[], &crate::settings::png()).await;
        assert_eq!(logo.location(), "/settings");
        Self { app, tenant, people, ai: TestAi::start().await, made: 0 }
    }

    /// A person of the company to do something with.
    pub async fn target(&mut self) -> String {
        self.made += 1;
        self.app.user(&self.tenant, "user", &format!("target{}", self.made)).await.to_string()
    }

    /// A person of the company with a picture.
    pub async fn pictured(&mut self) -> String {
        let id = self.target().await;
        let sql = format!("UPDATE {}.users SET photo = '\\x00', photo_hash = 'x' WHERE id = {id}", self.tenant.schema);
        self.app.sql().await.run(&sql).await;
        id
    }

    /// A one-time link that is open.
    pub async fn token(&mut self, site: &str, purpose: &str) -> String {
        let target = self.target().await;
        let token = kernel::tokens::token_new(&*self.app.services.entropy);
        let hash = hex::encode(kernel::tokens::token_hash(&token));
        let sql = if site == "platform" {
            format!(
                "INSERT INTO platform.platform_admins (email, email_key, first_name, last_name) VALUES ('invited{target}@oneo.example', 'invited{target}@oneo.example', 'I', 'J'); \
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
    pub async fn job(&self, status: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        self.app.services.files.keep("t1/exports/export.tar", file.path()).await.unwrap();
        let sql = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, result, total) \
             VALUES ('tenant_export', '{status}', 1, '{{\"file\": \"t1/exports/export.tar\"}}', 1) RETURNING id::text"
        );
        self.app.sql().await.text(&sql).await
    }

    /// A list that was uploaded to be imported.
    pub async fn draft(&mut self) -> String {
        let mut owner = self.people["owner"].clone();
        let file = b"email,first_name,last_name\nx@acme.example,X,Y\n";
        let answer = owner.upload("/api/tenant/user_import_upload", "/users/import", &[], file).await;
        answer.location().rsplit('/').next().unwrap().to_owned()
    }

    /// A job of the company that stands there.
    pub async fn company_job(&mut self, who: &str, kind: &str, status: &str) -> String {
        // What was asked for before takes no room.
        self.app.sql().await.run("UPDATE platform.jobs SET status = 'done' WHERE kind LIKE 'users%'").await;
        let draft = self.draft().await;
        let sql = self.app.sql().await;
        let (tenant, schema) = (self.tenant.id, &self.tenant.schema);
        let insert = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) VALUES ('{}', '{status}', {tenant}, '{{\"user\": USER}}', 1) RETURNING id::text",
            // Anyone who does not manage users sees their own acts alone.
            if matches!(who, "manager" | "salesperson") {
                kind.replace("users_bulk", "records_bulk")
            } else {
                kind.replace("look", "import")
            }
        );
        let by = match who {
            "admin" | "manager" | "salesperson" => format!("username = '{who}'"),
            _ => "user_type = 'owner'".to_owned(),
        };
        let insert = insert.replace("USER", &sql.text(&format!("SELECT min(id)::text FROM {schema}.users WHERE {by}")).await);
        let id = sql.text(&insert).await;
        // A look where it is to be run, and what was run where it is to be taken back.
        let dry = kind == "users_look";
        sql.run(&format!(
            "INSERT INTO {schema}.job_checkpoints (job_id, position) SELECT {id}, position || '{{\"dry\": {dry}}}' FROM {schema}.job_checkpoints WHERE job_id = {draft}; \
             INSERT INTO {schema}.job_rows (job_id, line, outcome) VALUES ({id}, 2, 'created')"
        ))
        .await;
        id
    }

    /// The version of the company's settings.
    async fn version(&self) -> String {
        let sql = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'acme'";
        self.app.sql().await.text(sql).await
    }

    /// The version of a row of the company.
    async fn version_of(&self, table: &str, which: &str) -> String {
        let sql =
            format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.{table} WHERE {which}", self.tenant.schema);
        self.app.sql().await.text(&sql).await
    }

    /// A role of the company's own.
    pub async fn role(&mut self) -> String {
        self.made += 1;
        let key = format!("role{}", self.made);
        let sql = format!("INSERT INTO {}.roles (key, name, name_key) VALUES ('{key}', '{key}', '{key}')", self.tenant.schema);
        self.app.sql().await.run(&sql).await;
        key
    }

    /// A way into the company for its owner.
    pub async fn way_in(&self) -> String {
        let services = &self.app.services;
        let site = domain::SiteKey::Tenant(self.tenant.id);
        let token = kernel::tokens::token_new(&*services.entropy);
        let name = hex::encode(kernel::tokens::token_hash(&token));
        let user = self.app.sql().await.text(&format!("SELECT min(id)::text FROM {}.users", self.tenant.schema)).await;
        let sealed = services.keyring.seal(&*services.entropy, &format!("enter {site}"), &format!("{{\"user\":{user}}}")).unwrap();
        services.redis.one_time_put(site, cache::OneTime::Enter, &name, &sealed).await.unwrap();
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
            let place = kernel::keyring::SecretPlace { site: key, kind: "totp", row: id.parse().unwrap() };
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

    /// A view that whoever asks has saved.
    async fn view(&mut self, site: &str, who: &str) -> String {
        let (_, _, _, id) = self.factor_owner(site, who).await;
        if id.is_empty() {
            return "0".to_owned();
        }
        self.made += 1;
        let table = if site == "platform" { "platform.list_views".to_owned() } else { format!("{}.list_views", self.tenant.schema) };
        let (name, sql) = (format!("view {}", self.made), self.app.sql().await);
        let list = if site == "platform" { "tenants" } else { "users" };
        sql.text(&format!(
            "INSERT INTO {table} (owner_id, list, name, name_key) VALUES ({id}, '{list}', '{name}', '{name}') RETURNING id::text"
        ))
        .await
    }

    /// A custom field of users. The one before it goes: there may not be many.
    async fn user_field(&mut self) -> String {
        self.made += 1;
        let (key, schema) = (format!("field_{}", self.made), &self.tenant.schema);
        let sql = format!(
            "DELETE FROM {schema}.user_fields; INSERT INTO {schema}.user_fields (key, label, label_key, kind, position) \
             VALUES ('first', 'First', 'first', 'text', 0), ('{key}', '{key}', '{key}', 'text', 1)"
        );
        self.app.sql().await.run(&sql).await;
        key
    }

    /// A contact that belongs to whoever asks, in the trash or not.
    pub async fn record(&mut self, who: &str, in_trash: bool) -> String {
        let (.., owner) = self.factor_owner("tenant", who).await;
        let (owner, schema) = (if owner.is_empty() { "NULL".to_owned() } else { owner }, &self.tenant.schema);
        let deleted = if in_trash { "now()" } else { "NULL" };
        let sql = format!(
            "INSERT INTO {schema}.records (pipeline_id, owner_id, title, data, deleted_at) \
             SELECT id, {owner}, 'Ada', '{{\"last_name\": \"Ada\"}}', {deleted} FROM {schema}.pipelines WHERE key = 'contacts' RETURNING id::text"
        );
        self.app.sql().await.text(&sql).await
    }

    /// Creates a contact and a deal that the caller owns.
    async fn contact_and_deal(&mut self, who: &str) -> (String, String) {
        let (contact, deal) = (self.record(who, false).await, self.record(who, false).await);
        let sql = format!(
            "UPDATE {0}.records SET pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = 'deals') WHERE id = {deal}",
            self.tenant.schema
        );
        self.app.sql().await.run(&sql).await;
        (contact, deal)
    }

    /// A file of contacts that the person took in.
    pub async fn record_draft(&mut self, who: &str) -> String {
        let mut owner = self.people["owner"].clone();
        let (path, file) = ("/api/tenant/record_import_upload?pipeline=contacts", b"Last name\nLovelace\n");
        let answer = owner.upload(path, "/p/contacts/import", &[], file).await;
        let draft = answer.location().rsplit('/').next().unwrap().to_owned();
        let (.., user) = self.factor_owner("tenant", who).await;
        let (user, schema) = (if user.is_empty() { "0".to_owned() } else { user }, &self.tenant.schema);
        let sql = format!("UPDATE {schema}.job_checkpoints SET position = position || '{{\"user\": {user}}}' WHERE job_id = {draft}");
        self.app.sql().await.run(&sql).await;
        draft
    }

    /// An import of contacts that the person asked for, or the check of one. Gives the job.
    async fn record_import(&mut self, who: &str, is_dry: bool) -> String {
        let draft = self.record_draft(who).await;
        let record = self.record(who, false).await;
        let (.., user) = self.factor_owner("tenant", who).await;
        let (user, tenant, schema) = (if user.is_empty() { "0".to_owned() } else { user }, self.tenant.id, &self.tenant.schema);
        let sql = self.app.sql().await;
        sql.run("UPDATE platform.jobs SET status = 'done' WHERE kind LIKE 'records%'").await;
        let insert = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) VALUES ('records_import', 'done', {tenant}, jsonb_build_object('user', {user}), 1) RETURNING id::text"
        );
        let id = sql.text(&insert).await;
        sql.run(&format!(
            "INSERT INTO {schema}.job_checkpoints (job_id, position, updated_at) \
                SELECT {id}, position || '{{\"dry\": {is_dry}}}', now() FROM {schema}.job_checkpoints WHERE job_id = {draft}; \
             INSERT INTO {schema}.job_rows (job_id, line, outcome, detail) VALUES ({id}, 2, 'created', '{{\"record\": {record}, \"version\": 1}}')"
        ))
        .await;
        id
    }

    /// An act for many records that the person asked for, with one record in the trash. Gives the job.
    async fn record_job(&mut self, who: &str) -> String {
        let record = self.record(who, true).await;
        let (.., user) = self.factor_owner("tenant", who).await;
        let (user, tenant, schema) = (if user.is_empty() { "0".to_owned() } else { user }, self.tenant.id, &self.tenant.schema);
        let sql = self.app.sql().await;
        let insert = format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) VALUES ('records_bulk', 'done', {tenant}, jsonb_build_object('user', {user}), 1) RETURNING id::text"
        );
        let id = sql.text(&insert).await;
        sql.run(&format!(
            "INSERT INTO {schema}.job_checkpoints (job_id, position, updated_at) VALUES ({id}, '{{\"pipeline\": \"contacts\", \"act\": \"delete\", \"about\": \"\"}}', now()); \
             INSERT INTO {schema}.job_rows (job_id, line, outcome, detail) VALUES ({id}, {record}, 'done', \
                 '{{\"before\": {{\"version\": 1, \"act\": \"delete\", \"owner\": null, \"stage\": null, \"value\": null}}}}')"
        ))
        .await;
        id
    }

    /// A pipeline with two fields and two stages. Gives its key and the version of its definition.
    async fn pipeline(&mut self, deleted: bool) -> (String, String) {
        self.made += 1;
        let (key, schema) = (format!("pipeline_{}", self.made), &self.tenant.schema);
        let at = if deleted { "now()" } else { "NULL" };
        let sql = format!(
            "WITH p AS (INSERT INTO {schema}.pipelines (key, name, name_one, settings, deleted_at) VALUES ('{key}', '{key}', 'One', '{{\"title\": [\"name\"]}}', {at}) RETURNING id), \
             b AS (INSERT INTO {schema}.boards (pipeline_id, name) SELECT id, 'Board' FROM p RETURNING id), \
             s AS (INSERT INTO {schema}.stages (board_id, key, name, kind, position) SELECT b.id, v.key, v.key, 'open', v.n FROM b, (VALUES ('one', 1), ('two', 2)) v (key, n)) \
             INSERT INTO {schema}.fields (pipeline_id, key, slot, kind, label, position) SELECT p.id, v.key, v.key, 'text', v.key, v.n FROM p, (VALUES ('name', 1), ('size', 2)) v (key, n)"
        );
        self.app.sql().await.run(&sql).await;
        (key, "1".to_owned())
    }

    /// A team.
    pub async fn team(&mut self) -> String {
        self.made += 1;
        let sql = format!("INSERT INTO {}.teams (name) VALUES ('Team {}') RETURNING id::text", self.tenant.schema, self.made);
        self.app.sql().await.text(&sql).await
    }

    /// A recovery code of somebody who gave the right password.
    async fn recovery_code(&mut self, site: &str) -> String {
        let (_, codes, owner, id) = self.factor_owner(site, if site == "platform" { "platform admin" } else { "owner" }).await;
        self.made += 1;
        // Longer than a code of the second factor, which would be taken for one.
        let code = format!("RECOVERY{}", self.made);
        let hash = hex::encode(kernel::tokens::token_hash(&code));
        self.app.sql().await.run(&format!("INSERT INTO {codes} ({owner}, code_hash) VALUES ({id}, '\\x{hash}')")).await;
        code
    }

    /// What the browser of somebody between the two steps of signing in holds.
    pub async fn ticket(&self, site: &str) -> String {
        let key = if site == "platform" { domain::SiteKey::Platform } else { domain::SiteKey::Tenant(self.tenant.id) };
        let (_, _, _, id) = self.factor_owner(site, if site == "platform" { "platform admin" } else { "owner" }).await;
        let people = if site == "platform" { "platform.platform_admins".to_owned() } else { format!("{}.users", self.tenant.schema) };
        let epoch = self.app.sql().await.text(&format!("SELECT session_epoch::text FROM {people} WHERE id = {id}")).await;
        let until = self.app.services.now().timestamp() + 60;
        let text = format!("{{\"subject\":{id},\"epoch\":{epoch},\"until\":{until}}}");
        self.app.services.keyring.seal(&*self.app.services.entropy, &format!("second step {key}"), &text).unwrap()
    }

    /// Undoes what would keep people from signing in as before.
    pub async fn mend(&self) {
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
    pub async fn fields(&mut self, site: &str, path: &str, who: &str) -> Vec<(String, String)> {
        let function = path.rsplit('/').next().unwrap();
        let list = if site == "platform" { "tenants" } else { "users" };
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
            "enter" | "entrance" => pairs(&[("token", &self.way_in().await)]),
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
            "reauthenticate" => pairs(&[("password", PASSWORD)]),
            "job_get" if site == "tenant" => pairs(&[("id", &self.company_job(who, "users_bulk", "done").await)]),
            "job_cancel" if site == "tenant" => pairs(&[("id", &self.company_job(who, "users_bulk", "queued").await)]),
            "job_retry" if site == "tenant" => pairs(&[("id", &self.company_job(who, "users_bulk", "failed").await)]),
            "user_import_undo" => pairs(&[("id", &self.company_job(who, "users_import", "done").await)]),
            "user_import_get" => pairs(&[("id", &self.draft().await)]),
            "user_import_read" => pairs(&[("id", &self.draft().await), ("encoding", "UTF-8"), ("delimiter", ","), ("has_header", "true")]),
            "user_import_run" => pairs(&[("id", &self.company_job(who, "users_look", "done").await)]),
            "user_import_check" => pairs(&[
                ("id", &{
                    self.company_job(who, "users_look", "done").await;
                    self.draft().await
                }),
                ("columns[email]", "0"),
                ("columns[first_name]", "1"),
                ("columns[last_name]", "2"),
                ("mode", "create"),
                ("match_by", "email"),
                ("user_type", "user"),
            ]),
            "user_bulk_ask" => pairs(&[("act", "activate"), ("query[0][0]", "who"), ("query[0][1]", "all")]),
            "user_bulk" => {
                let query = format!("who=ticked&id={}", self.target().await);
                pairs(&[("act", "deactivate"), ("query", &query), ("expected", "1")])
            }
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
            "tenant_sign_out" => pairs(&[("slug", "life")]),
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
            // A company's own people reach nothing inside.
            "ai_set" => {
                let mut fields = self.ai_fields().await;
                fields.retain(|(name, _)| name != "base_url");
                fields.push(("base_url".to_owned(), "https://ai.example/v1".to_owned()));
                fields
            }
            "tenant_ai_test" | "tenant_ai_forget" | "ai_test" | "ai_forget" => {
                let fields = self.ai_fields().await;
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let mut admin = self.people["platform admin"].clone();
                assert_eq!(admin.call("/api/platform/tenant_ai_set", &fields).await.status, StatusCode::OK);
                pairs(&[("slug", "acme"), ("version", &self.version().await)])
            }
            "tenant_domains" | "tenant_copies" | "tenant_get" | "tenant_general" | "tenant_quota" | "tenant_features"
            | "tenant_billing" | "tenant_users" | "tenant_audit_list" | "tenant_danger" => pairs(&[("slug", "acme")]),
            "tenant_quota_set" => pairs(&[("slug", "acme"), ("version", &self.version().await), ("max_users", "100000")]),
            "tenant_general_set" => pairs(&[("slug", "acme"), ("version", &self.version().await), ("name", "Company acme")]),
            "tenant_favourite_set" => pairs(&[("slug", "acme"), ("is_favourite", "true")]),
            "list_layout_set" => pairs(&[("list", list), ("shown[email]", "true"), ("position[email]", "1")]),
            "list_view_save" => {
                self.made += 1;
                pairs(&[("list", list), ("query", "q=x"), ("name", &format!("View {}", self.made))])
            }
            "list_view_open_set" => pairs(&[("list", list), ("id", "")]),
            "list_view_delete" => pairs(&[("list", list), ("id", &self.view(site, who).await)]),
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
            "forgot_send" => pairs(&[("login", "nobody@acme.example")]),
            "invite_ask" => pairs(&[("token", "nothing")]),
            "user_link_revoke" => {
                self.token(site, "invite").await;
                let id = self.app.sql().await.text(&format!("SELECT max(id)::text FROM {}.users", self.tenant.schema)).await;
                pairs(&[("id", &id)])
            }
            "user_mail_send" | "user_sign_out" | "user_password_expire" => pairs(&[("id", &self.target().await)]),
            "tenant_user_mfa_reset" | "user_mfa_reset" => {
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
            "tenant_provision" => {
                self.made += 1;
                let word = format!("company{}", self.made);
                let form = TenantForm { name: word.clone(), domain: word.clone(), ..TenantForm::default() };
                control::tenants::tenant_create(&self.app.operator(), form.parse(&self.app.services.config)).await.unwrap();
                pairs(&[("slug", &word), ("owner_first_name", "O"), ("owner_last_name", "P"), ("owner_email", "o@p.example")])
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
                let email = self.app.sql().await.text(&format!("SELECT email FROM {}.users WHERE id = {id}", self.tenant.schema)).await;
                let version = self.version_of("users", &format!("id = {id}")).await;
                pairs(&[
                    ("id", &id),
                    ("version", &version),
                    ("first_name", "N"),
                    ("last_name", "M"),
                    ("email", &email),
                    ("username", &format!("renamed{id}")),
                    ("user_type", "user"),
                ])
            }
            "user_set_access" => {
                let id = self.target().await;
                pairs(&[("id", &id), ("version", &self.version_of("users", &format!("id = {id}")).await), ("further[salesperson]", "true")])
            }
            "setting_list" => pairs(&[("group", "security")]),
            "setting_history" => pairs(&[("key", "branding.name")]),
            "setting_set" => {
                self.made += 1;
                pairs(&[("group", "company"), ("values[branding.name]", &format!("Brand {}", self.made))])
            }
            "setting_reset" => pairs(&[("key", "sign_in.message")]),
            "setting_free_set" => {
                self.made += 1;
                pairs(&[("setting_key", &format!("key{}", self.made)), ("setting_value", "1")])
            }
            "setting_free_delete" => {
                let sql = format!(
                    "INSERT INTO {}.tenant_settings (setting_key, setting_value) VALUES ('gone', '1') ON CONFLICT DO NOTHING",
                    self.tenant.schema
                );
                self.app.sql().await.run(&sql).await;
                pairs(&[("key", "gone")])
            }
            "user_field_create" => {
                self.made += 1;
                pairs(&[("label", &format!("Field {}", self.made)), ("kind", "text")])
            }
            "user_field_update" => {
                let key = self.user_field().await;
                let version = self.version_of("user_fields", &format!("key = '{key}'")).await;
                pairs(&[("key", &key), ("version", &version), ("label", &format!("Changed {key}"))])
            }
            "user_field_move" => pairs(&[("key", &self.user_field().await), ("to", "up")]),
            "user_field_delete" => pairs(&[("key", &self.user_field().await)]),
            "role_get" => pairs(&[("key", &self.role().await)]),
            "role_create" => {
                self.made += 1;
                pairs(&[("name", &format!("Role {}", self.made)), ("permissions[records.view]", "own")])
            }
            "role_update" => {
                let key = self.role().await;
                let version = self.version_of("roles", &format!("key = '{key}'")).await;
                pairs(&[("key", &key), ("version", &version), ("name", &key), ("permissions[records.view]", "all")])
            }
            "pipeline_get" => pairs(&[("pipeline", "deals")]),
            "pipeline_create" => {
                self.made += 1;
                let name = format!("Pipeline {}", self.made);
                pairs(&[("name", &name), ("name_one", &name)])
            }
            "pipeline_update" => {
                let (key, version) = self.pipeline(false).await;
                let fields = [
                    ("pipeline", key.as_str()),
                    ("version", &version),
                    ("name", &format!("New {key}")),
                    ("name_one", "One"),
                    ("title[0]", "name"),
                ];
                pairs(&fields)
            }
            "pipeline_move" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("to", "up")]),
            "pipeline_delete" => pairs(&[("pipeline", &self.pipeline(false).await.0)]),
            "pipeline_restore" => pairs(&[("pipeline", &self.pipeline(true).await.0)]),
            "field_create" => {
                self.made += 1;
                pairs(&[("pipeline", "contacts"), ("label", &format!("Field {}", self.made)), ("kind", "text")])
            }
            "field_update" => {
                let (pipeline, version) = self.pipeline(false).await;
                pairs(&[("pipeline", &pipeline), ("field", "size"), ("version", &version), ("label", "Weight")])
            }
            "field_type_get" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("field", "size")]),
            "field_type_change" => {
                let (pipeline, version) = self.pipeline(false).await;
                pairs(&[("pipeline", &pipeline), ("field", "size"), ("version", &version), ("kind", "number")])
            }
            "field_type_undo" => {
                let (pipeline, _) = self.pipeline(false).await;
                let change = r#"{"other": {"slot": "size~2", "kind": "number"}, "state": "converting", "at": "2026-01-01T00:00:00Z",
                    "format": {"zone": "UTC", "thousands": ",", "half_day": false, "date": "Long"}, "locale": "en-GB", "currency": "EUR", "job": 1}"#;
                self.app.sql().await.run(&format!("UPDATE {0}.fields SET change = '{change}' WHERE key = 'size' AND pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = '{pipeline}')", self.tenant.schema)).await;
                pairs(&[("pipeline", &pipeline), ("field", "size")])
            }
            "field_move" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("field", "size"), ("to", "up")]),
            "field_delete" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("field", "size")]),
            "field_restore" => {
                let (pipeline, _) = self.pipeline(false).await;
                self.app.sql().await.run(&format!("UPDATE {0}.fields SET deleted_at = now() WHERE key = 'size' AND pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = '{pipeline}')", self.tenant.schema)).await;
                pairs(&[("pipeline", &pipeline), ("field", "size")])
            }
            "stage_create" => {
                self.made += 1;
                pairs(&[("pipeline", &self.pipeline(false).await.0), ("name", &format!("Stage {}", self.made)), ("kind", "open")])
            }
            "stage_update" => {
                let (pipeline, version) = self.pipeline(false).await;
                pairs(&[("pipeline", &pipeline), ("stage", "one"), ("version", &version), ("name", "First"), ("kind", "open")])
            }
            "stage_move" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("stage", "one"), ("to", "down")]),
            "stage_archive" => pairs(&[("pipeline", &self.pipeline(false).await.0), ("stage", "one")]),
            "stage_restore" => {
                let (pipeline, _) = self.pipeline(false).await;
                self.app.sql().await.run(&format!("UPDATE {0}.stages SET archived_at = now() WHERE key = 'one' AND board_id IN (SELECT b.id FROM {0}.boards b JOIN {0}.pipelines p ON p.id = b.pipeline_id WHERE p.key = '{pipeline}')", self.tenant.schema)).await;
                pairs(&[("pipeline", &pipeline), ("stage", "one")])
            }
            "role_see" => pairs(&[("key", "user")]),
            "role_fields_get" => pairs(&[("key", "salesperson"), ("pipeline", "deals")]),
            "role_fields_set" => {
                let key = self.role().await;
                let version = self.version_of("roles", &format!("key = '{key}'")).await;
                pairs(&[("key", &key), ("pipeline", "deals"), ("version", &version), ("access[amount]", "read")])
            }
            "team_create" => {
                self.made += 1;
                pairs(&[("name", &format!("Team {}", self.made))])
            }
            "team_get" | "team_delete" => pairs(&[("id", &self.team().await)]),
            "team_update" => {
                let id = self.team().await;
                pairs(&[("id", &id), ("name", &format!("Renamed {id}"))])
            }
            "team_member_add" => pairs(&[("id", &self.team().await), ("member", &self.tenant.owner.clone())]),
            "team_member_remove" => {
                let (id, user) = (self.team().await, self.target().await);
                self.app.sql().await.run(&format!("INSERT INTO {}.team_members VALUES ({id}, {user})", self.tenant.schema)).await;
                pairs(&[("id", &id), ("user", &user)])
            }
            "task_set_done" => {
                let id = self.record(who, false).await;
                let sql = format!(
                    "UPDATE {0}.records SET pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = 'activities') WHERE id = {id}",
                    self.tenant.schema
                );
                self.app.sql().await.run(&sql).await;
                pairs(&[("pipeline", "activities"), ("id", &id), ("done", "yes")])
            }
            "note_create" => pairs(&[("pipeline", "contacts"), ("id", &self.record(who, false).await), ("body", "Called")]),
            "note_update" | "note_delete" | "note_restore" => {
                let id = self.record(who, false).await;
                let (.., author) = self.factor_owner("tenant", who).await;
                let author = if author.is_empty() { "NULL".to_owned() } else { author };
                let deleted = if function == "note_restore" { "now()" } else { "NULL" };
                let sql = format!(
                    "INSERT INTO {}.notes (record_id, author_id, body, deleted_at) VALUES ({id}, {author}, 'Called', {deleted}) RETURNING id::text",
                    self.tenant.schema
                );
                let note = self.app.sql().await.text(&sql).await;
                pairs(&[("pipeline", "contacts"), ("id", &id), ("note", &note), ("version", "1"), ("body", "Met")])
            }
            "record_link_list" => pairs(&[("pipeline", "contacts"), ("id", &self.record(who, false).await), ("field", "deals")]),
            "record_link" => {
                let (contact, deal) = self.contact_and_deal(who).await;
                pairs(&[("pipeline", "contacts"), ("id", &contact), ("field", "deals"), ("other", &deal)])
            }
            "record_unlink" => {
                let (contact, deal) = self.contact_and_deal(who).await;
                let sql = format!(
                    "INSERT INTO {0}.links (from_id, relation_id, to_id, from_one, to_one) \
                     SELECT {deal}, f.relation_id, {contact}, true, false FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id \
                     WHERE p.key = 'contacts' AND f.key = 'deals'",
                    self.tenant.schema
                );
                self.app.sql().await.run(&sql).await;
                pairs(&[("pipeline", "contacts"), ("id", &contact), ("field", "deals"), ("other", &deal)])
            }
            "relation_create" => {
                self.made += 1;
                let (label, inverse) = (format!("Relation {}", self.made), format!("Inverse {}", self.made));
                let fields = [
                    ("pipeline", "contacts"),
                    ("label", &*label),
                    ("other", "deals"),
                    ("inverse_label", &*inverse),
                    ("has", "several"),
                    ("inverse_has", "several"),
                ];
                pairs(&fields)
            }
            "record_share_list" => pairs(&[("pipeline", "contacts"), ("id", &self.record(who, false).await)]),
            "record_share" => {
                let target = self.target().await;
                let sql = format!("SELECT email FROM {}.users WHERE id = {target}", self.tenant.schema);
                let email = self.app.sql().await.text(&sql).await;
                pairs(&[("pipeline", "contacts"), ("id", &self.record(who, false).await), ("with", &email)])
            }
            "record_unshare" => {
                let (id, user) = (self.record(who, false).await, self.target().await);
                let sql = format!(
                    "INSERT INTO {}.record_shares (record_id, user_id, can_edit) VALUES ({id}, {user}, false) RETURNING id::text",
                    self.tenant.schema
                );
                pairs(&[("pipeline", "contacts"), ("id", &id), ("share", &self.app.sql().await.text(&sql).await)])
            }
            "role_reach_get" => pairs(&[("key", "salesperson")]),
            "role_reach_set" => {
                let key = self.role().await;
                let version = self.version_of("roles", &format!("key = '{key}'")).await;
                pairs(&[("key", &key), ("version", &version), ("view[deals]", "own")])
            }
            "user_set_manager" => pairs(&[("id", &self.target().await), ("manager", &self.tenant.owner.clone())]),
            "role_delete" => pairs(&[("key", &self.role().await), ("fallback", "user")]),
            "record_move" => {
                let (_, id) = self.contact_and_deal(who).await;
                pairs(&[("pipeline", "deals"), ("id", &id), ("stage", "won")])
            }
            "record_bulk_ask" => pairs(&[("pipeline", "contacts"), ("act", "delete"), ("query[0][0]", "who"), ("query[0][1]", "all")]),
            "record_bulk" => {
                let query = format!("who=ticked&id={}", self.record(who, false).await);
                pairs(&[("pipeline", "contacts"), ("act", "delete"), ("query", &query), ("expected", "1")])
            }
            "record_bulk_undo" => pairs(&[("id", &self.record_job(who).await)]),
            "record_import_run" => pairs(&[("id", &self.record_import(who, true).await)]),
            "record_import_undo" => pairs(&[("id", &self.record_import(who, false).await)]),
            "record_import_get" => pairs(&[("pipeline", "contacts"), ("id", &self.record_draft(who).await)]),
            "record_import_read" => pairs(&[
                ("pipeline", "contacts"),
                ("id", &self.record_draft(who).await),
                ("encoding", "UTF-8"),
                ("delimiter", ","),
                ("has_header", "true"),
            ]),
            "record_import_check" => pairs(&[
                ("pipeline", "contacts"),
                ("id", &self.record_draft(who).await),
                ("columns[field.last_name]", "0"),
                ("mode", "create"),
                ("decimals", "point"),
                ("days", "year_first"),
            ]),
            "record_list" | "record_new" | "record_trash" | "record_board" | "record_import_new" => pairs(&[("pipeline", "contacts")]),
            "record_get" | "record_edit" | "record_delete" | "record_hops" => {
                pairs(&[("pipeline", "contacts"), ("id", &self.record(who, false).await)])
            }
            "record_restore" => pairs(&[("pipeline", "contacts"), ("id", &self.record(who, true).await)]),
            "record_create" => pairs(&[("pipeline", "contacts"), ("fields[last_name]", "Lovelace")]),
            "record_update" => pairs(&[
                ("pipeline", "contacts"),
                ("id", &self.record(who, false).await),
                ("version", "1"),
                ("fields[last_name]", "Lovelace"),
            ]),
            "user_link_create" => {
                let id = self.target().await;
                self.app.sql().await.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {id}", self.tenant.schema)).await;
                pairs(&[("id", &id)])
            }
            "session_end_matching" => pairs(&[("q", "nobody is called this"), ("expected", "0")]),
            "session_end" => {
                let id = self.target().await;
                let mut target = self.app.anonymous(&self.tenant.host);
                target.sign_in(&format!("target{}", self.made), PASSWORD).await;
                let sessions = self.app.services.sessions(domain::SiteKey::Tenant(self.tenant.id), cache::session::SessionLimits::TENANT);
                let open = sessions.list_of(id.parse().unwrap(), 0).await.unwrap();
                pairs(&[("user", &id), ("id", &open[0].name)])
            }
            "user_unlock" => {
                let id = self.target().await;
                let name = self.app.services.keyring.account_name("login-account", &id);
                let (site, now) = (domain::SiteKey::Tenant(self.tenant.id), self.app.services.now().timestamp_millis());
                for _ in 0..7 {
                    self.app.services.redis.account_try(site, &name, now, cache::AccountThrottle::SIGN_IN).await.unwrap();
                }
                pairs(&[("id", &id)])
            }
            "user_restore" => {
                let id = self.target().await;
                let sql = format!(
                    "UPDATE {}.users SET is_active = false, deleted_at = now() WHERE id = {id}; UPDATE {}.quota SET active_users = active_users - 1",
                    self.tenant.schema, self.tenant.schema
                );
                self.app.sql().await.run(&sql).await;
                pairs(&[("id", &id)])
            }
            "user_access" | "user_audit" | "user_sessions" | "user_sign_ins" | "user_get" | "user_activate" | "user_deactivate"
            | "user_delete" => pairs(&[("id", &self.target().await)]),
            _ => Vec::new(),
        }
    }
}
