//! People of all companies, looked up by their address.

use crate::{TenantId, UserId, list::grouped};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A user who was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserHit {
    /// The company's name.
    pub tenant: String,
    /// Its short name.
    pub slug: String,
    /// The user there.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The primary role, as stored.
    pub role: String,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
}

/// What looking for an address came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFound {
    /// Where the address is known.
    pub hits: Vec<UserHit>,
    /// Companies that were asked.
    pub asked: usize,
    /// Companies there are.
    pub total: usize,
    /// Companies that did not answer.
    pub silent: Vec<String>,
    /// Where to go on, when time was up before all were asked.
    pub next: Option<TenantId>,
}

impl UserFound {
    /// How far the look went, in a sentence.
    #[must_use]
    pub fn reach(&self) -> String {
        let count = |number: usize| grouped(i64::try_from(number).unwrap_or(i64::MAX));
        let silent = match self.silent.as_slice() {
            [] => String::new(),
            silent => format!(" These did not answer: {}.", silent.join(", ")),
        };
        if self.next.is_none() {
            format!("All {} tenants were searched.{silent}", count(self.total))
        } else {
            format!("{} of {} tenants were searched before the time limit.{silent}", count(self.asked), count(self.total))
        }
    }
}

/// The page `/users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFindPage {
    /// The address asked for; empty at first.
    pub q: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What was found, once an address was asked for.
    pub found: Option<UserFound>,
}
