//! An account: a user of a tenant or an admin of the platform. Signing in and one's own account are the same for both.

use cache::session::SessionAuth;
use chrono::{DateTime, Utc};
use db::{
    AuditEntry, MailEntry, PlatformConn, TenantConn,
    factor::FactorConn,
    platform::admins::{self, AdminRecord},
    tenant::{
        roles,
        tokens::{self, TokenInsert, TokenRecord},
        users::{self, UserRecord},
    },
};
use domain::{
    AdminId, AdminRole, AppError, Login, Operation, PersonName, UserId,
    access::Access,
    dto::{LinkStatus, Viewer, account::AccountLook, photo_path},
};
use kernel::{
    RequestCx, Result, Site,
    actor::Actor,
    cx::{Caller, seen_as},
    tokens::{LinkPurpose, link_status},
};

/// What signing in needs to know of a user.
#[derive(Clone)]
pub(crate) struct Account {
    pub id: i64,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub has_password: bool,
    pub is_active: bool,
    pub session_epoch: i32,
    /// The primary role, as stored.
    pub role: String,
    pub last_login: Option<DateTime<Utc>>,
    /// Whether nothing but a new password is taken from this person.
    pub must_change_password: bool,
    /// How pages look to a user of a company.
    pub look: Option<AccountLook>,
}

impl Account {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

impl From<UserRecord> for Account {
    fn from(record: UserRecord) -> Self {
        let photo = photo_path(UserId(record.id), record.photo_hash.as_deref());
        Self {
            id: record.id,
            email: record.email,
            first_name: record.first_name,
            last_name: record.last_name,
            has_password: record.has_password,
            is_active: record.is_active,
            session_epoch: record.session_epoch,
            role: record.user_type,
            last_login: record.last_login,
            must_change_password: record.must_change_password,
            look: Some(AccountLook { locale: record.locale, theme: record.theme, photo }),
        }
    }
}

impl From<AdminRecord> for Account {
    fn from(record: AdminRecord) -> Self {
        let AdminRecord { id, email, first_name, last_name, has_password, is_active, session_epoch, role, last_login } = record;
        Self {
            id,
            email,
            first_name,
            last_name,
            has_password,
            is_active,
            session_epoch,
            role,
            last_login,
            must_change_password: false,
            look: None,
        }
    }
}

/// The account of a session that is still good.
pub(crate) fn signed_in(account: Option<Account>, auth: &SessionAuth) -> Result<Account> {
    let good = |account: &Account| account.is_active && account.session_epoch == auth.epoch;
    account.filter(good).ok_or_else(|| AppError::Unauthenticated.into())
}

/// A transaction on the accounts of one site.
pub(crate) enum AccountConn {
    Platform(PlatformConn),
    Tenant(TenantConn),
}

impl AccountConn {
    /// Opens the transaction in which an operation of one's own account changes it.
    ///
    /// # Errors
    /// [`AppError::ReauthRequired`] where the operation takes a reauthentication that is not there.
    pub async fn begin(cx: &RequestCx, operation: &Operation) -> Result<Self> {
        cx.require_fresh(operation)?;
        Self::open(cx).await
    }

    /// Opens a transaction on the accounts of the site.
    pub async fn open(cx: &RequestCx) -> Result<Self> {
        Ok(match &cx.site {
            Site::Platform => Self::Platform(cx.services.db.platform().await?),
            Site::Tenant(site) => Self::Tenant(cx.services.db.tenant(&site.tenant).await?),
        })
    }

    /// Opens a transaction and reads the signed-in user, unless a new password is asked for first.
    pub async fn open_settled(cx: &RequestCx) -> Result<(Self, Account)> {
        let (conn, account) = Self::open_own(cx).await?;
        if account.must_change_password {
            return conn.finish(Err(AppError::PasswordRequired.into())).await;
        }
        Ok((conn, account))
    }

    /// Opens a transaction and reads the signed-in user, whatever is asked for first.
    pub async fn open_own(cx: &RequestCx) -> Result<(Self, Account)> {
        let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
        let mut conn = Self::open(cx).await?;
        let found = conn.get(auth.subject).await;
        match found.and_then(|account| signed_in(account, auth)) {
            Ok(account) => Ok((conn, account)),
            Err(error) => conn.finish(Err(error)).await,
        }
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

    /// The account that signs in with that, and the hash of the password.
    pub async fn find(&mut self, login: &Login) -> Result<Option<(Account, Option<String>)>> {
        Ok(match self {
            Self::Platform(conn) => admins::admin_find(conn, login).await?.map(|(record, hash)| (record.into(), hash)),
            Self::Tenant(conn) => users::user_find(conn, login).await?.map(|(record, hash)| (record.into(), hash)),
        })
    }

    /// The hash of a user's password, once one was set.
    pub async fn password_hash(&mut self, id: i64) -> Result<Option<String>> {
        Ok(match self {
            Self::Platform(conn) => admins::admin_password_hash(conn, AdminId(id)).await?,
            Self::Tenant(conn) => users::user_password_hash(conn, UserId(id)).await?,
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

    /// Ends all open one-time links of a user.
    pub async fn tokens_end(&mut self, id: i64, now: DateTime<Utc>) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_token_delete_open(conn, AdminId(id)).await?,
            Self::Tenant(conn) => {
                tokens::token_end_open(conn, UserId(id), "revoked", now).await?;
            }
        }
        Ok(())
    }

    /// Makes a one-time link that an e-mail brings; older open ones end. Gives its row on a company's site.
    pub async fn token_insert(&mut self, id: i64, purpose: LinkPurpose, hash: &[u8], now: DateTime<Utc>) -> Result<Option<i64>> {
        let (expires_at, purpose) = (now + purpose.open(), purpose.as_str());
        Ok(match self {
            Self::Platform(conn) => {
                admins::admin_token_insert(conn, AdminId(id), purpose, hash, now, expires_at).await?;
                None
            }
            Self::Tenant(conn) => {
                let insert =
                    TokenInsert { user: UserId(id), purpose, hash, now, expires_at, by_mail: true, made_by: None, keeps_handed: true };
                Some(tokens::token_insert(conn, &insert).await?)
            }
        })
    }

    /// The newest link of a user of a tenant.
    pub async fn token_newest(&mut self, id: i64) -> Result<Option<TokenRecord>> {
        Ok(match self {
            Self::Platform(_) => None,
            Self::Tenant(conn) => tokens::token_newest(conn, UserId(id)).await?,
        })
    }

    /// Whose link this is, and what became of it. Of the platform's own links only the open ones are known.
    pub async fn token_status(&mut self, purpose: LinkPurpose, hash: &[u8], now: DateTime<Utc>) -> Result<Option<(i64, LinkStatus)>> {
        Ok(match self {
            Self::Platform(conn) => {
                admins::admin_token_find(conn, purpose.as_str(), hash, now).await?.map(|admin| (admin.id, LinkStatus::Open))
            }
            Self::Tenant(conn) => {
                let found = tokens::token_by_hash(conn, purpose.as_str(), hash, now).await?;
                found.map(|token| (token.user_id, link_status(&token, now)))
            }
        })
    }

    /// Locks a user until the transaction ends: anyone who changes a person and what belongs to one does this first.
    pub async fn lock(&mut self, id: i64) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_lock(conn, AdminId(id)).await?,
            Self::Tenant(conn) => users::user_lock(conn, UserId(id)).await?.map(|_| ()).ok_or(AppError::NotFound)?,
        }
        Ok(())
    }

    pub async fn rehash(&mut self, account: &Account, old: &str, hash: &str) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_rehash(conn, AdminId(account.id), old, hash).await?,
            Self::Tenant(conn) => users::user_rehash(conn, UserId(account.id), old, hash).await?,
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

    pub async fn set_name(&mut self, id: i64, first: &PersonName, last: &PersonName, now: DateTime<Utc>) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_set_name(conn, AdminId(id), first, last, now).await?,
            Self::Tenant(conn) => users::user_set_name(conn, UserId(id), first, last, now).await?,
        }
        Ok(())
    }

    /// Asks for a new password before anything else, unless another one was set meanwhile; of admins of the platform nobody
    /// asks that. Gives whether it did.
    pub async fn must_change_password(&mut self, account: &Account, hash: &str) -> Result<bool> {
        match self {
            Self::Platform(_) => Ok(false),
            Self::Tenant(conn) => Ok(users::user_must_change_password(conn, UserId(account.id), Some(hash)).await?),
        }
    }

    /// Notes who that is, for the frame around the page.
    pub async fn caller_note(&mut self, cx: &RequestCx, account: &Account) -> Result<()> {
        let (access, seeing_as) = match self {
            Self::Platform(_) => (Access::default(), None),
            Self::Tenant(conn) => {
                let own = users::user_access_by_id(conn, UserId(account.id)).await?;
                seen_as(cx, conn, own).await?
            }
        };
        let look = account.look.clone();
        let photo = look.as_ref().and_then(|look| look.photo.clone());
        let viewer = Viewer { name: account.full_name(), email: account.email.clone(), photo };
        let admin_role = if let Self::Platform(_) = self { AdminRole::parse(&account.role) } else { None };
        cx.caller_set(Caller {
            id: account.id,
            first_name: account.first_name.clone(),
            viewer,
            permissions: access.effective(),
            pipelines: cx.pipelines_seen(&access),
            admin_role,
            seeing_as,
            factor_by: None,
            look,
        });
        Ok(())
    }

    /// Ends all sessions of a user.
    pub async fn epoch_next(&mut self, id: i64) -> Result<()> {
        match self {
            Self::Platform(conn) => admins::admin_epoch_next(conn, AdminId(id)).await?,
            Self::Tenant(conn) => users::user_epoch_next(conn, UserId(id)).await?,
        }
        Ok(())
    }

    /// What a user is here, as a person reads it.
    pub async fn role_label(&mut self, account: &Account) -> Result<String> {
        Ok(match self {
            Self::Platform(_) => AdminRole::parse(&account.role).map_or(account.role.clone(), |role| role.label().to_owned()),
            Self::Tenant(conn) => {
                let names = roles::role_list(conn).await?;
                names.into_iter().find(|role| role.key == account.role).map_or(account.role.clone(), |role| role.name)
            }
        })
    }

    /// The second factors of the site.
    pub const fn factors(&mut self) -> FactorConn<'_> {
        match self {
            Self::Platform(conn) => FactorConn::Platform(conn),
            Self::Tenant(conn) => FactorConn::Tenant(conn),
        }
    }

    /// Adds a line to the site's audit log.
    pub fn audit(&mut self, entry: AuditEntry) {
        match self {
            Self::Platform(conn) => conn.audit(None, entry),
            Self::Tenant(conn) => conn.audit(entry),
        }
    }

    /// Enqueues an e-mail of the site.
    pub fn mail(&mut self, mail: MailEntry) {
        match self {
            Self::Platform(conn) => conn.mail(mail),
            Self::Tenant(conn) => conn.mail(mail),
        }
    }

    pub fn actor(&self, account: &Account) -> Actor {
        match self {
            Self::Platform(_) => Actor::PlatformAdmin { id: AdminId(account.id), email: account.email.clone() },
            Self::Tenant(_) => Actor::User { id: UserId(account.id), email: account.email.clone() },
        }
    }
}
