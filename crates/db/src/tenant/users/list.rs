//! The list of users: narrowed, sorted, page by page.

use super::{UserRecord, factor::HAS_FACTOR};
use crate::cached::{after, sql};
use crate::{
    DbResult, TenantConn,
    keyset::{Counted, SortKey, Window, contains_pattern},
    schema_tenant::{job_rows, user_tokens, users},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    JobId,
    list::{Count, ListPage, ListQuery},
    text::words,
};
use futures_util::try_join;
use serde_json::Value;

/// The columns the list can be sorted by; each has an index together with the id.
const SORTS: &[SortKey] = &[
    SORT_DEFAULT,
    SortKey::new("email", "users.email_key", "text"),
    SortKey::new("role", "users.user_type", "text"),
    SortKey::new("last_login", "coalesce(users.last_login, '-infinity'::timestamptz)", "timestamptz").descending(),
    SortKey::new("created", "users.created_at", "timestamptz").descending(),
];
const SORT_DEFAULT: SortKey = SortKey::new("name", "users.name_key", "text");
/// The expression of the trigram index `users_search_idx`, to the letter.
const SEARCHED: &str = "(users.name_key || ' ' || users.email_key || ' ' || users.email_unicode_key || ' ' || users.username_key)";

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Looked for in names, e-mail and user name.
    pub search: String,
    /// Any of these primary roles, or all.
    pub roles: Vec<String>,
    /// Which of them by their state.
    pub status: UserStatus,
    /// With a second factor, without, or both.
    pub factor: Option<bool>,
    /// By the last sign-in.
    pub seen: Seen,
    /// Created then or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Created before.
    pub created_to: Option<DateTime<Utc>>,
    /// These alone, if any are named.
    pub ids: Option<Vec<i64>>,
    /// All but these.
    pub but: Vec<i64>,
    /// By custom fields: objects that the metadata contains, or must not contain where that is said.
    pub fields: Vec<(Value, bool)>,
}

/// Users by their state. Deleted ones are hidden unless asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserStatus {
    /// All that are not deleted.
    #[default]
    Any,
    /// Those who may sign in and have a password.
    Active,
    /// Those who may sign in and have no password, with the last invitation open then, or over, or never made.
    Waiting(Option<bool>, DateTime<Utc>),
    /// Those who were deactivated.
    Deactivated,
    /// Those who are deleted.
    Deleted,
}

/// Users by their last sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Whenever.
    #[default]
    Any,
    /// Not once.
    Never,
    /// Then or later.
    Since(DateTime<Utc>),
    /// Before, or not once.
    NotSince(DateTime<Utc>),
}

type Boxed<'a> = diesel::helper_types::IntoBoxed<'a, users::table, Pg>;

fn filtered(filter: &UserFilter) -> Boxed<'_> {
    let mut query = users::table.into_boxed();
    if !filter.roles.is_empty() {
        query = query.filter(users::user_type.eq_any(&filter.roles));
    }
    query = match filter.status {
        UserStatus::Any => query.filter(users::deleted_at.is_null()),
        UserStatus::Active => query.filter(users::is_active).filter(users::password_hash.is_not_null()),
        UserStatus::Waiting(invitation, now) => {
            waiting(query.filter(users::is_active).filter(users::password_hash.is_null()), invitation, now)
        }
        UserStatus::Deactivated => query.filter(users::is_active.eq(false)).filter(users::deleted_at.is_null()),
        UserStatus::Deleted => query.filter(users::deleted_at.is_not_null()),
    };
    if let Some(factor) = filter.factor {
        query = query.filter(sql::<Bool>(if factor { HAS_FACTOR.to_owned() } else { format!("NOT {HAS_FACTOR}") }));
    }
    query = match filter.seen {
        Seen::Any => query,
        Seen::Never => query.filter(users::last_login.is_null()),
        Seen::Since(at) => query.filter(users::last_login.ge(at)),
        Seen::NotSince(at) => query.filter(users::last_login.is_null().or(users::last_login.lt(at))),
    };
    if let Some(ids) = &filter.ids {
        query = query.filter(users::id.eq_any(ids));
    }
    if !filter.but.is_empty() {
        query = query.filter(users::id.ne_all(&filter.but));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(users::created_at.ge(from));
    }
    if let Some(to) = filter.created_to {
        query = query.filter(users::created_at.lt(to));
    }
    for (object, is_none) in &filter.fields {
        // As `users_metadata_idx` finds it.
        let contains = users::metadata.contains(object);
        query = if *is_none { query.filter(not(contains)) } else { query.filter(contains) };
    }
    // Every word must occur, in any order.
    for word in words(&filter.search) {
        query = query.filter(sql::<Text>(SEARCHED).like(contains_pattern(&word)));
    }
    query
}

/// Narrows users who have no password to those whose last invitation is open, or over, or was never made.
fn waiting(query: Boxed<'_>, invitation: Option<bool>, now: DateTime<Utc>) -> Boxed<'_> {
    let invited = || {
        let of_user = user_tokens::table.filter(user_tokens::user_id.eq(users::id)).filter(user_tokens::purpose.eq("invite"));
        of_user.filter(user_tokens::ended_by.is_distinct_from("revoked"))
    };
    let open = move || {
        let unused = invited().filter(user_tokens::used_at.is_null()).filter(user_tokens::ended_at.is_null());
        exists(unused.filter(user_tokens::expires_at.gt(now)))
    };
    match invitation {
        Some(true) => query.filter(open()),
        Some(false) => query.filter(exists(invited())).filter(not(open())),
        None => query.filter(not(exists(invited()))),
    }
}

/// One page of the list of users; `known` is how many there are, where nobody asks for that.
///
/// # Errors
/// Those of the statements.
pub async fn user_list(conn: &TenantConn, filter: &UserFilter, query: &ListQuery, known: Option<i64>) -> DbResult<ListPage<UserRecord>> {
    let counted = filtered(filter).select(users::id).limit(query.count_max() + 1);
    let window = Window::new(query, SORTS, SORT_DEFAULT);
    let mut rows = filtered(filter);
    if let Some((left, middle, cursor)) = window.condition("users.id") {
        rows = rows.filter(after((left, middle, cursor)));
    }
    let rows = rows
        .order_by(sql::<Text>(window.order("users.id")))
        .limit(window.limit())
        .select((UserRecord::as_select(), sql::<Text>(window.value())));
    // Both at once: one round trip.
    let (mut one, mut other) = (conn.shared(), conn.shared());
    let total = async {
        match known {
            Some(total) => Ok(total),
            None => Counted(counted).get_result(&mut one).await,
        }
    };
    let (total, found): (i64, Vec<(UserRecord, String)>) = try_join!(total, rows.load(&mut other))?;
    let keyed = found
        .into_iter()
        .map(|(record, value)| {
            let id = record.id;
            (record, value, id)
        })
        .collect();
    Ok(window.page(keyed, Count::from_capped(total, query.count_max())))
}

/// How many match, to the last one.
///
/// # Errors
/// Those of the statement.
pub async fn user_count(conn: &mut TenantConn, filter: &UserFilter) -> DbResult<i64> {
    Ok(filtered(filter).count().get_result(conn.raw()).await?)
}

/// Notes for a job everybody who matches: those are meant, anyone who is added or removed until the job reaches them. Gives how many.
///
/// # Errors
/// Those of the statement.
pub async fn user_note_for_job(conn: &mut TenantConn, filter: &UserFilter, job: JobId) -> DbResult<usize> {
    let rows = filtered(filter).select((job.0.into_sql::<BigInt>(), users::id, users::id.nullable(), "waiting".into_sql::<Text>()));
    let columns = (job_rows::job_id, job_rows::line, job_rows::user_id, job_rows::outcome);
    Ok(rows.insert_into(job_rows::table).into_columns(columns).execute(conn.raw()).await?)
}
