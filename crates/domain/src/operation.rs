//! The registry of operations: every use case by its name, with who may ask for it, what it takes and what it gives.
//!
//! A service begins its transaction with the operation it serves, which is where the rule and the reauthentication written here
//! are enforced. The authorization matrix and `docs/API.md` are made from the same list, as further surfaces will be.

mod definition;
pub mod platform;
pub mod shared;
pub mod tenant;

pub use definition::{Input, Kind, Operation, OperationKind, OperationSite, Reauthentication, Rule};

/// Every operation.
pub fn operation_list() -> impl Iterator<Item = &'static Operation> {
    [shared::ALL, platform::ALL, tenant::ALL].into_iter().flatten().copied().flatten().copied()
}

/// The operation of that name on a site; `None` when there is none.
#[must_use]
pub fn operation_find(site: OperationSite, name: &str) -> Option<&'static Operation> {
    operation_list().find(|operation| (operation.site == site || operation.site == OperationSite::Both) && operation.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdminRole, PermissionSet};
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_on_their_site_and_described() {
        let mut seen = BTreeSet::new();
        for operation in operation_list() {
            let sites = match operation.site {
                OperationSite::Both => vec!["platform", "tenant"],
                OperationSite::Platform => vec!["platform"],
                OperationSite::Tenant => vec!["tenant"],
            };
            for site in sites {
                assert!(seen.insert((site, operation.name)), "{site} {}", operation.name);
            }
            assert!(operation.about.ends_with('.'), "{}: {:?}", operation.name, operation.about);
            assert!(
                operation.kind != OperationKind::Read || operation.reauthentication != Reauthentication::Sometimes,
                "{}",
                operation.name
            );
        }
    }

    #[test]
    fn a_rule_of_the_platform_permits_no_user_and_one_of_a_tenant_no_admin() {
        for operation in operation_list().filter(|operation| operation.site != OperationSite::Both && operation.rule != Rule::Anyone) {
            match operation.site {
                OperationSite::Platform => assert!(!operation.rule.permits_user(&PermissionSet::default()), "{}", operation.name),
                _ => assert!(operation.rule == Rule::SignedIn || !operation.rule.permits_admin(AdminRole::Admin), "{}", operation.name),
            }
        }
    }
}
