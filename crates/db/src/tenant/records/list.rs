//! The list of the records of a pipeline: narrowed, sorted, page by page.

use super::{
    filter::{RecordCondition, conditions, field_sort},
    rows::{Boxed, RecordRecord, columns, visible},
};
use crate::{
    DbResult, TenantConn,
    cached::{after, sql},
    fragment::Fragment,
    keyset::{Counted, SortKey, SortValues, Window, WindowPart, contains_pattern},
    schema_tenant::{job_rows, records},
};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Text},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use domain::{
    JobId,
    list::{Count, ListPage, ListQuery},
    record::Lens,
    text::words,
    user_field::FIELD_PREFIX,
};
use futures_util::try_join;

/// The sorts that every list of records has; each has an index together with pipeline and id.
const SORTS: &[SortKey] = &[
    TITLE,
    SortKey::new("value", "records.value", "numeric").descending().or_null(),
    SortKey::new("due", "records.due", "timestamptz").or_null(),
    SortKey::new("created", "records.created_at", "timestamptz").descending(),
    SortKey::new("updated", "records.updated_at", "timestamptz").descending(),
];
const TITLE: SortKey = SortKey::new("title", "records.title COLLATE \"und-x-icu\"", "text");
const DELETED: SortKey = SortKey::new("deleted", "records.deleted_at", "timestamptz").descending();

/// The sorts that a query names, as far as a lens permits them. A hidden field has none: the order of the rows would reveal its values.
fn sorts(lens: &Lens, query: &ListQuery) -> Vec<SortKey> {
    let settings = &lens.pipeline().settings;
    let is_hidden = |sort: &SortKey| match &*sort.name {
        "value" => lens.is_late() || lens.hides(settings.value.as_ref()),
        "due" => lens.is_late() || lens.hides(settings.due.as_ref()),
        _ => false,
    };
    let named = std::iter::once(&query.sort).chain(query.then.iter().map(|(name, _)| name));
    let field = |name: &String| lens.field_ref(name.strip_prefix(FIELD_PREFIX)?).filter(|field| field.related().is_none());
    let fields = named.filter_map(|name| Some(field_sort(name.clone(), &field(name)?)));
    SORTS.iter().filter(|sort| !is_hidden(sort)).cloned().chain(fields).collect()
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
    /// What they meet.
    pub conditions: Vec<RecordCondition>,
    /// Whether one of the conditions is enough.
    pub any: bool,
}

pub(super) fn filtered<'a>(lens: &Lens, filter: &'a RecordFilter) -> Boxed<'a> {
    let mut query: Boxed<'a> = visible(lens);
    query = match filter.place {
        RecordPlace::Live => query.filter(records::deleted_at.is_null()),
        RecordPlace::Trash => query.filter(records::deleted_at.is_not_null()),
    };
    if let Some(conditions) = conditions(lens, &filter.conditions, filter.any) {
        query = query.filter(conditions);
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
    part @ WindowPart { nulls, begins }: WindowPart,
    limit: i64,
) -> DbResult<Vec<(RecordRecord, SortValues)>> {
    let mut rows = filtered(lens, filter);
    match nulls {
        Some(true) => rows = rows.filter(sql::<Bool>(format!("{} IS NULL", window.expr()))),
        Some(false) => rows = rows.filter(sql::<Bool>(format!("{} IS NOT NULL", window.expr()))),
        None => {}
    }
    match (begins, nulls, window.cursor()) {
        (true, ..) if window.has_further() => {
            if let Some(condition) = window.begins(part, "records.id") {
                rows = rows.filter(condition);
            }
        }
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
    let mut rows = rows.order_by(sql::<Text>(window.order("records.id"))).limit(limit);
    if window.sorts_by(FIELD_PREFIX) {
        rows = rows.filter(Fragment::<Bool>::new("true").open());
    }
    let values = (sql::<Text>(window.value()), sql::<Array<Text>>(window.then_values()));
    Ok(rows.select((columns(lens), values)).load(&mut conn.shared()).await?)
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
        RecordPlace::Live => Window::new(query, &sorts(lens, query), TITLE),
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
    Ok(window.page_of(keyed.collect(), Count::from_capped(total, query.count_max())))
}

/// Gives each statement that follows in the transaction five seconds; [`DbError::TimedOut`](crate::DbError::TimedOut) for one that takes
/// longer.
///
/// # Errors
/// Those of the statement.
pub async fn list_limit(conn: &mut TenantConn) -> DbResult<()> {
    Ok(conn.raw().batch_execute("SET LOCAL statement_timeout = '5s'").await?)
}

/// How many records a filter finds, counted up to `most`.
///
/// # Errors
/// Those of the statement.
pub async fn record_count(conn: &TenantConn, lens: &Lens, filter: &RecordFilter, most: i64) -> DbResult<i64> {
    Ok(Counted(filtered(lens, filter).select(records::id).limit(most)).get_result(&mut conn.shared()).await?)
}

/// Notes the records that a filter finds as what a job is to do.
///
/// # Errors
/// Those of the statement.
pub async fn record_note_for_job(conn: &mut TenantConn, lens: &Lens, filter: &RecordFilter, job: JobId) -> DbResult<usize> {
    let rows = filtered(lens, filter).select((job.0.into_sql::<BigInt>(), records::id, "waiting".into_sql::<Text>()));
    let columns = (job_rows::job_id, job_rows::line, job_rows::outcome);
    Ok(rows.insert_into(job_rows::table).into_columns(columns).execute(conn.raw()).await?)
}

/// Bound values of a statement, for those that count and add up.
pub(super) type Figures = (i64, Option<bigdecimal::BigDecimal>);

/// How many of these records there are, and the sum of their amounts.
pub(super) async fn figures(conn: &TenantConn, query: Boxed<'_>) -> DbResult<Figures> {
    let columns = (sql::<BigInt>("count(*)"), sql::<diesel::sql_types::Nullable<diesel::sql_types::Numeric>>("sum(records.value)"));
    Ok(query.select(columns).first(&mut conn.shared()).await?)
}
