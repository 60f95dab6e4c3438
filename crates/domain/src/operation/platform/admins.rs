//! Admins.

use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, operations, optional, read, required, write,
};

operations! { OperationSite::Platform;
    /// Changes a platform admin: `change` is `activate`, `deactivate`, `link`, `mfa_reset`, or a role to be given.
    ADMIN_CHANGE = destructive("admin_change", "admin")
        .rule(Rule::PlatformAdmin)
        .input(&[required("id", Kind::Id), required("change", Kind::Text), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Creates a platform admin, who signs in first by a one-time link.
    ADMIN_CREATE = write("admin_create", "admin")
        .rule(Rule::PlatformAdmin)
        .input(&[
            required("first_name", Kind::Text),
            required("last_name", Kind::Text),
            required("email", Kind::Email),
            optional("role", Kind::Text),
            optional("password", Kind::Secret),
        ])
        .output("OneTimeLink")
        .reauthentication(Reauthentication::Always);
    /// Everybody who runs the platform.
    ADMIN_LIST = read("admin_list", "admin").rule(Rule::PlatformStaff).output("AdminListPage");
    /// What the page for a new admin needs to know.
    ADMIN_NEW = read("admin_new", "admin").rule(Rule::PlatformAdmin).output("AdminListPage");
    /// The platform admin of an address.
    ADMIN_FIND = read("admin_find", "admin")
        .rule(Rule::PlatformStaff)
        .input(&[required("email", Kind::Email)])
        .output("AdminId");
    /// How many platform admins there are.
    ADMIN_COUNT = read("admin_count", "admin").rule(Rule::PlatformStaff).output("Integer");
    /// Seals every stored secret with the newest key.
    SECRETS_ROTATE = write("secrets_rotate", "secret").rule(Rule::PlatformAdmin).output("Rotated");
}
