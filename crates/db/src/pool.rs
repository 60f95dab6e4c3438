//! The two pools: `oneo_app` for requests, `oneo_owner` for provisioning and migrations.

use crate::{
    DbError, DbResult,
    conn::{PlatformConn, TenantConn, TenantRef},
    outbound::Wake,
};
use diesel::{ConnectionError, result::ConnectionResult};
use diesel_async::{
    AsyncConnection, AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, bb8::Pool},
};
use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use tokio_postgres::config::Host;

/// How long a request waits for a connection before it is answered with 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// Each backend keeps about 0.45 MB for every tenant it has touched, so none lives long.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long the first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A dead peer is noticed within this time.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// The oldest server that is known to work.
const SERVER_VERSION_MIN: i32 = 150_000;

/// Where the databases are and how many connections may be opened.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// Signs in as `oneo_app`.
    pub app_url: SecretString,
    /// Signs in as `oneo_owner`; without it nothing can be provisioned or migrated.
    pub owner_url: Option<SecretString>,
    /// Connections for requests.
    pub app_connections: u32,
    /// Connections for provisioning and migrations.
    pub owner_connections: u32,
    /// Whether each statement is logged, without its values.
    pub log_statements: bool,
}

/// The database, shared by the whole process.
#[derive(Clone)]
pub struct Db {
    app: Pool<AsyncPgConnection>,
    owner: Option<Pool<AsyncPgConnection>>,
    installation: Arc<str>,
    wake: Wake,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("installation", &self.installation).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the pools of a migrated database and reads which installation this is.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it does not answer or is older than PostgreSQL 15, [`DbError::Broken`] when the
    /// platform's migrations have not run.
    pub async fn connect(config: &DbConfig) -> DbResult<Self> {
        let app = pool(&config.app_url, config.app_connections, config.log_statements)?;
        // The pool would only say that it took too long.
        let setup = ConnectionSetup::parse(config.app_url.expose_secret(), false).map_err(DbError::Unavailable)?;
        let tried = tokio::time::timeout(CONNECT_TIMEOUT, setup.connect()).await;
        tried
            .map_err(|_| DbError::Unavailable("it does not answer".to_owned()))?
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        let owner = match &config.owner_url {
            Some(url) => Some(pool(url, config.owner_connections, config.log_statements)?),
            None => None,
        };
        let mut db = Self { app, owner, installation: Arc::from(""), wake: Wake::default() };
        let mut conn = db.platform().await?;
        let found = crate::platform::installation::installation_get(&mut conn).await;
        let (id, version, superuser) = conn.finish(found).await?;
        if version < SERVER_VERSION_MIN {
            return Err(DbError::Unavailable(format!("PostgreSQL 15 or newer is needed, this is {version}")));
        }
        if superuser {
            return Err(DbError::Unavailable("DATABASE_URL must not be a superuser's: nothing would keep companies apart".to_owned()));
        }
        db.installation = Arc::from(id);
        Ok(db)
    }

    /// Opens only the owner's pool, for the first migration of a database.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the address cannot be read.
    pub(crate) fn owner_only(url: &SecretString, log_statements: bool) -> DbResult<Pool<AsyncPgConnection>> {
        pool(url, 2, log_statements)
    }

    /// The eight characters that mark this installation's roles and keys.
    #[must_use]
    pub fn installation(&self) -> &str {
        &self.installation
    }

    /// What is needed to reach one tenant's tables.
    #[must_use]
    pub fn tenant_ref(&self, id: domain::TenantId, schema: &str) -> TenantRef {
        TenantRef::new(&self.installation, id, schema)
    }

    /// Opens a transaction in one tenant's schema, as that tenant's role.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection is free within a second.
    pub async fn tenant(&self, tenant: &TenantRef) -> DbResult<TenantConn> {
        TenantConn::open(&self.app, tenant, &self.wake).await
    }

    /// The same, with what is read first in the same round trip.
    ///
    /// # Errors
    /// As [`tenant`](Self::tenant) for opening it; what reading gave stands beside the transaction.
    pub async fn tenant_with<T>(
        &self,
        tenant: &TenantRef,
        read: impl for<'a> Fn(&'a TenantConn) -> BoxFuture<'a, DbResult<T>> + Send,
    ) -> DbResult<(TenantConn, DbResult<T>)> {
        TenantConn::open_with(&self.app, tenant, &self.wake, read).await
    }

    /// Opens a transaction on the platform's tables, as `oneo_app`.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection is free within a second.
    pub async fn platform(&self) -> DbResult<PlatformConn> {
        PlatformConn::open(&self.app, &self.installation, &self.wake).await
    }

    /// Opens a transaction as `oneo_owner`, which may create and alter schemas.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection is free within a second or no owner was configured.
    pub async fn owner(&self) -> DbResult<PlatformConn> {
        PlatformConn::open(self.owner_pool()?, &self.installation, &self.wake).await
    }

    /// What wakes the workers of this process.
    #[must_use]
    pub const fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Whether schemas can be created and compared here.
    #[must_use]
    pub const fn has_owner(&self) -> bool {
        self.owner.is_some()
    }

    pub(crate) fn owner_pool(&self) -> DbResult<&Pool<AsyncPgConnection>> {
        self.owner.as_ref().ok_or_else(|| DbError::Unavailable("DATABASE_OWNER_URL is not set".to_owned()))
    }
}

fn pool(url: &SecretString, connections: u32, log_statements: bool) -> DbResult<Pool<AsyncPgConnection>> {
    let setup = Arc::new(ConnectionSetup::parse(url.expose_secret(), log_statements).map_err(DbError::Unavailable)?);
    let mut config = ManagerConfig::default();
    // A dead connection is found by the first statement of its next transaction, which then takes another one.
    config.recycling_method = RecyclingMethod::Fast;
    // Connections are opened on this runtime: their drivers keep normal priority even when a low-priority request opens one.
    let home = tokio::runtime::Handle::current();
    config.custom_setup = Box::new(move |_| {
        let (setup, home) = (Arc::clone(&setup), home.clone());
        async move {
            let connected = home.spawn(async move { setup.connect().await });
            connected.await.unwrap_or_else(|ended| Err(ConnectionError::BadConnection(ended.to_string())))
        }
        .boxed()
    });
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config("", config);
    Ok(Pool::builder()
        .max_size(connections)
        .connection_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(Some(CONNECTION_LIFETIME))
        .idle_timeout(Some(Duration::from_secs(60)))
        .build_unchecked(manager))
}

struct ConnectionSetup {
    config: tokio_postgres::Config,
    tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
    log_statements: bool,
}

impl ConnectionSetup {
    /// Reads an address. `sslmode` is `verify-full` for every host that is neither a socket nor loopback; for those
    /// `disable` is taken too, and is what an address without a mode means.
    fn parse(address: &str, log_statements: bool) -> Result<Self, String> {
        let mut url = url::Url::parse(address).map_err(|error| format!("not a database URL: {error}"))?;
        let mut mode = None;
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter_map(|(name, value)| {
                if name == "sslmode" {
                    mode = Some(value.into_owned());
                    return None;
                }
                Some((name.into_owned(), value.into_owned()))
            })
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        let mut config: tokio_postgres::Config = url.as_str().parse().map_err(|error| format!("not a database URL: {error}"))?;
        config
            .application_name("oneo")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .keepalives_idle(TCP_USER_TIMEOUT);
        let local = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
            Host::Unix(_) => true,
        });
        let verify = match mode.as_deref() {
            Some("disable") if local => false,
            Some("disable") => return Err("sslmode=disable is for this machine alone".to_owned()),
            Some("verify-full") => true,
            None => !local,
            Some(other) => return Err(format!("sslmode={other} is not supported, use verify-full or disable")),
        };
        let tls = if verify { Some(tls_connector()?) } else { None };
        config.ssl_mode(if verify { tokio_postgres::config::SslMode::Require } else { tokio_postgres::config::SslMode::Disable });
        Ok(Self { config, tls, log_statements })
    }

    async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |error: tokio_postgres::Error| {
            // The bare Display of tokio-postgres hides the cause.
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            ConnectionError::BadConnection(format!("{error}: {cause}"))
        };
        let mut conn = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?
            }
            None => {
                let (client, connection) = self.config.connect(tokio_postgres::NoTls).await.map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await?
            }
        };
        if self.log_statements {
            conn.set_instrumentation(log_statement);
        }
        Ok(conn)
    }
}

fn tls_connector() -> Result<tokio_postgres_rustls::MakeRustlsConnect, String> {
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(crate::tls::client_config()?))
}

/// Logs the text of a statement; its values may be secrets and are cut off.
fn log_statement(event: diesel::connection::InstrumentationEvent<'_>) {
    if let diesel::connection::InstrumentationEvent::StartQuery { query, .. } = event {
        let text = query.to_string();
        let text = text.split(" -- binds:").next().unwrap_or_default();
        tracing::debug!(target: "oneo::sql", "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verified_tls_leaves_the_machine() {
        let tls = |url: &str| ConnectionSetup::parse(url, false).map(|setup| setup.tls.is_some());
        assert_eq!(tls("postgresql://u:p@127.0.0.1:5432/d"), Ok(false));
        assert_eq!(tls("postgresql://u@localhost/d?host=/tmp/x"), Ok(false));
        assert_eq!(tls("postgresql://u@localhost/d?sslmode=disable"), Ok(false));
        assert!(tls("postgresql://u@db.example/d?sslmode=require").is_err());
        assert!(tls("postgresql://u@db.example/d?sslmode=disable").is_err());
        assert!(tls("postgresql://u@10.0.0.7,localhost/d?sslmode=disable").is_err());
        assert!(tls("postgresql://u@db.example/d?sslmode=prefer").is_err());
        // With no certificate authority on the machine the answer is an error, never plain text.
        assert_ne!(tls("postgresql://u@db.example/d"), Ok(false));
    }
}
