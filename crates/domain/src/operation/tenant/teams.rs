//! Teams of users.

use crate::Permission;
use crate::operation::definition::{Kind, Operation, OperationSite, destructive, holds, operations, read, required, write};

operations! { OperationSite::Tenant;
    /// All teams.
    TEAM_LIST = read("team_list", "team").rule(holds(&[Permission::UsersManage])).output("TeamListPage");
    /// A team with its members.
    TEAM_GET = read("team_get", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)])
        .output("TeamPage");
    /// Creates a team. As for every change of a team, it takes sight of all records.
    TEAM_CREATE = write("team_create", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("name", Kind::Text)])
        .output("TeamId");
    /// Renames a team.
    TEAM_UPDATE = write("team_update", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), required("name", Kind::Text)]);
    /// Adds a user to a team, by e-mail address.
    TEAM_MEMBER_ADD = write("team_member_add", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), required("member", Kind::Email)]);
    /// Removes a user from a team.
    TEAM_MEMBER_REMOVE = write("team_member_remove", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), required("user", Kind::Id)]);
    /// Deletes a team. Its members stay, and what was shared with it no longer is.
    TEAM_DELETE = destructive("team_delete", "team")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
}
