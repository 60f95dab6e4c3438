//! How much companies use: counted in batches, read by page.

use crate::cached::{after, sql};
use crate::{
    DbResult, PlatformConn,
    keyset::{Counted, SortKey, Window},
    platform::ai::money,
    platform::tenants::tenant_searched,
    schema_platform::{tenants, usage_days, usage_fleet, usage_hours, usage_sizes},
};
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    sql_types::{Array, BigInt, Date, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    TenantId,
    dto::platform::{FleetDay, Requests, UsageDay, UsageRow, UsageSize},
    list::{Count, ListPage, ListQuery},
};
use serde_json::Value;

/// The rows of the whole installation.
pub const ALL: TenantId = TenantId(0);

/// The columns the list can be sorted by.
const SORTS: &[SortKey] = &[
    SORT,
    SortKey::new("users", "tenants.user_count", "integer").descending(),
    SortKey::new("storage", "coalesce(usage_sizes.bytes, -1)", "bigint").descending(),
    SortKey::new("records", "coalesce(usage_sizes.rows, -1)", "bigint").descending(),
    SortKey::new("requests", "coalesce(usage_days.requests, 0)", "bigint").descending(),
];
const SORT: SortKey = SortKey::new("name", "tenants.name_key", "text");

/// Requests counted in one process since they were last written.
#[derive(Clone, Copy, Debug)]
pub struct HourCount {
    /// Whose.
    pub tenant: TenantId,
    /// The hour it began.
    pub hour: DateTime<Utc>,
    /// How many.
    pub count: Requests,
}

/// Adds what was counted. Rows are written in one order, so that processes wait for each other and never in a circle.
///
/// # Errors
/// Those of the statements.
pub async fn usage_add(conn: &mut PlatformConn, counts: &[HourCount]) -> DbResult<()> {
    let mut counts = counts.to_vec();
    counts.sort_by_key(|count| (count.tenant, count.hour));
    let tenants: Vec<i64> = counts.iter().map(|count| count.tenant.0).collect();
    let hours: Vec<DateTime<Utc>> = counts.iter().map(|count| count.hour).collect();
    let requests: Vec<i64> = counts.iter().map(|count| count.count.requests).collect();
    let errors: Vec<i64> = counts.iter().map(|count| count.count.errors).collect();
    for sql in [
        "INSERT INTO platform.usage_hours AS u (tenant_id, hour, requests, errors) \
         SELECT t, h, r, e FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[]) AS c(t, h, r, e) ORDER BY t, h \
         ON CONFLICT (tenant_id, hour) DO UPDATE SET requests = u.requests + excluded.requests, errors = u.errors + excluded.errors",
        "INSERT INTO platform.usage_days AS u (tenant_id, day, requests, errors) \
         SELECT t, (h AT TIME ZONE 'UTC')::date, sum(r), sum(e) \
         FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[]) AS c(t, h, r, e) GROUP BY 1, 2 ORDER BY 1, 2 \
         ON CONFLICT (tenant_id, day) DO UPDATE SET requests = u.requests + excluded.requests, errors = u.errors + excluded.errors",
    ] {
        diesel::sql_query(sql)
            .bind::<Array<BigInt>, _>(&tenants)
            .bind::<Array<Timestamptz>, _>(&hours)
            .bind::<Array<BigInt>, _>(&requests)
            .bind::<Array<BigInt>, _>(&errors)
            .execute(conn.raw())
            .await?;
    }
    Ok(())
}

/// Notes who was there on a day; those noted before, by any process, are not counted again.
///
/// # Errors
/// Those of the statement.
pub async fn people_add(conn: &mut PlatformConn, day: NaiveDate, people: &[(TenantId, i64)]) -> DbResult<()> {
    let mut people = people.to_vec();
    people.sort_unstable();
    let (tenants, users): (Vec<i64>, Vec<i64>) = people.into_iter().map(|(tenant, user)| (tenant.0, user)).unzip();
    let sql = "WITH new AS ( \
           INSERT INTO platform.usage_people (day, tenant_id, user_id) \
           SELECT $1, t, u FROM unnest($2::bigint[], $3::bigint[]) AS p(t, u) ORDER BY t, u ON CONFLICT DO NOTHING RETURNING tenant_id), \
         counted AS (SELECT tenant_id, count(*) AS people FROM new GROUP BY tenant_id \
                     UNION ALL SELECT 0, count(*) FROM new HAVING count(*) > 0) \
         INSERT INTO platform.usage_days AS d (tenant_id, day, people) SELECT tenant_id, $1, people FROM counted ORDER BY tenant_id \
         ON CONFLICT (tenant_id, day) DO UPDATE SET people = d.people + excluded.people";
    diesel::sql_query(sql)
        .bind::<Date, _>(day)
        .bind::<Array<BigInt>, _>(&tenants)
        .bind::<Array<BigInt>, _>(&users)
        .execute(conn.raw())
        .await?;
    Ok(())
}

/// Requests by hour from `from` on, as far as there were any.
///
/// # Errors
/// Those of the statement.
pub async fn usage_hours(conn: &mut PlatformConn, tenant: TenantId, from: DateTime<Utc>) -> DbResult<Vec<(DateTime<Utc>, Requests)>> {
    let rows: Vec<(DateTime<Utc>, i64, i64)> = usage_hours::table
        .filter(usage_hours::tenant_id.eq(tenant.0))
        .filter(usage_hours::hour.ge(from))
        .order_by(usage_hours::hour)
        .select((usage_hours::hour, usage_hours::requests, usage_hours::errors))
        .load(conn.raw())
        .await?;
    Ok(rows.into_iter().map(|(hour, requests, errors)| (hour, Requests { requests, errors })).collect())
}

/// Days from `from` on, as far as anything was counted.
///
/// # Errors
/// Those of the statement.
pub async fn usage_days(conn: &mut PlatformConn, tenant: TenantId, from: NaiveDate) -> DbResult<Vec<UsageDay>> {
    let rows: Vec<(NaiveDate, i64, i64, i64)> = usage_days::table
        .filter(usage_days::tenant_id.eq(tenant.0))
        .filter(usage_days::day.ge(from))
        .order_by(usage_days::day)
        .select((usage_days::day, usage_days::requests, usage_days::errors, usage_days::people))
        .load(conn.raw())
        .await?;
    Ok(rows.into_iter().map(|(day, requests, errors, people)| UsageDay { day, requests: Requests { requests, errors }, people }).collect())
}

/// The companies with the most requests of a day: name, short name, requests.
///
/// # Errors
/// Those of the statement.
pub async fn usage_top(conn: &mut PlatformConn, day: NaiveDate, most: i64) -> DbResult<Vec<(String, String, i64)>> {
    Ok(usage_days::table
        .inner_join(tenants::table.on(tenants::id.eq(usage_days::tenant_id)))
        .filter(usage_days::day.eq(day))
        .filter(usage_days::requests.gt(0))
        .order_by((usage_days::requests.desc(), usage_days::tenant_id))
        .limit(most)
        .select((tenants::name, tenants::slug, usage_days::requests))
        .load(conn.raw())
        .await?)
}

/// A size as stored; nothing of it while a company was taken to be measured and was not yet.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = usage_sizes, check_for_backend(Pg))]
struct SizeRecord {
    measured_at: Option<DateTime<Utc>>,
    bytes: Option<i64>,
    rows: Option<i64>,
    tables: Option<Value>,
}

impl SizeRecord {
    fn size(self) -> Option<UsageSize> {
        let tables = match self.tables? {
            Value::Object(map) => map.into_iter().filter_map(|(name, count)| Some((name, count.as_i64()?))).collect(),
            _ => Vec::new(),
        };
        Some(UsageSize { measured_at: self.measured_at?, bytes: self.bytes?, rows: self.rows?, tables })
    }
}

/// A company's size, if it was ever measured.
///
/// # Errors
/// Those of the statement.
pub async fn size_get(conn: &mut PlatformConn, tenant: TenantId) -> DbResult<Option<UsageSize>> {
    let found = usage_sizes::table.find(tenant.0).select(SizeRecord::as_select()).first(conn.raw()).await.optional()?;
    Ok(found.and_then(SizeRecord::size))
}

/// Keeps the size of a company that was taken to be measured.
///
/// # Errors
/// Those of the statement.
pub async fn size_set(conn: &mut PlatformConn, tenant: TenantId, size: &UsageSize) -> DbResult<()> {
    let tables: serde_json::Map<String, Value> = size.tables.iter().map(|(name, count)| (name.clone(), Value::from(*count))).collect();
    let values = (
        usage_sizes::measured_at.eq(size.measured_at),
        usage_sizes::bytes.eq(size.bytes),
        usage_sizes::rows.eq(size.rows),
        usage_sizes::tables.eq(Value::Object(tables)),
    );
    // None is touched when the company went meanwhile.
    diesel::update(usage_sizes::table.find(tenant.0)).set(values).execute(conn.raw()).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    schema_name: String,
}

/// Takes tenants that are due to be measured, the longest waiting first: id and schema. No other process takes them
/// too, and one that cannot be measured waits until it is due again.
///
/// # Errors
/// Those of the statement.
pub async fn size_take(conn: &mut PlatformConn, now: DateTime<Utc>, before: DateTime<Utc>, most: i64) -> DbResult<Vec<(TenantId, String)>> {
    let sql = "WITH due AS ( \
           SELECT t.id, t.schema_name FROM platform.tenants t LEFT JOIN platform.usage_sizes s ON s.tenant_id = t.id \
           WHERE t.schema_version IS NOT NULL AND t.status <> 'purging' AND (s.tried_at IS NULL OR s.tried_at < $2) \
           ORDER BY s.tried_at NULLS FIRST, t.id LIMIT $3), \
         taken AS ( \
           INSERT INTO platform.usage_sizes AS s (tenant_id, tried_at) SELECT id, $1 FROM due \
           ON CONFLICT (tenant_id) DO UPDATE SET tried_at = excluded.tried_at WHERE s.tried_at < $2 RETURNING tenant_id) \
         SELECT due.id, due.schema_name FROM due JOIN taken ON taken.tenant_id = due.id ORDER BY due.id";
    let rows: Vec<Taken> =
        diesel::sql_query(sql).bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(before).bind::<BigInt, _>(most).load(conn.raw()).await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.id), row.schema_name)).collect())
}

/// What was spent on AI on a day (UTC).
const SPENT: &str = "(SELECT coalesce(sum(cost), 0) FROM platform.ai_usage \
    WHERE at >= $1::timestamp AT TIME ZONE 'UTC' AND at < ($1 + 1)::timestamp AT TIME ZONE 'UTC')";

/// Notes how the whole installation stands on a day that is not over.
///
/// # Errors
/// Those of the statement.
pub async fn fleet_note(conn: &mut PlatformConn, day: NaiveDate) -> DbResult<()> {
    let sql = format!(
        "INSERT INTO platform.usage_fleet (day, tenants, users, bytes, ai_spent) \
         SELECT $1, (SELECT count(*) FROM platform.tenants WHERE status IN ('active', 'suspended')), \
                (SELECT coalesce(sum(user_count), 0) FROM platform.tenants WHERE status = 'active'), \
                (SELECT sum(bytes) FROM platform.usage_sizes), {SPENT} \
         ON CONFLICT (day) DO UPDATE SET tenants = excluded.tenants, users = excluded.users, bytes = excluded.bytes, \
             ai_spent = excluded.ai_spent"
    );
    diesel::sql_query(sql).bind::<Date, _>(day).execute(conn.raw()).await?;
    Ok(())
}

/// Notes what was spent on a day that is over.
///
/// # Errors
/// Those of the statement.
pub async fn fleet_close(conn: &mut PlatformConn, day: NaiveDate) -> DbResult<()> {
    let sql = format!("UPDATE platform.usage_fleet SET ai_spent = {SPENT} WHERE day = $1");
    diesel::sql_query(sql).bind::<Date, _>(day).execute(conn.raw()).await?;
    Ok(())
}

/// The whole installation on each day from `from` on, as far as it was noted.
///
/// # Errors
/// Those of the statement.
pub async fn fleet_days(conn: &mut PlatformConn, from: NaiveDate) -> DbResult<Vec<FleetDay>> {
    let rows: Vec<(NaiveDate, i64, i64, Option<i64>, BigDecimal)> = usage_fleet::table
        .filter(usage_fleet::day.ge(from))
        .order_by(usage_fleet::day)
        .select((usage_fleet::day, usage_fleet::tenants, usage_fleet::users, usage_fleet::bytes, usage_fleet::ai_spent))
        .load(conn.raw())
        .await?;
    rows.into_iter()
        .map(|(day, tenants, users, bytes, spent)| Ok(FleetDay { day, tenants, users, bytes, ai_spent: money(&spent)? }))
        .collect()
}

/// Removes what is older than it is kept.
///
/// # Errors
/// Those of the statements.
pub async fn usage_prune(conn: &mut PlatformConn, hours_before: DateTime<Utc>, people_before: NaiveDate) -> DbResult<()> {
    diesel::delete(usage_hours::table.filter(usage_hours::hour.lt(hours_before))).execute(conn.raw()).await?;
    let gone = diesel::sql_query("DELETE FROM platform.usage_people WHERE day < $1").bind::<Date, _>(people_before);
    gone.execute(conn.raw()).await?;
    Ok(())
}

/// One page of the list of companies with what they use, archived ones not among them; `known` is how many there are, where
/// that is known without counting.
///
/// # Errors
/// Those of the statements.
pub async fn usage_list(conn: &mut PlatformConn, query: &ListQuery, today: NaiveDate, known: Option<i64>) -> DbResult<ListPage<UsageRow>> {
    let filtered = || {
        let mut rows = tenants::table
            .left_join(usage_sizes::table.on(usage_sizes::tenant_id.eq(tenants::id)))
            .left_join(usage_days::table.on(usage_days::tenant_id.eq(tenants::id).and(usage_days::day.eq(today))))
            .filter(tenants::status.eq_any(["active", "suspended"]))
            .into_boxed::<Pg>();
        if !query.q.is_empty() {
            rows = rows.filter(tenant_searched(&query.q));
        }
        rows
    };
    let total = match known {
        Some(total) => total,
        None => Counted(filtered().select(tenants::id).limit(query.count_max() + 1)).get_result(conn.raw()).await?,
    };
    let window = Window::new(query, SORTS, SORT);
    let mut rows = filtered();
    if let Some((left, middle, cursor)) = window.condition("tenants.id") {
        let bound = after((left, middle, cursor));
        rows = rows.filter(bound);
    }
    type Found = (i64, String, String, i32, Option<SizeRecord>, Option<(i64, i64, i64)>, String);
    let found: Vec<Found> = rows
        .order_by(sql::<Text>(window.order("tenants.id")))
        .limit(window.limit())
        .select((
            tenants::id,
            tenants::name,
            tenants::slug,
            tenants::user_count,
            Option::<SizeRecord>::as_select(),
            (usage_days::requests, usage_days::errors, usage_days::people).nullable(),
            sql::<Text>(window.value()),
        ))
        .load(conn.raw())
        .await?;
    let keyed = found.into_iter().map(|(id, name, slug, users, size, day, value)| {
        let (requests, errors, people) = day.unwrap_or_default();
        let today = Requests { requests, errors };
        (UsageRow { id: TenantId(id), name, slug, users, today, people, size: size.and_then(SizeRecord::size) }, value, id)
    });
    Ok(window.page(keyed.collect(), Count::from_capped(total, query.count_max())))
}
