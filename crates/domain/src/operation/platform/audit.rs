//! Audit.

use crate::operation::definition::{Kind, Operation, OperationSite, Reauthentication, Rule, operations, optional, read};

operations! { OperationSite::Platform;
    /// One page of the platform's audit log, as asked for by the query of an address.
    AUDIT_LIST = read("audit_list", "audit")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("AuditPage")
        .paged();
    /// The platform's audit log as a file, as asked for by the query of an address.
    AUDIT_EXPORT = read("audit_export", "audit")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("AuditPage")
        .reauthentication(Reauthentication::Always);
    /// Verifies the audit logs of the platform and of its tenants.
    AUDIT_VERIFY = read("audit_verify", "audit")
        .rule(Rule::PlatformStaff)
        .input(&[optional("slug", Kind::Text)])
        .output("LogVerified");
}
