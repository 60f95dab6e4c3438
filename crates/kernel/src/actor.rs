//! Who acts, as the audit log and the events name it.

use domain::{AdminId, JobId, UserId};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A platform admin.
    PlatformAdmin {
        /// The admin.
        id: AdminId,
        /// The address to sign in with.
        email: String,
    },
    /// A user of the tenant.
    User {
        /// The user.
        id: UserId,
        /// The address to sign in with.
        email: String,
    },
    /// The operator at the command line.
    Operator {
        /// The name of the account of the operating system.
        name: String,
    },
    /// A program, with what its token permits of the rights of a user.
    ApiToken {
        /// The row of the token.
        id: i64,
        /// The user it acts for.
        user: UserId,
        /// The name of the token.
        name: String,
    },
    /// A job, for the user who asked for it.
    Job {
        /// The job.
        id: JobId,
        /// The user of the tenant who asked; none for a job of the platform.
        user: Option<UserId>,
        /// The actor, as a person reads it.
        asked_by: String,
    },
    /// Oneo itself.
    System {
        /// The rule that made it act.
        rule: &'static str,
    },
    /// A caller who is not signed in.
    Visitor {
        /// The address that was given.
        email: String,
    },
}

/// How the label of an operator begins.
const OPERATOR: &str = "operator ";
/// How the label of a rule begins.
const SYSTEM: &str = "Oneo, ";

impl Actor {
    /// The kind, as the log keeps it. A job is noted as the user who asked for it; the request id names the job.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PlatformAdmin { .. } => "platform_admin",
            Self::User { .. } | Self::ApiToken { .. } | Self::Job { user: Some(_), .. } => "user",
            Self::Job { asked_by, .. } if asked_by.starts_with(OPERATOR) => "operator",
            Self::Job { asked_by, .. } if asked_by.starts_with(SYSTEM) => "system",
            Self::Job { .. } => "platform_admin",
            Self::Operator { .. } => "operator",
            Self::System { .. } => "system",
            Self::Visitor { .. } => "anonymous",
        }
    }

    /// The row of the actor, where there is one.
    #[must_use]
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::PlatformAdmin { id, .. } => Some(id.0),
            _ => self.user().map(|id| id.0),
        }
    }

    /// The user of the tenant who acts, or for whom something acts.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::ApiToken { user, .. } => Some(*user),
            Self::Job { user, .. } => *user,
            _ => None,
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::PlatformAdmin { email, .. } | Self::User { email, .. } | Self::Visitor { email } => email.clone(),
            Self::Operator { name } => format!("{OPERATOR}{name}"),
            Self::ApiToken { name, .. } => format!("API token {name}"),
            Self::Job { asked_by, .. } => asked_by.clone(),
            Self::System { rule } => format!("{SYSTEM}{rule}"),
        }
    }
}
