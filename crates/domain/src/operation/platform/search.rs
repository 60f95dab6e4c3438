//! Search.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, optional, read};

operations! { OperationSite::Platform;
    /// Looks through tenants, domains and platform admins; without words it finds the favourites of the caller.
    SEARCH = read("search", "search").rule(Rule::PlatformStaff).input(&[optional("q", Kind::Text)]).output("PlatformSearch");
}
