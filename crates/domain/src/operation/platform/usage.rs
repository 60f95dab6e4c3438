//! Usage.

use crate::operation::definition::{Kind, Operation, OperationSite, Reauthentication, Rule, operations, optional, read};

operations! { OperationSite::Platform;
    /// One page of companies with what they use, as asked for by the query of an address.
    USAGE_LIST = read("usage_list", "usage")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("UsageListPage")
        .paged();
    /// The usage of tenants as a file, as asked for by the query of an address.
    USAGE_EXPORT = read("usage_export", "usage")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("UsageListPage")
        .reauthentication(Reauthentication::Always);
}
