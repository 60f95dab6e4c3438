//! How much companies use.

use super::TenantHead;
use crate::{
    Money, TenantId,
    list::{ListPage, ListViews},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Requests of an hour or a day, and how many of them failed by a fault of Oneo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// All of them.
    pub requests: i64,
    /// Those answered with 500 or more.
    pub errors: i64,
}

/// A day of a company, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageDay {
    /// The day (UTC).
    pub day: NaiveDate,
    /// Its requests.
    pub requests: Requests,
    /// People who were there while signed in.
    pub people: i64,
}

/// A size as last measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSize {
    /// When.
    pub measured_at: DateTime<Utc>,
    /// Bytes on disk, indexes included.
    pub bytes: i64,
    /// Rows in all tables.
    pub rows: i64,
    /// Rows of each table.
    pub tables: Vec<(String, i64)>,
}

/// The page `/tenants/{slug}/usage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantUsagePage {
    /// The tenant.
    pub head: TenantHead,
    /// Requests of each of the last 24 hours, oldest first.
    pub hours: Vec<(DateTime<Utc>, Requests)>,
    /// The last 30 days, oldest first.
    pub days: Vec<UsageDay>,
    /// Its size; none while it was never measured.
    pub size: Option<UsageSize>,
}

/// One company in the list of usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// The tenant.
    pub id: TenantId,
    /// The company's name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Active users, as last reported.
    pub users: i32,
    /// Today.
    pub today: Requests,
    /// People who were there today.
    pub people: i64,
    /// Its size; none while it was never measured.
    pub size: Option<UsageSize>,
}

/// The page `/usage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageListPage {
    /// The rows asked for.
    pub page: ListPage<UsageRow>,
    /// How the viewer reads the list.
    pub views: ListViews,
}

/// A day of the whole installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetDay {
    /// The day (UTC).
    pub day: NaiveDate,
    /// Companies.
    pub tenants: i64,
    /// Active users.
    pub users: i64,
    /// Bytes on disk of the companies that were measured.
    pub bytes: Option<i64>,
    /// Spent on AI on that day.
    pub ai_spent: Money,
}
