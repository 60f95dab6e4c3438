//! Who signed in, or tried to.

use crate::cached::{after, sql};
use crate::{
    DbResult, TenantConn,
    error::one_row,
    keyset::{Counted, SortKey, Window},
    schema_tenant::login_events,
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Text};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    list::{Count, ListPage, ListQuery},
};

/// Newest first.
const SORT: SortKey = SortKey::new("at", "login_events.at", "timestamptz").descending();

/// A sign-in, or a try.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = login_events)]
pub struct LoginEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, if such a user exists.
    pub user_id: Option<i64>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Why not.
    pub reason: &'static str,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Notes a sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn login_event_insert(conn: &mut TenantConn, event: &LoginEvent) -> DbResult<()> {
    one_row(diesel::insert_into(login_events::table).values(event).execute(conn.raw()).await?)
}

/// A sign-in, or a try, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = login_events, check_for_backend(Pg))]
pub struct LoginRecord {
    /// The event.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// How, or why not.
    pub reason: String,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
}

/// One page of the sign-ins of a user.
///
/// # Errors
/// Those of the statements.
pub async fn login_event_list(conn: &mut TenantConn, user: UserId, query: &ListQuery) -> DbResult<ListPage<LoginRecord>> {
    let of_user = || login_events::table.filter(login_events::user_id.eq(user.0)).into_boxed::<Pg>();
    let total: i64 = Counted(of_user().select(login_events::id).limit(query.count_max() + 1)).get_result(conn.raw()).await?;
    let window = Window::new(query, &[SORT], SORT);
    let mut rows = of_user();
    if let Some((left, middle, cursor)) = window.condition("login_events.id") {
        let bound = after((left, middle, cursor));
        rows = rows.filter(bound);
    }
    let found: Vec<(LoginRecord, String)> = rows
        .order_by(sql::<Text>(window.order("login_events.id")))
        .limit(window.limit())
        .select((LoginRecord::as_select(), sql::<Text>(window.value())))
        .load(conn.raw())
        .await?;
    let keyed = found.into_iter().map(|(record, value)| {
        let id = record.id;
        (record, value, id)
    });
    Ok(window.page(keyed.collect(), Count::from_capped(total, query.count_max())))
}
