//! The pages of a tenant's site.

mod bulk;
mod fields;
mod import;
mod pipelines;
mod records;
mod related;
mod roles;
mod settings;
mod teams;
mod watch;

pub use bulk::{BulkPage, CompanyJobListPage, CompanyJobPage, LeftRow};
pub use fields::{UserFieldRow, UserFieldsPage};
pub use import::{ImportPage, ImportSheet, ImportTarget, RecordImportNewPage, RecordImportPage};
pub use pipelines::{DeletedDefinition, FieldTypePage, PipelineDefinitionPage, PipelineListPage, PipelineRow, TypeExample, TypeLook};
pub use records::{
    BoardColumn, FilterAdding, FilterShown, OwnerChoices, RecordBoardPage, RecordBulkPage, RecordCell, RecordEvent, RecordExportPage,
    RecordExportRow, RecordFormPage, RecordInput, RecordListPage, RecordOwner, RecordPage, RecordRow, RecordShare, RecordSharePage,
    RecordTrashPage, WorkList, WorkPage,
};
pub use related::{Hop, HopHit, RecordHopsPage, RecordLinkPage, RecordNote, RecordRelated, RelatedRow, TaskGroup, TaskListPage, TaskRow};
pub use roles::{
    FurtherRole, PermissionRow, RoleField, RoleFieldsPage, RoleListPage, RoleLock, RoleNewPage, RolePage, RoleReachPage, RoleReachPipeline,
    RoleRow, UserAccessPage,
};
pub use settings::{CompanyAiPage, FreeSetting, FreeSettingsPage, SettingHistoryPage, SettingReach, SettingRow, SettingsPage};
pub use teams::{TeamListPage, TeamMember, TeamPage, TeamRow};
pub use watch::{CompanySession, SessionListPage, SignInListPage, UserAuditPage, UserSessionsPage};

use super::{Attention, AuditRow, LinkInfo};
use crate::{
    PermissionSet, UserId, UserState,
    list::{ListPage, ListViews},
    user_field::UserField,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One person in the list of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserRow {
    /// The user.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// The user name.
    pub username: String,
    /// The key of the primary role.
    pub role: String,
    /// The name of the primary role.
    pub role_name: String,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// When the user was deleted; such a one can be brought back.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The address of the picture.
    pub photo: Option<String>,
    /// The state that follows from all that is known.
    pub state: UserState,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
    /// When the user was created.
    pub created_at: DateTime<Utc>,
    /// The keys and values of custom fields, as forms hold them, where they were asked for.
    pub fields: Vec<(String, String)>,
}

/// A role to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChoice {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub sentence: String,
    /// What it permits.
    pub permissions: PermissionSet,
}

/// Users and what they are limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Active users now.
    pub active_users: i32,
    /// The most there may be.
    pub max_users: i32,
}

/// The page `/users`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserListPage {
    /// The rows asked for.
    pub page: ListPage<UserRow>,
    /// All roles, for the filter.
    pub roles: Vec<RoleChoice>,
    /// Users of quota.
    pub quota: Quota,
    /// How the viewer reads the list.
    pub views: ListViews,
    /// The custom fields of users.
    pub fields: Vec<UserField>,
}

/// The page `/users/new`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserNewPage {
    /// The roles to choose from.
    pub roles: Vec<RoleChoice>,
    /// Users of quota.
    pub quota: Quota,
    /// The custom fields of users.
    pub fields: Vec<UserField>,
}

/// What every page of one person shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserHead {
    /// The person.
    pub user: UserRow,
    /// When it was last changed, in microseconds since 1970: the version an edit is based on.
    pub version: i64,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// What this user may do.
    pub permissions: PermissionSet,
}

/// The page `/users/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserPage {
    /// The person.
    pub head: UserHead,
    /// First name, for the form.
    pub first_name: String,
    /// Last name, for the form.
    pub last_name: String,
    /// The custom fields, each with what stands in it.
    pub fields: Vec<(UserField, String)>,
    /// What is kept besides, as indented JSON.
    pub metadata: String,
    /// The newest one-time link.
    pub link: Option<LinkInfo>,
    /// Whether the account has a second factor.
    pub has_factor: bool,
    /// Whether a new password is asked for before anything else.
    pub must_change_password: bool,
    /// Whether e-mails can be sent.
    pub mail_is_on: bool,
    /// The roles to choose from.
    pub roles: Vec<RoleChoice>,
    /// The user to whom this one reports: id, name and address.
    pub manager: Option<(UserId, String, String)>,
    /// Sessions that are open now.
    pub sessions: u64,
    /// Seconds for which nobody can sign in as this person, after too many wrong passwords.
    pub locked_for: Option<u32>,
    /// What happened to this person lately.
    pub audit: Vec<AuditRow>,
}

/// The page `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DashboardPage {
    /// Users of quota.
    pub quota: Quota,
    /// Active users of each role.
    pub roles: Vec<(String, i64)>,
    /// Users who were invited and have not signed in yet.
    pub waiting: i64,
    /// Users who signed in within the last seven days.
    pub signed_in_7_days: i64,
    /// What needs attention.
    pub attention: Vec<Attention>,
    /// The newest lines of the audit log, for those who may read it.
    pub audit: Option<Vec<AuditRow>>,
    /// What a new company's owner does first; none once all of it is done, or put away.
    pub onboarding: Option<Onboarding>,
}

/// What a new company's owner does first, and what of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onboarding {
    /// A user besides the owner is there.
    pub colleagues: bool,
    /// The company does not depend on one person.
    pub second_owner: bool,
    /// The owner's account is guarded by more than a password.
    pub second_factor: bool,
}

impl Onboarding {
    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_done(self) -> bool {
        self.colleagues && self.second_owner && self.second_factor
    }
}
