//! The app as it is served, on a database of its own.

use crate::{Actor, ChaosProxy, Protocol, Sql, TestClock, TestDatabase, TestDns, WireTap};
use axum::Router;
use cache::Redis;
use control::{
    admins::{AdminForm, admin_create},
    tenants::{OwnerForm, TenantForm, tenant_create},
};
use db::{
    Db, DbConfig, TenantRef,
    tenant::users::{UserInsert, user_insert_many},
};
use domain::{Email, HostName, PersonName, TenantId, UserId, Username};
use kernel::{
    OsEntropy, RequestCx, Services, ServicesConfig,
    counters::Counters,
    dns::Dns,
    files::Files,
    hosts::HostTable,
    keyring::Keyring,
    mail::Mailer,
    outside::AiClient,
    passwords::{HashCost, PasswordHasher},
    totals::Totals,
    usage::Usage,
};
use oneo::{AppState, config::WebConfig};
use secrecy::{ExposeSecret, SecretString};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use url::Url;

/// The password of everybody a test creates.
pub const PASSWORD: &str = "seven purple otters juggle";

/// The app on a database of its own.
pub struct TestApp {
    /// The use cases.
    pub services: Arc<Services>,
    /// What is served.
    pub router: Router,
    /// What the HTTP layer works with.
    pub state: AppState,
    /// The time.
    pub clock: Arc<TestClock>,
    /// The database behind it.
    pub database: TestDatabase,
    /// The name server it asks.
    pub dns: TestDns,
    /// Where its files are; they go with the test.
    pub files: tempfile::TempDir,
    /// Where its e-mails go; they go with the test.
    pub mail: tempfile::TempDir,
    /// The hash of [`PASSWORD`].
    pub hash: String,
}

/// A company a test created.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant.
    pub id: TenantId,
    /// Its host.
    pub host: String,
    /// Its schema.
    pub schema: String,
    /// The owner's address; the password is [`PASSWORD`].
    pub owner: String,
    /// The way to its tables.
    pub tenant: TenantRef,
}

/// How an app for a test is built.
#[derive(Clone, Copy, Debug)]
pub struct TestOptions {
    /// Connections for requests.
    pub connections: u32,
    /// Whether companies may sign up by themselves.
    pub signup_open: bool,
    /// What a password hash costs: next to nothing, since most tests only sign in.
    pub cost: HashCost,
}

impl Default for TestOptions {
    fn default() -> Self {
        Self { connections: 4, signup_open: true, cost: HashCost { memory_kib: 64, passes: 1 } }
    }
}

/// The wires of an app to its services.
pub struct Wires {
    /// To PostgreSQL.
    pub postgres: ChaosProxy,
    /// To Redis.
    pub redis: ChaosProxy,
}

/// Wires that count.
pub struct Taps {
    /// To PostgreSQL.
    pub postgres: WireTap,
    /// To Redis.
    pub redis: WireTap,
}

/// An app that is to be built with something between it and its services.
struct Between {
    database: TestDatabase,
    /// The sockets of the services.
    postgres: PathBuf,
    redis: PathBuf,
}

impl Between {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let folder = percent_decoded(part(database.app_url().expose_secret(), "host=", '&'));
        let postgres = Path::new(&folder).join(".s.PGSQL.5432");
        let redis = PathBuf::from(part(&redis_url(), "redis+unix://", '?'));
        Self { database, postgres, redis }
    }

    async fn build(self, postgres: &Path, redis: &Path) -> TestApp {
        let near = postgres.parent().expect("a folder").display().to_string();
        let rewired = |url: SecretString| {
            let mut url = Url::parse(url.expose_secret()).expect("a URL");
            url.set_query(Some(&format!("host={near}")));
            SecretString::from(url.to_string())
        };
        let redis_url = redis_url().replace(&self.redis.display().to_string(), &redis.display().to_string());
        let urls = (rewired(self.database.app_url()), rewired(self.database.owner_url()), redis_url);
        TestApp::build(self.database, urls, TestOptions::default()).await
    }
}

fn redis_url() -> String {
    std::env::var("ONEO_TEST_REDIS_URL").expect("run the tests with `make unit`, which starts PostgreSQL and Redis")
}

fn percent_decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%2f", "/")
}

/// The value of a part of an address, such as a folder.
fn part<'a>(address: &'a str, before: &str, after: char) -> &'a str {
    address.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

impl TestApp {
    /// Starts the app with wires to its services that can be cut.
    pub async fn start_on_wires() -> (Self, Wires) {
        let between = Between::new().await;
        let wires = Wires { postgres: ChaosProxy::new(&between.postgres), redis: ChaosProxy::new(&between.redis) };
        (between.build(&wires.postgres.socket, &wires.redis.socket).await, wires)
    }

    /// Starts the app with wires to its services that count.
    pub async fn start_on_taps() -> (Self, Taps) {
        let between = Between::new().await;
        let taps =
            Taps { postgres: WireTap::new(&between.postgres, Protocol::Postgres), redis: WireTap::new(&between.redis, Protocol::Redis) };
        (between.build(&taps.postgres.socket, &taps.redis.socket).await, taps)
    }

    /// Starts the app with the usual options.
    pub async fn start() -> Self {
        Self::start_with(TestOptions::default()).await
    }

    /// Starts the app.
    pub async fn start_with(options: TestOptions) -> Self {
        let database = TestDatabase::create().await;
        let urls = (database.app_url(), database.owner_url(), redis_url());
        Self::build(database, urls, options).await
    }

    async fn build(database: TestDatabase, urls: (SecretString, SecretString, String), options: TestOptions) -> Self {
        let TestOptions { connections, signup_open, .. } = options;
        let (app_url, owner_url, redis_url) = urls;
        let config =
            DbConfig { app_url, owner_url: Some(owner_url), app_connections: connections, owner_connections: 3, log_statements: false };
        let db = Db::connect(&config).await.expect("the database is migrated");
        let redis = Redis::connect(&SecretString::from(redis_url), db.installation()).await.expect("Redis answers");
        let files = tempfile::tempdir().expect("a folder");
        let mail = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(TestClock::default());
        let entropy = Arc::new(OsEntropy);
        let localhost = HostName::parse("localhost").expect("a host");
        let public_url = Url::parse("http://localhost:8000").expect("a URL");
        let dns = TestDns::start().await;
        let services = Arc::new(Services {
            db,
            redis,
            clock: clock.clone(),
            entropy: entropy.clone(),
            keyring: Keyring::new(&[SecretString::from("a-secret-key-of-tests-which-is-long-enough")]).expect("a key"),
            passwords: PasswordHasher::with_cost(2, entropy, options.cost).expect("argon2 works"),
            config: ServicesConfig {
                public_url: public_url.clone(),
                platform_hosts: vec![localhost.clone()],
                base_domain: localhost.clone(),
                archive_grace_days: 30,
                currency: Arc::from("USD"),
                signup_open,
                debug: false,
            },
            ai: AiClient::new(true),
            dns: Dns::new(&[dns.address]).expect("a resolver"),
            mail: Mailer::files(mail.path(), "no-reply@localhost").expect("a folder"),
            files: Files::local(files.path()).expect("a folder"),
            hosts: HostTable::default(),
            totals: Totals::default(),
            usage: Usage::default(),
            field_uses: kernel::field_uses::FieldUses::default(),
            uploads: kernel::uploads::Uploads::default(),
            counters: Counters::default(),
        });
        let web = WebConfig {
            public_url,
            base_domain: localhost.clone(),
            allowed_hosts: vec![localhost],
            cors_allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            signup_open,
            ai_private_addresses: true,
            archive_grace_days: 30,
            currency: "USD".to_owned(),
            dns_resolvers: vec![dns.address],
        };
        let leptos = leptos::config::LeptosOptions::builder().output_name("oneo").site_root("target/site").build();
        let state = AppState::new(Arc::clone(&services), web, leptos);
        let hash = services.passwords.hash(&SecretString::from(PASSWORD)).await.expect("a hash");
        Self { services, router: oneo::router(state.clone()), state, clock, database, dns, files, mail, hash }
    }

    /// The e-mails that were sent and not read yet, oldest first. Waits for `count` of them, since some are written
    /// after the answer.
    pub async fn emails(&self, count: usize) -> Vec<SentEmail> {
        let folder = self.mail.path();
        for _ in 0..200 {
            kernel::mail::deliver_due(&self.services).await.expect("the outbox can be read");
            let files = std::fs::read_dir(folder).expect("a folder").filter_map(|entry| Some(entry.ok()?.path()));
            let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml")).collect();
            if files.len() >= count {
                files.sort_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).ok());
                return files.iter().map(|path| SentEmail::read(path)).collect();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        Vec::new()
    }

    /// The operator at a terminal.
    #[must_use]
    pub fn operator(&self) -> RequestCx {
        RequestCx::operator(Arc::clone(&self.services), "test")
    }

    /// A superuser's connection to the database.
    pub async fn sql(&self) -> Sql {
        self.database.sql().await
    }

    /// The form of a company that can be created.
    #[must_use]
    pub fn tenant_form(slug: &str) -> TenantForm {
        TenantForm {
            name: format!("Company {slug}"),
            domain: slug.to_owned(),
            create_schema: true,
            owner: OwnerForm {
                owner_email: format!("owner@{slug}.example"),
                owner_first_name: "Olga".to_owned(),
                owner_last_name: "Owner".to_owned(),
                password: Some(SecretString::from(PASSWORD)),
                ..OwnerForm::default()
            },
            ..TenantForm::default()
        }
    }

    /// Creates a company. Ids of different companies start millions apart, so that one company's never exist in
    /// another by chance.
    pub async fn tenant(&self, slug: &str) -> Tenant {
        let created =
            tenant_create(&self.operator(), Self::tenant_form(slug).parse(&self.services.config)).await.expect("the company is created");
        let start = created.id.0 * 1_000_000;
        self.sql().await.run(&format!("ALTER TABLE {}.users ALTER COLUMN id RESTART WITH {start}", created.schema)).await;
        Tenant {
            id: created.id,
            host: format!("{slug}.localhost"),
            owner: format!("owner@{slug}.example"),
            tenant: self.services.db.tenant_ref(created.id, &created.schema),
            schema: created.schema,
        }
    }

    /// A visitor who is not signed in, on that host.
    #[must_use]
    pub fn anonymous(&self, host: &str) -> Actor {
        Actor::new(self.router.clone(), host)
    }

    /// Creates a user of a company; the password is [`PASSWORD`].
    pub async fn user(&self, tenant: &Tenant, role: &str, name: &str) -> UserId {
        let email = Email::parse(&format!("{name}@{}.example", tenant.host.replace(".localhost", ""))).expect("an address");
        let username = Username::parse(name).expect("a user name");
        let (first, last) = (PersonName::parse(name).expect("a name"), PersonName::parse("Tester").expect("a name"));
        let insert = UserInsert {
            username: &username,
            email: &email,
            first_name: &first,
            last_name: &last,
            role,
            is_staff: false,
            password_hash: Some(&self.hash),
            metadata: serde_json::json!({}),
            now: self.services.now(),
        };
        let mut conn = self.services.db.tenant(&tenant.tenant).await.expect("a connection");
        let ids = user_insert_many(&mut conn, &[insert]).await;
        let ids = conn.finish(ids).await.expect("the user is created");
        ids.first().copied().expect("an id")
    }

    /// Creates a user of a company and signs in.
    pub async fn signed_in(&self, tenant: &Tenant, role: &str) -> Actor {
        self.user(tenant, role, role).await;
        let mut actor = self.anonymous(&tenant.host);
        actor.sign_in(role, PASSWORD).await;
        actor
    }

    /// Signs the owner of a company in.
    pub async fn owner(&self, tenant: &Tenant) -> Actor {
        let mut actor = self.anonymous(&tenant.host);
        actor.sign_in(&tenant.owner, PASSWORD).await;
        actor
    }

    /// Creates a platform admin and signs in.
    pub async fn platform_admin(&self) -> Actor {
        self.platform_person("admin").await
    }

    /// Creates a platform admin, as `admin` or `support`, and signs in.
    pub async fn platform_person(&self, role: &str) -> Actor {
        let email = format!("{role}@oneo.example");
        let form = AdminForm {
            email: email.clone(),
            first_name: "Ada".to_owned(),
            last_name: "Admin".to_owned(),
            role: role.to_owned(),
            password: Some(SecretString::from(PASSWORD)),
        };
        admin_create(&self.operator(), form.parse(), &SecretString::from("")).await.expect("the admin is created");
        let mut actor = self.anonymous("localhost");
        actor.sign_in(&email, PASSWORD).await;
        actor
    }
}

/// An e-mail that was sent.
#[derive(Clone, Debug)]
pub struct SentEmail {
    /// Whom it is for.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

impl SentEmail {
    /// Reads an e-mail and takes it out of the folder.
    #[must_use]
    pub fn read(path: &std::path::Path) -> Self {
        let bytes = std::fs::read(path).expect("an e-mail");
        std::fs::remove_file(path).expect("an e-mail");
        let parsed = mail_parser::MessageParser::default().parse(&bytes).expect("an e-mail that can be read");
        let to = parsed.to().and_then(|to| to.first()).and_then(|address| address.address()).unwrap_or_default().to_owned();
        let text = parsed.body_text(0).unwrap_or_default().into_owned();
        Self { to, subject: parsed.subject().unwrap_or_default().to_owned(), text }
    }

    /// The path of the link it brings, on the host it names.
    #[must_use]
    pub fn link(&self) -> String {
        let url = self.text.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default();
        url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default()
    }
}
