//! Users, as their pages show them.

use super::fields::{metadata_without, values_of, values_shown};
use super::help::locked_for;
use crate::roles::choices;
use chrono::{DateTime, TimeDelta, Utc};
use db::{
    DbResult, TenantConn,
    factor::{FactorConn, factor_is_on},
    list_views::view_list,
    tenant::{
        audit,
        roles::{self, RoleRecord},
        tokens::{self, TokenRecord},
        user_fields::field_list,
        users::{self, Seen, UserFilter, UserRecord, UserStatus},
    },
};
use domain::list::created_range;
use domain::{
    AppError, Operation, Permission, UserId, UserState,
    access::Access,
    dto::{
        LinkInfo, MailStatus, photo_path,
        tenant::{UserHead, UserListPage, UserNewPage, UserPage, UserRow},
    },
    list::ListQuery,
    operation,
    user_field::{FIELD_PREFIX, UserField, filter_object},
    user_state::UserFacts,
};
use kernel::{RequestCx, Result, cx::TenantTx, tokens::link_status};
use serde_json::Value;
use std::collections::HashMap;

/// What the list is called where its views are stored.
pub const USER_LIST_NAME: &str = "users";
/// The filters the list knows.
pub const FILTERS: &[&str] = &["role", "status", "mfa", "seen", "created", "from", "to", "field.*"];

/// A user as lists show one; `names` are keys and names of roles.
fn row(record: &UserRecord, names: &[(String, String)], states: &HashMap<i64, UserState>) -> UserRow {
    let named = names.iter().find(|(key, _)| *key == record.user_type);
    UserRow {
        id: UserId(record.id),
        name: record.full_name(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        email: record.email.clone(),
        username: record.username.clone(),
        role: record.user_type.clone(),
        role_name: named.map_or_else(|| record.user_type.clone(), |(_, name)| name.clone()),
        is_active: record.is_active,
        deleted_at: record.deleted_at,
        photo: photo_path(UserId(record.id), record.photo_hash.as_deref()),
        fields: Vec::new(),
        state: states.get(&record.id).copied().unwrap_or(UserState::Active),
        last_login: record.last_login,
        created_at: record.created_at,
    }
}

/// The states of some users of a tenant by their ids. Invitations are looked up for those alone who have no password.
///
/// # Errors
/// Those of the statement.
pub async fn user_states(
    conn: &TenantConn,
    records: &[UserRecord],
    locked: &[i64],
    now: DateTime<Utc>,
) -> DbResult<HashMap<i64, UserState>> {
    let waiting: Vec<i64> = records.iter().filter(|record| record.is_active && !record.has_password).map(|record| record.id).collect();
    let invited = if waiting.is_empty() { Vec::new() } else { tokens::invitation_list(conn, &waiting, now).await? };
    let invited: HashMap<i64, bool> = invited.into_iter().collect();
    let state = |record: &UserRecord| {
        UserState::of(UserFacts {
            is_deleted: record.deleted_at.is_some(),
            is_active: record.is_active,
            has_password: record.has_password,
            is_locked: locked.contains(&record.id),
            invitation: invited.get(&record.id).copied(),
        })
    };
    Ok(records.iter().map(|record| (record.id, state(record))).collect())
}

fn names(roles: &[RoleRecord]) -> Vec<(String, String)> {
    roles.iter().map(|role| (role.key.clone(), role.name.clone())).collect()
}

/// What a query narrows the list to; what it does not know narrows nothing.
pub(super) fn user_filter(cx: &RequestCx, query: &ListQuery, fields: &[UserField]) -> UserFilter {
    let now = cx.services.now();
    let one = |name: &str| query.filter(name).next().unwrap_or_default();
    let (created_from, created_to) = created_range(query, now, cx.settings.format.zone);
    let wished = UserState::parse(one("status"));
    // Who is locked, Redis knows.
    let (ids, but) = match wished {
        Some(UserState::Locked) => (Some(cx.locked.to_vec()), Vec::new()),
        Some(UserState::Active | UserState::Invited | UserState::InvitationExpired | UserState::NotInvited) => (None, cx.locked.to_vec()),
        _ => (None, Vec::new()),
    };
    UserFilter {
        search: query.q.clone(),
        roles: query.filter("role").map(str::to_owned).collect(),
        status: match wished {
            Some(UserState::Active) => UserStatus::Active,
            Some(UserState::Invited) => UserStatus::Waiting(Some(true), now),
            Some(UserState::InvitationExpired) => UserStatus::Waiting(Some(false), now),
            Some(UserState::NotInvited) => UserStatus::Waiting(None, now),
            Some(UserState::Deactivated) => UserStatus::Deactivated,
            Some(UserState::Deleted) => UserStatus::Deleted,
            Some(UserState::Locked) | None => UserStatus::Any,
        },
        factor: match one("mfa") {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        },
        seen: match one("seen") {
            "never" => Seen::Never,
            "7_days" => Seen::Since(now - TimeDelta::days(7)),
            "30_days" => Seen::Since(now - TimeDelta::days(30)),
            "not_90_days" => Seen::NotSince(now - TimeDelta::days(90)),
            _ => Seen::Any,
        },
        created_from,
        created_to,
        ids,
        but,
        fields: fields.iter().filter_map(|field| Some(filter_object(field, query.filter(&field.column()).next()?))).collect(),
    }
}

/// The custom fields, where a query narrows by one.
pub(super) async fn filter_fields(conn: &TenantConn, query: &ListQuery) -> DbResult<Vec<UserField>> {
    if query.filters.iter().any(|(name, _)| name.starts_with(FIELD_PREFIX)) { field_list(conn).await } else { Ok(Vec::new()) }
}

/// One page of the list of users.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.view`.
pub async fn user_list(cx: &RequestCx, query: &ListQuery) -> Result<UserListPage> {
    list(cx, &operation::tenant::USER_LIST, query).await
}

/// The next rows of the list of users as a file.
///
/// # Errors
/// As [`user_list`]; [`AppError::ReauthRequired`].
pub async fn user_export(cx: &RequestCx, query: &ListQuery) -> Result<UserListPage> {
    list(cx, &operation::tenant::USER_EXPORT, &ListQuery { is_bare: false, ..query.clone() }).await
}

async fn list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<UserListPage> {
    let is_export = operation.name == operation::tenant::USER_EXPORT.name;
    let tx = cx.tenant_begin(operation).await?;
    let page = async {
        let conn = &tx.conn;
        let views = view_list(conn, USER_LIST_NAME, tx.user.id.0).await?;
        let query = &views.opened(query, FILTERS);
        let known = filter_fields(conn, query).await?;
        let filter = user_filter(cx, query, &known);
        let fields = async { if known.is_empty() { field_list(conn).await } else { Ok(known.clone()) } };
        let (roles, found, quota, fields) =
            futures_util::try_join!(roles::role_list(conn), users::user_list(conn, &filter, query, None), users::quota_get(conn), fields)?;
        let names = names(&roles);
        let states = user_states(conn, &found.rows, &cx.locked, cx.services.now()).await?;
        let mut page = found.map(|record| row(&record, &names, &states));
        let is_shown = |name: &String| name.starts_with(FIELD_PREFIX);
        if !fields.is_empty() && (is_export || views.layout_of(query.view).columns.iter().any(is_shown)) {
            let ids: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
            let metadata: HashMap<i64, Value> = users::user_metadata_many(conn, &ids).await?.into_iter().collect();
            for row in &mut page.rows {
                row.fields = metadata.get(&row.id.0).map(|metadata| values_of(&fields, metadata)).unwrap_or_default();
            }
        }
        Ok(UserListPage { page, roles: choices(roles), quota, views, fields })
    }
    .await;
    tx.finish(page).await
}

/// What the page for a new user shows.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.create`.
pub async fn user_new(cx: &RequestCx) -> Result<UserNewPage> {
    let tx = cx.tenant_begin(&operation::tenant::USER_NEW).await?;
    let page = async {
        let roles = roles::role_list(&tx.conn).await?;
        let quota = users::quota_get(&tx.conn).await?;
        let fields = field_list(&tx.conn).await?;
        Ok(UserNewPage { roles: choices(roles), quota, fields })
    }
    .await;
    tx.finish(page).await
}

/// A user, what the user may do, and what every page of the user shows.
pub(crate) async fn user_head(cx: &RequestCx, tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access, UserHead)> {
    let record = users::user_get(&tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let access = users::user_access(&tx.conn, &record).await?;
    let names: Vec<(String, String)> = access.roles.iter().map(|role| (role.key.clone(), role.name.clone())).collect();
    let states = user_states(&tx.conn, std::slice::from_ref(&record), &cx.locked, cx.services.now()).await?;
    let head = UserHead {
        user: row(&record, &names, &states),
        version: record.updated_at.timestamp_micros(),
        has_password: record.has_password,
        permissions: access.effective(),
    };
    Ok((record, access, head))
}

/// What the page of a user shows.
///
/// # Errors
/// [`AppError::NotFound`] for an id that is not of this company, [`AppError::Forbidden`] without `users.view`.
pub async fn user_get(cx: &RequestCx, id: UserId) -> Result<UserPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_GET).await?;
    let page = async {
        let (record, _, head) = user_head(cx, &mut tx, id).await?;
        let roles = roles::role_list(&tx.conn).await?;
        let link = tokens::token_newest(&mut tx.conn, id).await?.map(|token| link_info(token, cx.services.now()));
        let has_factor = factor_is_on(&mut FactorConn::Tenant(&mut tx.conn), id.0).await?;
        let reads_audit = tx.user.permissions.has(Permission::AuditView);
        let audit = if reads_audit { audit::audit_newest(&mut tx.conn, Some(("user", &id.to_string())), 10).await? } else { Vec::new() };
        let metadata = users::user_metadata(&mut tx.conn, id).await?;
        let (fields, manager) = futures_util::try_join!(field_list(&tx.conn), users::user_manager(&tx.conn, id))?;
        let page = UserPage {
            head,
            first_name: record.first_name,
            last_name: record.last_name,
            metadata: serde_json::to_string_pretty(&metadata_without(&metadata, &fields)).unwrap_or_default(),
            fields: values_shown(fields, &metadata),
            link,
            has_factor,
            must_change_password: record.must_change_password,
            mail_is_on: cx.services.mail.is_on(),
            roles: choices(roles),
            manager: manager.map(|manager| (UserId(manager.id), manager.full_name(), manager.email)),
            sessions: 0,
            locked_for: None,
            audit,
        };
        Ok(page)
    }
    .await;
    let mut page: UserPage = tx.finish(page).await?;
    page.sessions = cx.sessions().count_of(id.0).await?;
    page.locked_for = locked_for(cx, id).await?;
    if page.head.user.is_active && page.locked_for.is_some() {
        page.head.user.state = UserState::Locked;
    }
    Ok(page)
}

/// A one-time link as the page of its user shows it.
fn link_info(token: TokenRecord, now: DateTime<Utc>) -> LinkInfo {
    let mail = match token.mail_state.as_deref() {
        Some("sent") => Some(MailStatus::Sent),
        Some("failed") => Some(MailStatus::Failed(token.mail_error.clone().unwrap_or_default())),
        Some(_) => Some(MailStatus::Waiting(token.mail_error.clone())),
        None => None,
    };
    LinkInfo {
        is_invite: token.purpose == "invite",
        status: link_status(&token, now),
        created_at: token.created_at,
        expires_at: token.expires_at,
        mail,
    }
}
