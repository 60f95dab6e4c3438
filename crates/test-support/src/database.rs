//! A database for each test, copied from a template that the first one makes.

use kernel::{OsEntropy, entropy::bytes};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, NoTls};
use url::Url;

const TEMPLATE: &str = "oneo_template";
/// Of `oneo_owner` and `oneo_app` on the throwaway cluster.
const PASSWORD: &str = "a-password-of-throwaway-services";
/// Taken while a database is made: PostgreSQL copies a template only while nobody uses it.
const LOCK: &str = "SELECT pg_advisory_lock(724002)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(724002)";

/// Held by a test for its database, and free once the test has ended, however it did.
const HELD: i32 = 724_003;

/// A migrated database without tenants, which no other test knows of. The next test that begins drops it, and its roles with it.
///
/// Not the test itself: PostgreSQL drops a database once every backend has heard of it, a backend whose client has not
/// answered the password exchange yet hears nothing for a minute (`authentication_timeout`), and such a client would be waiting
/// for the thread that waits for the drop.
pub struct TestDatabase {
    name: String,
    superuser: Url,
    /// Has the lock.
    _held: Sql,
}

/// Drops the databases of tests that have ended.
async fn sweep(superuser: &Url, main: &Sql) {
    let ended = format!(
        "SELECT datname FROM (SELECT datname FROM pg_database WHERE datname LIKE 'oneo\\_test\\_%' ORDER BY datname) d \
         WHERE pg_try_advisory_lock({HELD}, hashtext(datname))"
    );
    for name in main.texts(&ended).await {
        drop_database(superuser, main, &name).await;
        main.run(&format!("SELECT pg_advisory_unlock({HELD}, hashtext('{name}'))")).await;
    }
}

/// Drops a database and the roles of its installation, which belong to the whole cluster.
async fn drop_database(superuser: &Url, main: &Sql, name: &str) {
    let mut inside = superuser.clone();
    inside.set_path(name);
    let roles = match Sql::connect(inside.as_str()).await {
        Ok(sql) => {
            let roles =
                "SELECT quote_ident(rolname) FROM pg_roles, oneo_roles.installation i WHERE rolname LIKE 'oneo\\_' || i.id || '\\_t%'";
            sql.texts(roles).await
        }
        Err(_) => Vec::new(),
    };
    let roles = if roles.is_empty() { String::new() } else { format!("DROP ROLE IF EXISTS {}", roles.join(", ")) };
    // Each by itself: a database cannot be dropped in a transaction.
    for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), roles] {
        let _left = main.0.batch_execute(&statement).await;
    }
}

/// A connection as a superuser, for looking behind the scenes.
pub struct Sql(Client);

impl TestDatabase {
    /// Makes one. `make test` and `make unit` start the services it needs.
    pub async fn create() -> Self {
        let address = std::env::var("ONEO_TEST_DATABASE_URL").expect("run the tests with `make unit`, which starts PostgreSQL and Redis");
        let superuser = Url::parse(&address).expect("ONEO_TEST_DATABASE_URL is a URL");
        let name = format!("oneo_test_{}", hex::encode(bytes::<6>(&OsEntropy)));
        let main = Sql::to(&superuser, "postgres").await;
        sweep(&superuser, &main).await;
        main.run(&format!("SELECT pg_advisory_lock({HELD}, hashtext('{name}'))")).await;
        main.run(LOCK).await;
        if main.text("SELECT count(*)::text FROM pg_database WHERE datname = 'oneo_template'").await == "0" {
            make_template(&superuser, &main).await;
        }
        main.run(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
        main.run(UNLOCK).await;
        let database = Self { name, superuser, _held: main };
        let inside = database.sql().await;
        // What a copy does not take along: rights on the database itself. And it is an installation of its own.
        inside
            .run(&format!(
                "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO oneo_app, oneo_owner; \
                 GRANT CREATE ON DATABASE {name} TO oneo_owner; \
                 UPDATE oneo_roles.installation SET id = substr(md5(random()::text || clock_timestamp()::text), 1, 8)",
                name = database.name
            ))
            .await;
        database
    }

    /// Runs the once-per-database work again.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub async fn bootstrap(&self) -> Result<(), tokio_postgres::Error> {
        let mut url = self.superuser.clone();
        url.set_path(&self.name);
        db::bootstrap(&SecretString::from(url.to_string()), Some(&SecretString::from(PASSWORD))).await
    }

    /// A superuser's connection to this database.
    pub async fn sql(&self) -> Sql {
        Sql::to(&self.superuser, &self.name).await
    }

    fn address(&self, user: &str) -> SecretString {
        let mut url = self.superuser.clone();
        url.set_username(user).expect("a user fits");
        url.set_password(Some(PASSWORD)).expect("a password fits");
        url.set_path(&self.name);
        SecretString::from(url.to_string())
    }

    /// Everything in this database as text, as `pg_dump` writes it.
    pub async fn dump(&self) -> String {
        let mut url = self.superuser.clone();
        url.set_path(&self.name);
        let program = ["/usr/lib/postgresql/15/bin/pg_dump", "pg_dump"];
        let program = program.into_iter().find(|path| !path.contains('/') || std::path::Path::new(path).exists()).unwrap_or("pg_dump");
        let dumped = tokio::process::Command::new(program).arg("--dbname").arg(url.as_str()).output().await.expect("pg_dump runs");
        assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
        String::from_utf8_lossy(&dumped.stdout).into_owned()
    }

    /// The address as `oneo_app`.
    #[must_use]
    pub fn app_url(&self) -> SecretString {
        self.address("oneo_app")
    }

    /// The address as `oneo_owner`.
    #[must_use]
    pub fn owner_url(&self) -> SecretString {
        self.address("oneo_owner")
    }

    /// A connection as `oneo_app`, for what a mistake in the code could do.
    pub async fn as_app(&self) -> Sql {
        Sql::connect(self.app_url().expose_secret()).await.expect("PostgreSQL answers")
    }
}

/// Makes what the databases of all tests are copied from.
async fn make_template(superuser: &Url, main: &Sql) {
    // What a run that failed before left would hide why it did.
    main.run(&format!("DROP DATABASE IF EXISTS {TEMPLATE}_new")).await;
    main.run(&format!("CREATE DATABASE {TEMPLATE}_new")).await;
    let address = |user: &str, password: &str| {
        let mut url = superuser.clone();
        url.set_username(user).expect("a user fits");
        url.set_password(Some(password)).expect("a password fits");
        url.set_path(&format!("{TEMPLATE}_new"));
        SecretString::from(url.to_string())
    };
    let as_superuser = address(superuser.username(), superuser.password().unwrap_or_default());
    db::bootstrap(&as_superuser, Some(&SecretString::from(PASSWORD))).await.expect("the bootstrap runs");
    db::migrate::platform_migrate(&address("oneo_owner", PASSWORD), false).await.expect("the platform migrates");
    let ends = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}_new'");
    main.run(&ends).await;
    // Ended sessions are gone a moment later.
    let open = format!("SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{TEMPLATE}_new'");
    while main.text(&open).await != "0" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    main.run(&format!("ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")).await;
}

impl Sql {
    async fn connect(url: &str) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(Self(client))
    }

    async fn to(server: &Url, database: &str) -> Self {
        let mut url = server.clone();
        url.set_path(database);
        Self::connect(url.as_str()).await.expect("PostgreSQL answers")
    }

    /// Runs statements that must succeed.
    pub async fn run(&self, sql: &str) {
        if let Err(error) = self.0.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    /// Runs statements that must fail, and gives the SQLSTATE.
    pub async fn refused(&self, sql: &str) -> String {
        match self.0.batch_execute(sql).await {
            Ok(()) => panic!("{sql} was not refused"),
            Err(error) => error.code().map(|code| code.code().to_owned()).unwrap_or_default(),
        }
    }

    /// The one text a query gives; empty for NULL.
    pub async fn text(&self, sql: &str) -> String {
        match self.0.query_one(sql, &[]).await {
            Ok(row) => row.get::<_, Option<String>>(0).unwrap_or_default(),
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    /// The texts a query gives.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        match self.0.query(sql, &[]).await {
            Ok(rows) => rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect(),
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    /// A hash of every row of every table but logs, so that two moments can be compared.
    pub async fn fingerprint(&self) -> String {
        self.fingerprint_but("").await
    }

    /// Like [`fingerprint`](Self::fingerprint), without one table more.
    pub async fn fingerprint_but(&self, table: &str) -> String {
        let tables = format!(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
             AND tablename NOT IN ('audit_log', 'audit_head', 'security_events', 'login_events', 'job_log', '{table}') \
             AND tablename !~ '^usage_' AND (schemaname, tablename) <> ('platform', 'settings') ORDER BY 1"
        );
        let hash = |table: &String| {
            format!("SELECT '{table} ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash FROM {table} t")
        };
        let all: Vec<String> = self.texts(&tables).await.iter().map(hash).collect();
        self.text(&format!("SELECT string_agg(hash, E'\\n' ORDER BY hash) FROM ({}) AS hashes", all.join(" UNION ALL "))).await
    }
}
