//! What the requirements are tried on: the built program with two companies, every text of which is a canary.

use kernel::passwords::HashCost;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use test_support::{Browser, PASSWORD, Process, Sql, Tenant, TestApp, TestOptions};

/// The program: the one that was built with the tests, or the one that is named, such as that of a release.
pub fn program() -> String {
    std::env::var("ONEO_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_oneo").to_owned())
}

/// The program as it is run, and a way behind it to make and to look.
pub struct Harness {
    /// Makes companies and people, and knows the database. It is not what is asked.
    pub app: TestApp,
    /// What is asked.
    pub process: Process,
    /// Looks at the database as a superuser.
    pub sql: Sql,
}

impl Harness {
    /// Starts the program.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts the program with more in its environment.
    pub async fn start_with(more: &[(&str, &str)]) -> Self {
        // As dear as those of the program, which would replace others when somebody signs in.
        let app = TestApp::start_with(TestOptions { cost: HashCost::STANDARD, ..TestOptions::default() }).await;
        let process = Process::start(&app, &program(), more).await;
        let sql = app.sql().await;
        Self { app, process, sql }
    }

    /// A company whose every text is `CANARY_<short name>_<field>`: no answer to another company holds one.
    pub async fn tenant(&self, slug: &str) -> Tenant {
        let tenant = self.app.tenant(slug).await;
        let schema = &tenant.schema;
        self.sql
            .run(&format!(
                "UPDATE platform.tenants SET name = 'CANARY_{slug}_name', name_key = lower('CANARY_{slug}_name') WHERE slug = '{slug}'; \
                 UPDATE {schema}.users SET first_name = 'CANARY_{slug}_first', last_name = 'CANARY_{slug}_last', name_key = lower('CANARY_{slug}_first CANARY_{slug}_last'), metadata = '{{\"note\": \"CANARY_{slug}_metadata\"}}'; \
                 INSERT INTO {schema}.tenant_settings (setting_key, setting_value) VALUES \
                    ('sign_in.message', '\"CANARY_{slug}_message\"'), ('own.key', '\"CANARY_{slug}_setting\"'); \
                 INSERT INTO {schema}.roles (key, name, name_key, description) VALUES ('canary', 'CANARY_{slug}_role', 'CANARY_{slug}_look', 'CANARY_{slug}_description')"
            ))
            .await;
        tenant
    }

    /// A browser on a host, without cookies.
    pub fn browser(&self, host: &str) -> Browser {
        self.process.browser(host)
    }

    /// The owner of a company, signed in.
    pub async fn owner(&self, tenant: &Tenant) -> Browser {
        self.signed_in(tenant, &tenant.owner).await
    }

    /// Somebody of a company with a new account of that role and name, signed in; the password is [`PASSWORD`].
    pub async fn person(&self, tenant: &Tenant, role: &str, name: &str) -> Browser {
        self.app.user(tenant, role, name).await;
        self.signed_in(tenant, name).await
    }

    /// Somebody who is there already, signed in.
    pub async fn signed_in(&self, tenant: &Tenant, login: &str) -> Browser {
        let mut browser = self.browser(&tenant.host);
        browser.sign_in(login).await;
        browser
    }

    /// An admin of the platform, made and signed in: `admin@oneo.example`.
    pub async fn admin(&self) -> Browser {
        let _made = self.app.platform_admin().await;
        let mut browser = self.browser("localhost");
        browser.sign_in("admin@oneo.example").await;
        browser
    }

    /// What the database holds besides its logs and what a running server counts and measures by itself: a line for each table.
    pub async fn fingerprint(&self) -> String {
        self.sql.fingerprint().await
    }

    /// How many refusals were noted.
    pub async fn refusals(&self) -> u64 {
        self.sql.text("SELECT count(*)::text FROM platform.security_events").await.parse().unwrap()
    }

    /// A connection to the Redis of all tests; the keys of this installation begin with [`Harness::prefix`].
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(std::env::var("ONEO_TEST_REDIS_URL").unwrap()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// What every key of this installation begins with.
    pub fn prefix(&self) -> String {
        format!("oneo:{}:", self.app.services.db.installation())
    }

    /// The names of all keys of this installation.
    pub async fn keys(&self) -> Vec<String> {
        let mut redis = self.redis().await;
        redis::cmd("KEYS").arg(format!("{}*", self.prefix())).query_async(&mut redis).await.unwrap()
    }

    /// Makes every open session older by so many seconds, its reauthentication too.
    pub async fn age(&self, seconds: i64) {
        let mut redis = self.redis().await;
        for key in self.keys().await.into_iter().filter(|key| key.contains("}:session:")) {
            let text: String = redis::cmd("GET").arg(&key).query_async(&mut redis).await.unwrap();
            let mut stored: serde_json::Value = serde_json::from_str(&text).unwrap();
            for name in ["reauthenticated_at", "began_at"] {
                let at = stored["data"]["auth"][name].as_i64().unwrap();
                stored["data"]["auth"][name] = (at - seconds).into();
            }
            let _set: () = redis::cmd("SET").arg(&key).arg(stored.to_string()).arg("KEEPTTL").query_async(&mut redis).await.unwrap();
        }
    }

    /// Forgets what tries were counted, for tests of something else.
    pub async fn forget_tries(&self) {
        let mut redis = self.redis().await;
        for key in self.keys().await.into_iter().filter(|key| key.contains("}:throttle:") || key.contains("}:window:")) {
            let _gone: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
        }
    }
}

/// The password of everybody here.
pub const WORD: &str = PASSWORD;

/// A text as it stands in an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Fields as a browser sends them.
pub fn form(fields: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(fields).unwrap()
}

/// What the database keeps of a one-time link or a recovery code, as PostgreSQL writes bytes.
pub fn hash_of(token: &str) -> String {
    hex::encode(kernel::tokens::token_hash(token))
}
