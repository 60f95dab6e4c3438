//! The people of a company, as far as an operator may help them. Each act stands in both audit logs.

use super::head::head;
use cache::session::SessionLimits;
use chrono::TimeDelta;
use db::{
    TenantConn,
    factor::{FactorConn, factor_delete, factor_owners},
    platform::{domains, tenants},
    tenant::{
        roles,
        tokens::{self, TokenInsert},
        users::{self, UserFilter, UserRecord},
    },
};
use domain::{
    AppError, Code, Operation, SiteKey, TenantId, UserId, UserState,
    dto::platform::{TenantHead, TenantUserRow, TenantUsersPage},
    flash::OneTimeLink,
    list::{Count, ListPage, ListQuery},
    operation,
};
use futures_util::future::try_join_all;
use identity::{auth::reauthenticate, users::user_states};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    settings::tenant_sessions,
    tokens::{INVITE_OPEN, RESET_OPEN, token_hash, token_new},
};
use secrecy::SecretString;
use serde_json::json;

/// One page of the people of a company; nothing can be changed here.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_users(cx: &RequestCx, slug: &str, query: &ListQuery) -> Result<TenantUsersPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_USERS).await?;
    let found = async {
        let detail = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        head(cx, &mut tx, &detail).await
    }
    .await;
    let head: TenantHead = tx.finish(found).await?;
    if !head.tenant.has_schema {
        let page = ListPage { rows: Vec::new(), total: Count::Exact(0), offset: 0, before: None, after: None, cursor_ignored: false };
        return Ok(TenantUsersPage { head, page });
    }
    let services = &cx.services;
    let tenant = services.db.tenant_ref(head.tenant.id, &head.tenant.schema_name);
    let mut conn = services.db.tenant(&tenant).await?;
    let read = async {
        let filter = UserFilter { search: query.q.clone(), ..UserFilter::default() };
        let names = roles::role_list(&conn).await?;
        let page = users::user_list(&conn, &filter, query, None).await?;
        let ids: Vec<i64> = page.rows.iter().map(|record| record.id).collect();
        let guarded = factor_owners(&mut FactorConn::Tenant(&mut conn), &ids).await?;
        let states = user_states(&conn, &page.rows, &[], services.now()).await?;
        Ok::<_, db::DbError>((page, names, guarded, states))
    }
    .await;
    let (page, names, guarded, states) = conn.finish(read).await?;
    let sessions = tenant_sessions(services, &tenant).await?;
    let counts = try_join_all(page.rows.iter().map(|record| sessions.count_of(record.id))).await?;
    let mut counts = counts.into_iter();
    let page = page.map(|record| TenantUserRow {
        id: UserId(record.id),
        name: record.full_name(),
        role_name: names.iter().find(|role| role.key == record.user_type).map_or(record.user_type, |role| role.name.clone()),
        email: record.email,
        is_active: record.is_active,
        state: states.get(&record.id).copied().unwrap_or(UserState::Active),
        has_password: record.has_password,
        has_factor: guarded.contains(&record.id),
        last_login: record.last_login,
        sessions: counts.next().unwrap_or(0),
    });
    Ok(TenantUsersPage { head, page })
}

/// What an operator does for a user.
#[derive(Clone, Copy)]
enum Help<'a> {
    Link(&'a str),
    SignOut,
    Factor,
}

impl Help<'_> {
    const fn operation(self) -> &'static Operation {
        match self {
            Self::Link(_) => &operation::platform::TENANT_USER_LINK,
            Self::SignOut => &operation::platform::TENANT_USER_SIGN_OUT,
            Self::Factor => &operation::platform::TENANT_USER_MFA_RESET,
        }
    }
}

/// Makes a one-time link for a user of a tenant: an invitation while there is no password, else a reset.
/// Older links end.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a user who is not active, [`AppError::Forbidden`] for support,
/// [`AppError::ReauthRequired`]: anyone who has the link has the account.
pub async fn tenant_user_link(cx: &RequestCx, slug: &str, id: UserId) -> Result<OneTimeLink> {
    let token = token_new(&*cx.services.entropy);
    let (record, host, _) = help(cx, slug, id, Help::Link(&token)).await?;
    let (path, open) = link_kind(&record);
    let url = cx.services.url_on(&host, &format!("/{path}/{token}"));
    Ok(OneTimeLink { label: record.email, url, hours: u32::try_from(open.num_hours()).unwrap_or(1) })
}

fn link_kind(record: &UserRecord) -> (&'static str, TimeDelta) {
    if record.has_password { ("reset", RESET_OPEN) } else { ("invite", INVITE_OPEN) }
}

/// Ends all sessions of a user of a tenant. Gives the name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support.
pub async fn tenant_user_sign_out(cx: &RequestCx, slug: &str, id: UserId) -> Result<String> {
    let (record, _, tenant) = help(cx, slug, id, Help::SignOut).await?;
    // The epoch has ended them already; this frees their memory.
    let _ended = cx.services.sessions(SiteKey::Tenant(tenant), SessionLimits::TENANT).end_all_of(id.0).await;
    Ok(record.full_name())
}

/// Ends all sessions of all people of a company.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn tenant_sign_out(cx: &RequestCx, slug: &str, reauthentication: &SecretString) -> Result<String> {
    cx.platform_permit(&operation::platform::TENANT_SIGN_OUT).await?;
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.platform_begin(&operation::platform::TENANT_SIGN_OUT).await?;
    let found = async {
        let record = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?.record;
        if record.schema_version.is_none() {
            return Err(AppError::NotFound.into());
        }
        let id = TenantId(record.id);
        let line = entry(cx, &tx.actor, "tenant.sign_out", Object::new("tenant", id, record.name.as_str()), json!({}));
        tx.conn.audit(Some(id), line);
        Ok((cx.services.db.tenant_ref(id, &record.schema_name), record.name))
    }
    .await;
    let (tenant, name) = match found {
        Ok(found) => found,
        Err(error) => return tx.finish(Err(error)).await,
    };
    let actor = tx.actor;
    let mut conn = tx.conn.into_tenant(&tenant).await?;
    let line = entry(cx, &actor, "tenant.sign_out", Object::new("tenant", tenant.id, name.as_str()), json!({}));
    conn.audit(line);
    conn.finish(Ok::<_, Error>(())).await?;
    cx.services.sessions(SiteKey::Tenant(tenant.id), SessionLimits::TENANT).end_all().await?;
    Ok(name)
}

/// Takes the second factor of a user of a tenant away who has lost it; all sessions end. Gives the name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a user without one, [`AppError::Forbidden`] for support,
/// [`AppError::ReauthRequired`]: the password alone guards the account then.
pub async fn tenant_user_mfa_reset(cx: &RequestCx, slug: &str, id: UserId) -> Result<String> {
    let (record, _, tenant) = help(cx, slug, id, Help::Factor).await?;
    let _ended = cx.services.sessions(SiteKey::Tenant(tenant), SessionLimits::TENANT).end_all_of(id.0).await;
    Ok(record.full_name())
}

async fn help(cx: &RequestCx, slug: &str, id: UserId, how: Help<'_>) -> Result<(UserRecord, String, TenantId)> {
    let action = match how {
        Help::Link(_) => "user.link_create",
        Help::SignOut => "user.sign_out",
        Help::Factor => "user.mfa_reset",
    };
    let mut tx = cx.platform_begin(how.operation()).await?;
    let found = async {
        let record = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?.record;
        if record.schema_version.is_none() {
            return Err(AppError::NotFound.into());
        }
        let tenant = TenantId(record.id);
        let host = domains::domain_list_of(&mut tx.conn, tenant).await?.into_iter().find(|row| row.is_primary);
        let line = entry(cx, &tx.actor, action, Object::new("user", id, format!("user {id} of {}", record.name)), json!({}));
        tx.conn.audit(Some(tenant), line);
        Ok((cx.services.db.tenant_ref(tenant, &record.schema_name), host.map(|row| row.domain).unwrap_or_default()))
    }
    .await;
    let (tenant, host) = match found {
        Ok(found) => found,
        Err(error) => return tx.finish(Err(error)).await,
    };
    let actor = tx.actor;
    let mut conn = tx.conn.into_tenant(&tenant).await?;
    let done = async {
        let record = users::user_lock(&mut conn, id).await?.ok_or(AppError::NotFound)?;
        act(cx, &mut conn, &record, how).await?;
        let line = entry(cx, &actor, action, Object::new("user", id, record.email.as_str()), json!({}));
        conn.audit(line);
        Ok::<_, Error>(record)
    }
    .await;
    Ok((conn.finish(done).await?, host, tenant.id))
}

async fn act(cx: &RequestCx, conn: &mut TenantConn, record: &UserRecord, how: Help<'_>) -> Result<()> {
    let (id, now) = (UserId(record.id), cx.services.now());
    match how {
        Help::Link(_) if !record.is_active => {
            Err(AppError::conflict(Code::UserInactive, "", "This user is not active. An admin of the tenant can reactivate them.").into())
        }
        Help::Link(token) => {
            let (purpose, open) = link_kind(record);
            let insert = TokenInsert {
                user: id,
                purpose,
                hash: &token_hash(token),
                now,
                expires_at: now + open,
                by_mail: false,
                made_by: None,
                keeps_handed: false,
            };
            Ok(tokens::token_insert(conn, &insert).await.map(|_| ())?)
        }
        Help::SignOut => Ok(users::user_epoch_next(conn, id).await?),
        Help::Factor => {
            if !factor_delete(&mut FactorConn::Tenant(conn), id.0).await? {
                return Err(AppError::conflict(Code::SecondFactorMissing, "", "This user has no second factor").into());
            }
            Ok(users::user_epoch_next(conn, id).await?)
        }
    }
}
