//! The list of the records of a pipeline: narrowed, sorted, page by page.

use super::rows::{Boxed, RecordRecord, columns, visible};
use crate::{
    DbResult, TenantConn,
    cached::{after, sql},
    keyset::{Counted, SortKey, Window, WindowPart, contains_pattern},
    schema_tenant::records,
};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    list::{Count, ListPage, ListQuery},
    record::Lens,
    text::words,
};
use futures_util::try_join;

/// The sorts that every list of records has; each has an index together with pipeline and id.
const SORTS: &[SortKey] = &[
    TITLE,
    SortKey { name: "value", expr: "records.value", cast: "numeric", desc: true, nullable: true },
    SortKey { name: "due", expr: "records.due", cast: "timestamptz", desc: false, nullable: true },
    SortKey { name: "created", expr: "records.created_at", cast: "timestamptz", desc: true, nullable: false },
    SortKey { name: "updated", expr: "records.updated_at", cast: "timestamptz", desc: true, nullable: false },
];
const TITLE: SortKey = SortKey { name: "title", expr: "records.title COLLATE \"und-x-icu\"", cast: "text", desc: false, nullable: false };
const DELETED: SortKey = SortKey { name: "deleted", expr: "records.deleted_at", cast: "timestamptz", desc: true, nullable: false };

/// The sorts that a lens permits. A hidden field has none: the order of the rows would reveal its values.
fn sorts(lens: &Lens) -> Vec<SortKey> {
    let settings = &lens.pipeline().settings;
    let is_hidden = |sort: &SortKey| match sort.name {
        "value" => lens.is_late() || lens.hides(settings.value.as_ref()),
        "due" => lens.is_late() || lens.hides(settings.due.as_ref()),
        _ => false,
    };
    SORTS.iter().filter(|sort| !is_hidden(sort)).copied().collect()
}

/// Records by whom they belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnerFilter {
    /// Anyone or no one.
    #[default]
    Any,
    /// This user.
    User(UserId),
    /// No one.
    None,
    /// Anyone or no one, as long as they were shared with the user of the lens.
    Shared,
}

/// Where records are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordPlace {
    /// Among those that are worked with.
    #[default]
    Live,
    /// In the trash.
    Trash,
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Which of them.
    pub place: RecordPlace,
    /// Looked for in the fields that are searched.
    pub search: String,
    /// By whom they belong to.
    pub owner: OwnerFilter,
    /// In any of these stages, if any are named.
    pub stages: Option<Vec<i64>>,
    /// By slot, any of these texts; an empty one means an empty field.
    pub fields: Vec<(String, Vec<String>)>,
}

pub(super) fn filtered<'a>(lens: &Lens, filter: &'a RecordFilter) -> Boxed<'a> {
    let mut query: Boxed<'a> = visible(lens);
    query = match filter.place {
        RecordPlace::Live => query.filter(records::deleted_at.is_null()),
        RecordPlace::Trash => query.filter(records::deleted_at.is_not_null()),
    };
    query = match filter.owner {
        OwnerFilter::Any => query,
        OwnerFilter::User(user) => query.filter(records::owner_id.eq(user.0)),
        OwnerFilter::None => query.filter(records::owner_id.is_null()),
        OwnerFilter::Shared => query.filter(records::id.eq_any(lens.rows().shared.iter().map(|id| id.0).collect::<Vec<_>>())),
    };
    if let Some(stages) = &filter.stages {
        query = query.filter(records::stage_id.eq_any(stages));
    }
    for (slot, values) in &filter.fields {
        let value = sql::<Bool>("coalesce(records.data->>").bind::<Text, _>(slot.clone());
        query = query.filter(value.sql(", '') = ANY(").bind::<Array<Text>, _>(values.clone()).sql(")"));
    }
    // Every word must occur, in any order.
    for word in words(&filter.search) {
        query = if lens.is_late() {
            query.filter(records::title.ilike(contains_pattern(&word)))
        } else {
            query.filter(records::search.like(contains_pattern(&word)))
        };
    }
    query
}

/// One part of a page, at most `limit` rows.
async fn part(
    conn: &TenantConn,
    lens: &Lens,
    filter: &RecordFilter,
    window: &Window,
    WindowPart { nulls, begins }: WindowPart,
    limit: i64,
) -> DbResult<Vec<(RecordRecord, String)>> {
    let mut rows = filtered(lens, filter);
    match nulls {
        Some(true) => rows = rows.filter(sql::<Bool>(format!("{} IS NULL", window.expr()))),
        Some(false) => rows = rows.filter(sql::<Bool>(format!("{} IS NOT NULL", window.expr()))),
        None => {}
    }
    match (begins, nulls, window.cursor()) {
        (true, Some(true), Some(cursor)) => {
            rows = if window.ascends() { rows.filter(records::id.gt(cursor.id)) } else { rows.filter(records::id.lt(cursor.id)) };
        }
        (true, ..) => {
            if let Some(condition) = window.condition("records.id") {
                rows = rows.filter(after(condition));
            }
        }
        _ => {}
    }
    let rows = rows.order_by(sql::<Text>(window.order("records.id"))).limit(limit);
    Ok(rows.select((columns(lens), sql::<Text>(window.value()))).load(&mut conn.shared()).await?)
}

/// One page of the records of a pipeline; `known` is how many there are, where nobody asks for that.
///
/// # Errors
/// Those of the statements.
pub async fn record_list(
    conn: &TenantConn,
    lens: &Lens,
    filter: &RecordFilter,
    query: &ListQuery,
    known: Option<i64>,
) -> DbResult<ListPage<RecordRecord>> {
    let window = match filter.place {
        RecordPlace::Live => Window::new(query, &sorts(lens), TITLE),
        RecordPlace::Trash => Window::new(query, &[DELETED], DELETED),
    };
    let counted = filtered(lens, filter).select(records::id).limit(query.count_max() + 1);
    let mut one = conn.shared();
    let total = async {
        match known {
            Some(total) => Ok(total),
            None => Counted(counted).get_result::<i64>(&mut one).await.map_err(crate::DbError::from),
        }
    };
    let found = async {
        let mut found = Vec::new();
        for next in window.parts() {
            let missing = window.limit() - i64::try_from(found.len()).unwrap_or(i64::MAX);
            if missing > 0 {
                found.extend(part(conn, lens, filter, &window, next, missing).await?);
            }
        }
        Ok(found)
    };
    let (total, found) = try_join!(total, found)?;
    let keyed = found.into_iter().map(|(record, value)| {
        let id = record.id;
        (record, value, id)
    });
    Ok(window.page(keyed.collect(), Count::from_capped(total, query.count_max())))
}

/// Bound values of a statement, for those that count and add up.
pub(super) type Figures = (i64, Option<bigdecimal::BigDecimal>);

/// How many of these records there are, and the sum of their amounts.
pub(super) async fn figures(conn: &TenantConn, query: Boxed<'_>) -> DbResult<Figures> {
    let columns = (sql::<BigInt>("count(*)"), sql::<diesel::sql_types::Nullable<diesel::sql_types::Numeric>>("sum(records.value)"));
    Ok(query.select(columns).first(&mut conn.shared()).await?)
}
