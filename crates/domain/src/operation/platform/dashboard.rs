//! Dashboard.

use crate::operation::definition::{Operation, OperationSite, Rule, operations, read};

operations! { OperationSite::Platform;
    /// What the dashboard shows.
    DASHBOARD = read("dashboard", "dashboard").rule(Rule::PlatformStaff).output("DashboardPage");
}
