//! Typed ids, so that a user's id can never be passed where a tenant's is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, num::ParseIntError, str::FromStr};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A company: `platform.tenants.id`.
    TenantId
}
id! {
    /// A user who works in a company: `users.id` of that tenant's schema.
    UserId
}
id! {
    /// A platform admin: `platform.platform_admins.id`.
    AdminId
}
id! {
    /// A piece of long work: `platform.jobs.id`.
    JobId
}
id! {
    /// A record of a pipeline: `records.id` of that tenant's schema.
    RecordId
}
id! {
    /// A note about a record: `notes.id` of that tenant's schema.
    NoteId
}
id! {
    /// A team of users: `teams.id` of that tenant's schema.
    TeamId
}
id! {
    /// A domain that leads to a company: `platform.domains.id`.
    DomainId
}
