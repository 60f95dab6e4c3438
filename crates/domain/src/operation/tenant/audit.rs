//! Audit.

use crate::Permission;
use crate::operation::definition::{Kind, Operation, OperationSite, Reauthentication, holds, operations, optional, read};

operations! { OperationSite::Tenant;
    /// One page of the company's audit log, as asked for by the query of an address.
    AUDIT_LIST = read("audit_list", "audit")
        .rule(holds(&[Permission::AuditView]))
        .input(&[optional("query", Kind::Query)])
        .output("ListPage<AuditLine>")
        .paged();
    /// The company's audit log as a file, as asked for by the query of an address.
    AUDIT_EXPORT = read("audit_export", "audit")
        .rule(holds(&[Permission::AuditView]))
        .input(&[optional("query", Kind::Query)])
        .output("ListPage<AuditLine>")
        .reauthentication(Reauthentication::Always);
}
