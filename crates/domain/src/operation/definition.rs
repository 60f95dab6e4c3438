//! What an operation is, and the words in which the lists beside this file are written.

use crate::{AdminRole, Permission, PermissionSet};

/// One use case.
#[derive(Debug)]
pub struct Operation {
    /// Resource first, such as `user_create`; unique on its site.
    pub name: &'static str,
    /// What it is about, such as `user`.
    pub resource: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Where it is offered.
    pub site: OperationSite,
    /// Whether it changes anything.
    pub kind: OperationKind,
    /// Who may ask for it; further rules about single records are the service's.
    pub rule: Rule,
    /// Whether the caller has to have given the password lately.
    pub reauthentication: Reauthentication,
    /// What it takes.
    pub input: &'static [Input],
    /// The type of what it gives; empty when it gives nothing.
    pub output: &'static str,
    /// Whether it gives its rows page by page.
    pub paged: bool,
}

/// Where an operation is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationSite {
    /// The platform console.
    Platform,
    /// A tenant's site.
    Tenant,
    /// Both of them.
    Both,
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Nothing changes.
    Read,
    /// Something is created or changed.
    Write,
    /// Something ends or goes that is not simply brought back.
    Destructive,
}

/// Who may ask for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody, signed in or not.
    Anyone,
    /// Everybody who is signed in.
    SignedIn,
    /// Users of the tenant who hold all of these.
    Holds(&'static [Permission]),
    /// Users of the tenant who hold one of these; the service decides by what is asked for.
    HoldsAny(&'static [Permission]),
    /// Everybody who runs the platform.
    PlatformStaff,
    /// Platform admins, not support.
    PlatformAdmin,
}

impl Rule {
    /// Whether a user of the tenant with these permissions may ask.
    #[must_use]
    pub fn permits_user(self, held: &PermissionSet) -> bool {
        match self {
            Self::Anyone | Self::SignedIn => true,
            Self::Holds(all) => all.iter().all(|permission| held.has(*permission)),
            Self::HoldsAny(some) => some.iter().any(|permission| held.has(*permission)),
            Self::PlatformStaff | Self::PlatformAdmin => false,
        }
    }

    /// Whether a platform admin in that role may ask.
    #[must_use]
    pub fn permits_admin(self, role: AdminRole) -> bool {
        match self {
            Self::Anyone | Self::SignedIn | Self::PlatformStaff => true,
            Self::PlatformAdmin => role == AdminRole::Admin,
            Self::Holds(_) | Self::HoldsAny(_) => false,
        }
    }
}

/// Whether an operation takes a fresh reauthentication (security.md 40; ASVS 5.0, 7.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reauthentication {
    /// It never does.
    Never,
    /// It does for some inputs, which the service knows.
    Sometimes,
    /// It always does.
    Always,
}

/// One value an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The id of a row.
    Id,
    /// A text.
    Text,
    /// An e-mail address.
    Email,
    /// A text that is neither kept nor shown again.
    Secret,
    /// A whole number.
    Integer,
    /// `true`, or nothing.
    Flag,
    /// A value for each key.
    Map,
    /// Search, filters, sort and page of a list.
    Query,
    /// The bytes of a file.
    File,
}

impl Kind {
    /// As the documentation names it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "text",
            Self::Email => "e-mail address",
            Self::Secret => "secret",
            Self::Integer => "number",
            Self::Flag => "`true` or nothing",
            Self::Map => "a value for each key, as `name[key]`",
            Self::Query => "the query of a list",
            Self::File => "file",
        }
    }
}

impl Operation {
    pub(in crate::operation) const fn new(name: &'static str, resource: &'static str, kind: OperationKind) -> Self {
        Self {
            name,
            resource,
            kind,
            about: "",
            site: OperationSite::Both,
            rule: Rule::SignedIn,
            reauthentication: Reauthentication::Never,
            input: &[],
            output: "",
            paged: false,
        }
    }

    pub(in crate::operation) const fn rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    pub(in crate::operation) const fn input(self, input: &'static [Input]) -> Self {
        Self { input, ..self }
    }

    pub(in crate::operation) const fn output(self, output: &'static str) -> Self {
        Self { output, ..self }
    }

    pub(in crate::operation) const fn reauthentication(self, reauthentication: Reauthentication) -> Self {
        Self { reauthentication, ..self }
    }

    pub(in crate::operation) const fn paged(self) -> Self {
        Self { paged: true, ..self }
    }

    pub(in crate::operation) const fn described(self, site: OperationSite, about: &'static str) -> Self {
        Self { site, about, ..self }
    }
}

pub(in crate::operation) const fn read(name: &'static str, resource: &'static str) -> Operation {
    Operation::new(name, resource, OperationKind::Read)
}

pub(in crate::operation) const fn write(name: &'static str, resource: &'static str) -> Operation {
    Operation::new(name, resource, OperationKind::Write)
}

pub(in crate::operation) const fn destructive(name: &'static str, resource: &'static str) -> Operation {
    Operation::new(name, resource, OperationKind::Destructive)
}

pub(in crate::operation) const fn holds(all: &'static [Permission]) -> Rule {
    Rule::Holds(all)
}

pub(in crate::operation) const fn holds_any(some: &'static [Permission]) -> Rule {
    Rule::HoldsAny(some)
}

pub(in crate::operation) const fn required(name: &'static str, kind: Kind) -> Input {
    Input { name, kind, optional: false }
}

pub(in crate::operation) const fn optional(name: &'static str, kind: Kind) -> Input {
    Input { name, kind, optional: true }
}

/// Makes a static of each operation, and a list of all of them. What an operation does is its doc comment.
macro_rules! operations {
    ($site:expr; $(#[doc = $about:literal] $name:ident = $operation:expr;)*) => {
        $(#[doc = $about] pub static $name: Operation = $operation.described($site, $about.trim_ascii());)*

        pub(super) static ALL: &[&Operation] = &[$(&$name),*];
    };
}
pub(in crate::operation) use operations;
