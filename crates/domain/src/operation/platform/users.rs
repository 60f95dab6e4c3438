//! Users.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, optional, read, required};

operations! { OperationSite::Platform;
    /// Looks for an address in every company, or in those from the one on whose id is `from`; an empty one looks for nobody.
    USER_FIND = read("user_find", "user")
        .rule(Rule::PlatformStaff)
        .input(&[optional("q", Kind::Text), optional("from", Kind::Text)])
        .output("UserFindPage");
    /// The user of a tenant by address.
    USER_FIND_IN = read("user_find_in", "user")
        .rule(Rule::PlatformStaff)
        .input(&[required("slug", Kind::Text), required("email", Kind::Email)])
        .output("UserId");
}
