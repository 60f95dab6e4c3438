//! Views of lists. Users and platform admins have tables of the same columns, so one query serves both.

use crate::{DbError, DbResult, PlatformConn, TenantConn, cached::sql};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool, Jsonb, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::list::{Layout, ListView, ListViews};
use serde::Deserialize;
use serde_json::{Value, json};

/// A transaction that reaches the views of its site.
pub enum ViewConn<'a> {
    /// Of a company's users.
    Tenant(&'a mut TenantConn),
    /// Of platform admins.
    Platform(&'a mut PlatformConn),
}

const TENANT: &str = "list_views";
const PLATFORM: &str = "platform.list_views";

impl ViewConn<'_> {
    fn parts(&mut self) -> (&mut AsyncPgConnection, &'static str) {
        match self {
            Self::Tenant(conn) => (conn.raw(), TENANT),
            Self::Platform(conn) => (conn.raw(), PLATFORM),
        }
    }
}

/// A row as it is read.
#[derive(Deserialize)]
struct Row {
    id: i64,
    owner_id: i64,
    name: String,
    query: String,
    columns: Vec<String>,
    is_dense: bool,
    is_shared: bool,
    opens_id: Option<i64>,
}

/// What a view is stored as.
#[derive(Clone, Debug)]
pub struct ViewWrite<'a> {
    /// Whose.
    pub owner: i64,
    /// Of which list.
    pub list: &'a str,
    /// Its name; empty for the layout without a view.
    pub name: &'a str,
    /// The form in which names are compared.
    pub name_key: &'a str,
    /// The pairs of its address.
    pub query: &'a str,
    /// Its columns.
    pub layout: &'a Layout,
    /// Whether everyone has it.
    pub is_shared: bool,
}

fn views(rows: Value, owner: i64) -> DbResult<ListViews> {
    let rows: Vec<Row> = serde_json::from_value(rows).map_err(|error| DbError::Decode(format!("views: {error}")))?;
    let mut found = ListViews::default();
    for Row { id, owner_id, name, query, columns, is_dense, is_shared, opens_id } in rows {
        let layout = Layout { columns, is_dense };
        if name.is_empty() {
            (found.layout, found.opens) = (layout, opens_id);
        } else {
            found.views.push(ListView { id, name, query, layout, is_shared, is_own: owner_id == owner });
        }
    }
    found.opens = found.opens.filter(|opened| found.views.iter().any(|view| view.id == *opened));
    Ok(found)
}

macro_rules! read {
    ($conn:expr, $table:expr, $list:expr, $owner:expr) => {{
        let columns = "id, owner_id, name, query, columns, is_dense, is_shared, opens_id, name_key";
        let select = format!(
            "(SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.name_key, v.id), '[]') FROM (SELECT {columns} FROM {} WHERE list = ",
            $table
        );
        let query =
            sql::<Jsonb>(select).bind::<Text, _>($list).sql(" AND (owner_id = ").bind::<BigInt, _>($owner).sql(" OR is_shared)) v)");
        let rows: Value = diesel::select(query).get_result($conn).await?;
        views(rows, $owner)
    }};
}

/// What a user of a tenant has of a list.
///
/// # Errors
/// Those of the statement.
pub async fn view_list(conn: &TenantConn, list: &str, owner: i64) -> DbResult<ListViews> {
    let mut conn = conn.shared();
    read!(&mut conn, TENANT, list, owner)
}

/// What an owner has of a list, on either site.
///
/// # Errors
/// Those of the statement.
pub async fn view_list_of(conn: &mut ViewConn<'_>, list: &str, owner: i64) -> DbResult<ListViews> {
    let (conn, table) = conn.parts();
    read!(conn, table, list, owner)
}

/// Stores a view in place of one of the same name. Gives its id.
///
/// # Errors
/// Those of the statement.
pub async fn view_save(conn: &mut ViewConn<'_>, view: &ViewWrite<'_>) -> DbResult<i64> {
    #[derive(QueryableByName)]
    struct Stored {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let (conn, table) = conn.parts();
    let text = format!(
        "INSERT INTO {table} (owner_id, list, name, name_key, query, columns, is_dense, is_shared) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (owner_id, list, name_key) DO UPDATE SET name = excluded.name, query = excluded.query, \
         columns = excluded.columns, is_dense = excluded.is_dense, is_shared = excluded.is_shared RETURNING id"
    );
    let stored: Stored = diesel::sql_query(text)
        .bind::<BigInt, _>(view.owner)
        .bind::<Text, _>(view.list)
        .bind::<Text, _>(view.name)
        .bind::<Text, _>(view.name_key)
        .bind::<Text, _>(view.query)
        .bind::<Jsonb, _>(json!(view.layout.columns))
        .bind::<Bool, _>(view.layout.is_dense)
        .bind::<Bool, _>(view.is_shared)
        .get_result(conn)
        .await?;
    Ok(stored.id)
}

/// Sets the view that a list opens with for its owner; none for all rows.
///
/// # Errors
/// Those of the statement.
pub async fn view_open_set(conn: &mut ViewConn<'_>, list: &str, owner: i64, view: Option<i64>) -> DbResult<()> {
    let (conn, table) = conn.parts();
    let text = format!(
        "INSERT INTO {table} (owner_id, list, name, name_key, opens_id) VALUES ($1, $2, '', '', $3) \
         ON CONFLICT (owner_id, list, name_key) DO UPDATE SET opens_id = excluded.opens_id"
    );
    let query = diesel::sql_query(text).bind::<BigInt, _>(owner).bind::<Text, _>(list).bind::<Nullable<BigInt>, _>(view);
    query.execute(conn).await?;
    Ok(())
}

/// Deletes a named view of a list. Gives whether it was there.
///
/// # Errors
/// Those of the statement.
pub async fn view_delete(conn: &mut ViewConn<'_>, list: &str, id: i64) -> DbResult<bool> {
    let (conn, table) = conn.parts();
    let text = format!("DELETE FROM {table} WHERE id = $1 AND list = $2 AND name <> ''");
    Ok(diesel::sql_query(text).bind::<BigInt, _>(id).bind::<Text, _>(list).execute(conn).await? > 0)
}
