//! The pages on which admins see what goes on: sessions, sign-ins, the audit log.

use super::UserHead;
use crate::{
    UserId,
    dto::{
        AuditLine,
        account::{SessionRow, SignInRow},
    },
    list::ListPage,
};
use serde::{Deserialize, Serialize};

/// An open session of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanySession {
    /// Whose it is.
    pub user: UserId,
    /// The name of whose it is.
    pub name: String,
    /// The address of whose it is.
    pub email: String,
    /// The name of the primary role.
    pub role_name: String,
    /// The session.
    pub session: SessionRow,
    /// Whether this user may do more than the caller.
    pub outranks: bool,
}

/// The page `/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionListPage {
    /// The newest of those that match, as many as the page shows.
    pub rows: Vec<CompanySession>,
    /// How many match.
    pub matching: usize,
    /// How many of those the viewer may end, the viewer's own not among them.
    pub endable: usize,
    /// How many are open in all.
    pub open: usize,
    /// Keys and names of all roles, for the filter.
    pub roles: Vec<(String, String)>,
}

/// The page `/users/{id}/sessions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserSessionsPage {
    /// The person.
    pub head: UserHead,
    /// The open sessions.
    pub rows: Vec<SessionRow>,
}

/// The page `/users/{id}/sign-ins`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignInListPage {
    /// The person.
    pub head: UserHead,
    /// Sign-ins and tries, newest first.
    pub page: ListPage<SignInRow>,
}

/// The page `/users/{id}/audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserAuditPage {
    /// The person.
    pub head: UserHead,
    /// What was done to this person, newest first.
    pub page: ListPage<AuditLine>,
}
