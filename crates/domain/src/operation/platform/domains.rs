//! Domains.

use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, operations, optional, read, required, write,
};

operations! { OperationSite::Platform;
    /// Gives a tenant a domain: one word for a subdomain, or a whole domain, which serves once its DNS says so.
    DOMAIN_ADD = write("domain_add", "domain")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("domain", Kind::Text), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Does something with a domain: `act` is `primary`, `remove`, `vouch` or `renew`.
    DOMAIN_CHANGE = destructive("domain_change", "domain")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("slug", Kind::Text),
            required("id", Kind::Id),
            required("act", Kind::Text),
            optional("password", Kind::Secret),
        ])
        .reauthentication(Reauthentication::Always);
    /// Looks at the DNS of a claimed domain now.
    DOMAIN_CHECK = write("domain_check", "domain")
        .rule(Rule::PlatformAdmin)
        .input(&[required("slug", Kind::Text), required("id", Kind::Id)]);
    /// One page of all domains, as asked for by the query of an address.
    DOMAIN_LIST = read("domain_list", "domain")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("DomainListPage")
        .paged();
    /// The list of domains as a file, as asked for by the query of an address.
    DOMAIN_EXPORT = read("domain_export", "domain")
        .rule(Rule::PlatformStaff)
        .input(&[optional("query", Kind::Query)])
        .output("DomainListPage")
        .reauthentication(Reauthentication::Always);
}
