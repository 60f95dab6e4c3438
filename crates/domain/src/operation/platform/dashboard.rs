//! Dashboard.

use crate::operation::{Operation, OperationSite, Rule, operations, read};

operations! { OperationSite::Platform;
    /// What the dashboard shows.
    DASHBOARD = read("dashboard", "dashboard").rule(Rule::PlatformStaff).output("DashboardPage");
}
