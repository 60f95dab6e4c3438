//! Dashboard.

use crate::operation::definition::{Operation, OperationSite, Rule, operations, read};

operations! { OperationSite::Tenant;
    /// What the dashboard shows.
    DASHBOARD = read("dashboard", "dashboard").rule(Rule::SignedIn).output("DashboardPage");
}
