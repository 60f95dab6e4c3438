//! Whoever signs in: a user of a company or an admin of the platform. Signing in is the same for both.

use crate::{RequestCx, Result, Site, audit::Actor, tokens::LinkPurpose};
use chrono::{DateTime, Utc};
use db::{
    AuditEntry, PlatformConn, TenantConn,
    platform::admins::{self, AdminRecord},
    tenant::{
        tokens,
        users::{self, UserRecord},
    },
};
use domain::{AdminId, UserId};

/// What signing in needs to know of somebody.
#[derive(Clone)]
pub(crate) struct Account {
    pub id: i64,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub password_hash: Option<String>,
    pub is_active: bool,
    pub session_epoch: i32,
    /// Whether this may change anything; support of the platform only looks.
    pub may_change: bool,
}

impl Account {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

impl From<UserRecord> for Account {
    fn from(record: UserRecord) -> Self {
        let UserRecord { id, email, first_name, last_name, password_hash, is_active, session_epoch, .. } = record;
        Self { id, email, first_name, last_name, password_hash, is_active, session_epoch, may_change: true }
    }
}

impl From<AdminRecord> for Account {
    fn from(record: AdminRecord) -> Self {
        let AdminRecord { id, email, first_name, last_name, password_hash, is_active, session_epoch, role, .. } = record;
        Self { id, email, first_name, last_name, password_hash, is_active, session_epoch, may_change: role == "admin" }
    }
}

/// A transaction on the accounts of one site.
pub(crate) enum AccountConn {
    Platform(PlatformConn),
    Tenant(TenantConn),
}

impl AccountConn {
    pub async fn open(cx: &RequestCx) -> Result<Self> {
        Ok(match &cx.site {
            Site::Platform => Self::Platform(cx.services.db.platform().await?),
            Site::Tenant(site) => Self::Tenant(cx.services.db.tenant(&site.tenant).await?),
        })
    }

    pub async fn finish<T>(self, result: Result<T>) -> Result<T> {
        match self {
            Self::Platform(conn) => conn.finish(result).await,
            Self::Tenant(conn) => conn.finish(result).await,
        }
    }

    pub async fn get(&mut self, id: i64) -> Result<Option<Account>> {
        Ok(match self {
            Self::Platform(conn) => admins::admin_get(conn, AdminId(id)).await?.map(Account::from),
            Self::Tenant(conn) => users::user_get(conn, UserId(id)).await?.map(Account::from),
        })
    }

    pub async fn find(&mut self, login: &str) -> Result<Option<Account>> {
        Ok(match self {
            Self::Platform(conn) => admins::admin_find(conn, login).await?.map(Account::from),
            Self::Tenant(conn) => users::user_find(conn, login).await?.map(Account::from),
        })
    }

    pub async fn find_by_token(&mut self, purpose: LinkPurpose, hash: &[u8], now: DateTime<Utc>) -> Result<Option<Account>> {
        let purpose = purpose.as_str();
        Ok(match self {
            Self::Platform(conn) => admins::admin_token_find(conn, purpose, hash, now).await?.map(Account::from),
            Self::Tenant(conn) => tokens::token_find(conn, purpose, hash, now).await?.map(Account::from),
        })
    }

    pub async fn use_token(&mut self, hash: &[u8], now: DateTime<Utc>) -> Result<bool> {
        Ok(match self {
            Self::Platform(conn) => admins::admin_token_use(conn, hash, now).await?,
            Self::Tenant(conn) => tokens::token_use(conn, hash, now).await?,
        })
    }

    pub async fn set_password(&mut self, id: i64, hash: &str, now: DateTime<Utc>) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_set_password(conn, AdminId(id), hash, now).await?,
            Self::Tenant(conn) => users::user_set_password(conn, UserId(id), hash, now).await?,
        }
        Ok(())
    }

    pub async fn rehash(&mut self, id: i64, hash: &str) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_rehash(conn, AdminId(id), hash).await?,
            Self::Tenant(conn) => users::user_rehash(conn, UserId(id), hash).await?,
        }
        Ok(())
    }

    pub async fn set_last_login(&mut self, id: i64, now: DateTime<Utc>) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_set_last_login(conn, AdminId(id), now).await?,
            Self::Tenant(conn) => users::user_set_last_login(conn, UserId(id), now).await?,
        }
        Ok(())
    }

    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<()> {
        match self {
            Self::Platform(conn) => db::audit_append_platform(conn, None, entry).await?,
            Self::Tenant(conn) => db::audit_append_tenant(conn, entry).await?,
        }
        Ok(())
    }

    pub fn actor(&self, account: &Account) -> Actor {
        match self {
            Self::Platform(_) => Actor::admin(AdminId(account.id), &account.email),
            Self::Tenant(_) => Actor::user(UserId(account.id), &account.email),
        }
    }
}
