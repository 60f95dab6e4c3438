//! Roles.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Rule, destructive, holds, holds_any, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// Makes a role. `permissions` holds `own` or `all` by the permission's name.
    ROLE_CREATE = write("role_create", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[required("name", Kind::Text), optional("description", Kind::Text), optional("permissions", Kind::Map)])
        .output("RoleKey");
    /// Deletes a role; those whose primary role it was get `fallback`.
    ROLE_DELETE = destructive("role_delete", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[required("key", Kind::Text), optional("fallback", Kind::Text)]);
    /// What the page of a role shows, beside the role `with` where there is one of that key.
    ROLE_GET = read("role_get", "role")
        .rule(holds_any(&[Permission::UsersView, Permission::RolesManage]))
        .input(&[required("key", Kind::Text), optional("with", Kind::Text)])
        .output("RolePage");
    /// All roles of the company.
    ROLE_LIST = read("role_list", "role")
        .rule(holds_any(&[Permission::UsersView, Permission::RolesManage]))
        .output("RoleListPage");
    /// What the page for a new role shows; `from` is the key of the role to begin from.
    ROLE_NEW = read("role_new", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[optional("from", Kind::Text)])
        .output("RoleNewPage");
    /// What a role may do with the fields of a pipeline.
    ROLE_FIELDS_GET = read("role_fields_get", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[required("key", Kind::Text), required("pipeline", Kind::Text)])
        .output("RoleFieldsPage");
    /// Narrows what a role may do with the fields of a pipeline: `write`, `read` or `none`, by the keys of the fields.
    ROLE_FIELDS_SET = write("role_fields_set", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[
            required("key", Kind::Text),
            required("pipeline", Kind::Text),
            required("version", Kind::Integer),
            optional("access", Kind::Map),
        ]);
    /// How far a role reaches among the records of each pipeline.
    ROLE_REACH_GET = read("role_reach_get", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[required("key", Kind::Text)])
        .output("RoleReachPage");
    /// Narrows how far a role reaches in each pipeline: `none`, `own`, `team`, `all`, or nothing for what its permissions say.
    ROLE_REACH_SET = write("role_reach_set", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[
            required("key", Kind::Text),
            required("version", Kind::Integer),
            optional("view", Kind::Map),
            optional("edit", Kind::Map),
            optional("delete", Kind::Map),
        ]);
    /// Goes on with the rights of a role alone, as far as the caller holds all of them.
    ROLE_SEE = write("role_see", "role").rule(holds(&[Permission::RolesManage])).input(&[required("key", Kind::Text)]);
    /// Goes on with the caller's own rights.
    ROLE_SEE_END = write("role_see_end", "role").rule(Rule::SignedIn);
    /// Changes a role; `version` is the one the form was filled from.
    ROLE_UPDATE = write("role_update", "role")
        .rule(holds(&[Permission::RolesManage]))
        .input(&[
            required("key", Kind::Text),
            required("version", Kind::Integer),
            required("name", Kind::Text),
            optional("description", Kind::Text),
            optional("permissions", Kind::Map),
        ]);
}
