//! Those who run the platform.

use crate::{AdminId, AdminRole};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One platform admin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminRow {
    /// The admin.
    pub id: AdminId,
    /// First and last name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// What the admin may do.
    pub role: AdminRole,
    /// Whether the admin may sign in.
    pub is_active: bool,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Whether a second factor is asked for.
    pub has_factor: bool,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
}

/// The page `/admins`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminListPage {
    /// All of them.
    pub rows: Vec<AdminRow>,
}
