//! AI of companies: what is configured, what they spend, and the ledger of it.

use crate::cached::sql;
use crate::{
    DbError, DbResult, PlatformConn,
    error::one_row,
    schema_platform::{ai_usage, tenants},
};
use bigdecimal::{BigDecimal, ToPrimitive};
use chrono::{DateTime, Months, NaiveDate, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool, Date, Numeric, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    Money, TenantId,
    dto::ai::{AiSpending, AiUsageRow},
};

/// A company's AI as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(Pg))]
pub struct AiRecord {
    /// The configuration, sealed.
    #[diesel(column_name = ai_config_encrypted)]
    pub config: Option<String>,
    #[diesel(column_name = ai_enabled)]
    enabled: bool,
    #[diesel(column_name = ai_usage_limit)]
    limit: BigDecimal,
    #[diesel(column_name = ai_current_usage)]
    used: BigDecimal,
    #[diesel(column_name = ai_usage_reset_date)]
    since: NaiveDate,
}

impl AiRecord {
    /// What was spent as of `today`, whether or not a month that is over was closed already.
    ///
    /// # Errors
    /// [`DbError::Decode`] for amounts that no code of Oneo has written.
    pub fn spending(&self, today: NaiveDate) -> DbResult<AiSpending> {
        let (mut since, mut until) = (self.since, next_month(self.since));
        let is_over = until <= today;
        while until <= today {
            (since, until) = (until, next_month(until));
        }
        let used = if is_over { Money::ZERO } else { money(&self.used)? };
        Ok(AiSpending { enabled: self.enabled, used, limit: money(&self.limit)?, since, until })
    }
}

/// The same day of the next month, or its last one.
fn next_month(day: NaiveDate) -> NaiveDate {
    day.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
}

pub(super) fn money(value: &BigDecimal) -> DbResult<Money> {
    let millionths = (value * BigDecimal::from(1_000_000)).to_i64();
    millionths.and_then(Money::from_millionths).ok_or_else(|| DbError::Decode(format!("amount {value}")))
}

fn numeric(amount: Money) -> BigDecimal {
    BigDecimal::new(amount.millionths().into(), 6)
}

/// What a company's AI is set to; `None` leaves one as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = tenants)]
struct Change<'a> {
    ai_config_encrypted: Option<Option<&'a str>>,
    ai_enabled: Option<bool>,
    ai_usage_limit: Option<BigDecimal>,
    updated_at: Option<DateTime<Utc>>,
}

/// A company's AI.
///
/// # Errors
/// [`DbError::Stale`] when the company is not there any more.
pub async fn ai_get(conn: &mut PlatformConn, id: TenantId) -> DbResult<AiRecord> {
    let found = tenants::table.find(id.0).select(AiRecord::as_select()).first(conn.raw()).await.optional()?;
    found.ok_or(DbError::Stale)
}

/// The companies that have a configuration, with it, by their ids.
///
/// # Errors
/// Those of the statement.
pub async fn ai_config_list(conn: &mut PlatformConn) -> DbResult<Vec<(TenantId, String, String)>> {
    let rows: Vec<(i64, String, Option<String>)> = tenants::table
        .filter(tenants::ai_config_encrypted.is_not_null())
        .order_by(tenants::id)
        .select((tenants::id, tenants::slug, tenants::ai_config_encrypted))
        .load(conn.raw())
        .await?;
    Ok(rows.into_iter().filter_map(|(id, slug, config)| Some((TenantId(id), slug, config?))).collect())
}

/// Sets configuration, permission and limit.
///
/// # Errors
/// [`DbError::RowsAffected`] when the company is not there.
pub async fn ai_set(
    conn: &mut PlatformConn,
    id: TenantId,
    config: Option<&str>,
    enabled: bool,
    limit: Money,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let change = Change {
        ai_config_encrypted: Some(config),
        ai_enabled: Some(enabled),
        ai_usage_limit: Some(numeric(limit)),
        updated_at: Some(now),
    };
    one_row(diesel::update(tenants::table.find(id.0)).set(change).execute(conn.raw()).await?)
}

/// Puts a configuration in the place of `old`, unless it was changed meanwhile; `false` when it was.
///
/// # Errors
/// Those of the statement.
pub async fn ai_config_replace(conn: &mut PlatformConn, id: TenantId, old: &str, new: Option<&str>) -> DbResult<bool> {
    let row = tenants::table.find(id.0).filter(tenants::ai_config_encrypted.eq(old));
    Ok(diesel::update(row).set(tenants::ai_config_encrypted.eq(new)).execute(conn.raw()).await? == 1)
}

/// Begins the month of spending anew, today.
///
/// # Errors
/// [`DbError::RowsAffected`] when the company is not there.
pub async fn ai_reset(conn: &mut PlatformConn, id: TenantId, today: NaiveDate) -> DbResult<()> {
    let values = (tenants::ai_current_usage.eq(BigDecimal::from(0)), tenants::ai_usage_reset_date.eq(today));
    one_row(diesel::update(tenants::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// A month of spending that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiMonthClosed {
    /// Whose.
    pub id: TenantId,
    /// The company's name.
    pub name: String,
    /// What was spent in it.
    pub used: Money,
}

#[derive(QueryableByName)]
struct Closed {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = Numeric)]
    used: BigDecimal,
}

/// Closes one month of each that is over: `which` narrows the tenants, `$1` is the day. Months follow each other, so the one
/// after a short February begins on its last day. The first condition is the one that an index answers.
fn close_sql(which: &str) -> String {
    format!(
        "UPDATE platform.tenants t SET ai_current_usage = 0, ai_usage_reset_date = (t.ai_usage_reset_date + interval '1 month')::date \
         FROM (SELECT id, ai_current_usage FROM platform.tenants \
               WHERE ai_usage_reset_date <= $1 - 28 AND ai_usage_reset_date + interval '1 month' <= $1 {which} FOR UPDATE) old \
         WHERE t.id = old.id RETURNING t.id, t.name, old.ai_current_usage AS used"
    )
}

fn closed(row: Closed) -> DbResult<AiMonthClosed> {
    Ok(AiMonthClosed { id: TenantId(row.id), name: row.name, used: money(&row.used)? })
}

/// Closes a company's month of spending, if it is over by `today`.
///
/// # Errors
/// Those of the statement.
pub async fn ai_month_close(conn: &mut PlatformConn, id: TenantId, today: NaiveDate) -> DbResult<Option<AiMonthClosed>> {
    let close = diesel::sql_query(close_sql("AND id = $2")).bind::<Date, _>(today).bind::<BigInt, _>(id.0);
    let row: Option<Closed> = close.get_result(conn.raw()).await.optional()?;
    row.map(closed).transpose()
}

/// Closes a month of at most 100 tenants that are due.
///
/// # Errors
/// Those of the statement.
pub async fn ai_months_close(conn: &mut PlatformConn, today: NaiveDate) -> DbResult<Vec<AiMonthClosed>> {
    let close = diesel::sql_query(close_sql("ORDER BY id LIMIT 100")).bind::<Date, _>(today);
    let rows: Vec<Closed> = close.load(conn.raw()).await?;
    rows.into_iter().map(closed).collect()
}

/// A call to an AI that is to be paid.
#[derive(Clone, Debug)]
pub struct AiCharge<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// What for.
    pub what: &'a str,
    /// Whose service.
    pub provider: &'a str,
    /// The model.
    pub model: &'a str,
    /// Tokens sent.
    pub tokens_in: i64,
    /// Tokens received.
    pub tokens_out: i64,
    /// What it cost.
    pub cost: Money,
    /// By whom.
    pub actor: &'a str,
}

/// The feature `ai`, which is on unless it was switched off.
const IN_PLAN: &str = "features_enabled -> 'ai' IS DISTINCT FROM 'false'::jsonb";

/// Adds the cost to what a company spent and writes it into the ledger, unless that would pass the limit: one
/// conditional statement, so that no race can pass it either. Gives what is spent now and the limit; none when refused.
///
/// # Errors
/// Those of the statements.
pub async fn ai_charge(conn: &mut PlatformConn, id: TenantId, charge: &AiCharge<'_>) -> DbResult<Option<(Money, Money)>> {
    let cost = numeric(charge.cost);
    let below_limit = tenants::table
        .find(id.0)
        .filter(tenants::ai_enabled)
        .filter(tenants::status.eq("active"))
        .filter(sql::<Bool>(IN_PLAN))
        .filter((tenants::ai_current_usage + cost.clone()).le(tenants::ai_usage_limit));
    let spent: Option<(BigDecimal, BigDecimal)> = diesel::update(below_limit)
        .set(tenants::ai_current_usage.eq(tenants::ai_current_usage + cost.clone()))
        .returning((tenants::ai_current_usage, tenants::ai_usage_limit))
        .get_result(conn.raw())
        .await
        .optional()?;
    let Some((used, limit)) = spent else { return Ok(None) };
    let values = (
        ai_usage::tenant_id.eq(id.0),
        ai_usage::at.eq(charge.at),
        ai_usage::what.eq(charge.what),
        ai_usage::provider.eq(charge.provider),
        ai_usage::model.eq(charge.model),
        ai_usage::tokens_in.eq(charge.tokens_in),
        ai_usage::tokens_out.eq(charge.tokens_out),
        ai_usage::cost.eq(cost),
        ai_usage::actor_label.eq(charge.actor),
    );
    one_row(diesel::insert_into(ai_usage::table).values(values).execute(conn.raw()).await?)?;
    Ok(Some((money(&used)?, money(&limit)?)))
}

/// The newest lines of a company's ledger.
///
/// # Errors
/// Those of the statement.
pub async fn ai_usage_newest(conn: &mut PlatformConn, id: TenantId, lines: i64) -> DbResult<Vec<AiUsageRow>> {
    type Line = (DateTime<Utc>, String, String, i64, i64, BigDecimal, String);
    let rows: Vec<Line> = ai_usage::table
        .filter(ai_usage::tenant_id.eq(id.0))
        .order_by(ai_usage::id.desc())
        .limit(lines)
        .select((
            ai_usage::at,
            ai_usage::what,
            ai_usage::model,
            ai_usage::tokens_in,
            ai_usage::tokens_out,
            ai_usage::cost,
            ai_usage::actor_label,
        ))
        .load(conn.raw())
        .await?;
    rows.into_iter()
        .map(|(at, what, model, tokens_in, tokens_out, cost, by)| {
            Ok(AiUsageRow { at, what, model, tokens_in, tokens_out, cost: money(&cost)?, by })
        })
        .collect()
}

#[derive(QueryableByName)]
struct Day {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(sql_type = Numeric)]
    cost: BigDecimal,
}

/// What one company, or all of them, spent on each day (UTC) from `from` on, as far as anything was spent.
///
/// # Errors
/// Those of the statement.
pub async fn ai_usage_by_day(conn: &mut PlatformConn, only: Option<TenantId>, from: DateTime<Utc>) -> DbResult<Vec<(NaiveDate, Money)>> {
    let rows: Vec<Day> = diesel::sql_query(
        "SELECT (at AT TIME ZONE 'UTC')::date AS day, sum(cost) AS cost FROM platform.ai_usage \
         WHERE at >= $1 AND ($2 IS NULL OR tenant_id = $2) GROUP BY 1 ORDER BY 1",
    )
    .bind::<Timestamptz, _>(from)
    .bind::<diesel::sql_types::Nullable<BigInt>, _>(only.map(|id| id.0))
    .load(conn.raw())
    .await?;
    rows.into_iter().map(|row| Ok((row.day, money(&row.cost)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_people_expect_it() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let record = |since: &str| AiRecord {
            config: None,
            enabled: true,
            limit: BigDecimal::from(100),
            used: BigDecimal::from(7),
            since: day(since),
        };
        let spending = record("2026-01-31").spending(day("2026-02-27")).unwrap();
        assert_eq!((spending.used.to_string(), spending.until), ("7.00".to_owned(), day("2026-02-28")));
        let spending = record("2026-01-31").spending(day("2026-03-01")).unwrap();
        assert_eq!((spending.used, spending.since, spending.until), (Money::ZERO, day("2026-02-28"), day("2026-03-28")));
        let spending = record("2026-05-10").spending(day("2026-05-01")).unwrap();
        assert_eq!(spending.since, day("2026-05-10"));
    }
}
