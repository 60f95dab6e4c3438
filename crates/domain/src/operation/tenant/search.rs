//! Search.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, optional, read};

operations! { OperationSite::Tenant;
    /// Looks through the users and roles that the caller may see.
    SEARCH = read("search", "search").rule(Rule::SignedIn).input(&[optional("q", Kind::Text)]).output("TenantSearch");
}
