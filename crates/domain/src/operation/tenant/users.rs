//! Users.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, destructive, holds, holds_any, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// Sets to whom a user reports, by e-mail address; nothing for no one. It takes sight of all records.
    USER_SET_MANAGER = write("user_set_manager", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("manager", Kind::Email)]);
    /// Asks a user for a new password before anything else.
    USER_PASSWORD_EXPIRE = write("user_password_expire", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Takes back the open one-time link of a user.
    USER_LINK_REVOKE = destructive("user_link_revoke", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Sends an invitation by mail while there is no password, else a reset.
    USER_MAIL_SEND = write("user_mail_send", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Takes the second factor of a user away who has lost it.
    USER_MFA_RESET = destructive("user_mfa_reset", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Ends all sessions of a user.
    USER_SIGN_OUT = destructive("user_sign_out", "user")
        .rule(holds(&[Permission::SessionsManage]))
        .input(&[required("id", Kind::Id)]);
    /// Does something for many users: `query` says for whom, `expected` how many were shown.
    USER_BULK = destructive("user_bulk", "user")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage]))
        .input(&[
            required("act", Kind::Text),
            required("query", Kind::Text),
            required("expected", Kind::Integer),
            optional("user_type", Kind::Text),
            optional("password", Kind::Secret),
        ])
        .output("BulkDone")
        .reauthentication(Reauthentication::Always);
    /// What an act for many is about, as asked for by the query of an address.
    USER_BULK_ASK = read("user_bulk_ask", "user")
        .rule(holds_any(&[Permission::UsersManage, Permission::SessionsManage]))
        .input(&[required("act", Kind::Text), optional("query", Kind::Query)])
        .output("BulkPage");
    /// The custom fields of users.
    USER_FIELD_LIST = read("user_field_list", "user_field")
        .rule(holds(&[Permission::SettingsManage]))
        .output("UserFieldsPage");
    /// Defines a custom field of users; `key` brings a deleted one back to its `place`, with the values that users still have.
    USER_FIELD_CREATE = write("user_field_create", "user_field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("label", Kind::Text),
            required("kind", Kind::Text),
            optional("choices", Kind::Text),
            optional("is_required", Kind::Flag),
            optional("is_unique", Kind::Flag),
            optional("key", Kind::Text),
            optional("place", Kind::Integer),
        ]);
    /// Changes a custom field of users, based on its `version`; its key and its kind stay.
    USER_FIELD_UPDATE = write("user_field_update", "user_field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("key", Kind::Text),
            required("version", Kind::Integer),
            required("label", Kind::Text),
            optional("choices", Kind::Text),
            optional("is_required", Kind::Flag),
            optional("is_unique", Kind::Flag),
        ]);
    /// Moves a custom field of users one place: `to` is `up` or `down`.
    USER_FIELD_MOVE = write("user_field_move", "user_field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("key", Kind::Text), required("to", Kind::Text)]);
    /// Deletes a custom field of users; values that users have stay in their metadata.
    USER_FIELD_DELETE = destructive("user_field_delete", "user_field")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("key", Kind::Text)]);
    /// The page on which a list is chosen.
    USER_IMPORT_NEW = read("user_import_new", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .output("Storage");
    /// Imports a list of users: a multipart form, of which the file is read to disk. Leads to its draft.
    USER_IMPORT_UPLOAD = write("user_import_upload", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .input(&[required("file", Kind::File)])
        .output("JobId");
    /// A list that came in: its first lines, and how its columns are mapped.
    USER_IMPORT_GET = read("user_import_get", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .input(&[required("id", Kind::Id)])
        .output("ImportPage");
    /// Reads a list that came in another way: another encoding, delimiter or first line.
    USER_IMPORT_READ = write("user_import_read", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .input(&[
            required("id", Kind::Id),
            optional("encoding", Kind::Text),
            optional("delimiter", Kind::Text),
            optional("has_header", Kind::Flag),
        ]);
    /// Keeps how a list is to be taken, and begins a job that looks at what that would do.
    USER_IMPORT_CHECK = write("user_import_check", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .input(&[
            required("id", Kind::Id),
            optional("columns", Kind::Map),
            optional("mode", Kind::Text),
            optional("match_by", Kind::Text),
            optional("user_type", Kind::Text),
        ])
        .output("JobId");
    /// Begins the import that a job has looked at.
    USER_IMPORT_RUN = destructive("user_import_run", "user")
        .rule(holds(&[Permission::UsersCreate, Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("password", Kind::Secret)])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// Takes an import back, as far as nobody changed what it did.
    USER_IMPORT_UNDO = destructive("user_import_undo", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("password", Kind::Secret)])
        .output("JobId")
        .reauthentication(Reauthentication::Always);
    /// What was done to a user.
    USER_AUDIT = read("user_audit", "user")
        .rule(holds(&[Permission::UsersView, Permission::AuditView]))
        .input(&[required("id", Kind::Id), optional("query", Kind::Query)])
        .output("UserAuditPage")
        .paged();
    /// The open sessions of a user.
    USER_SESSIONS = read("user_sessions", "user")
        .rule(holds(&[Permission::UsersView, Permission::SessionsManage]))
        .input(&[required("id", Kind::Id)])
        .output("UserSessionsPage");
    /// How a user signed in, or tried to.
    USER_SIGN_INS = read("user_sign_ins", "user")
        .rule(holds(&[Permission::UsersView, Permission::SessionsManage]))
        .input(&[required("id", Kind::Id), optional("query", Kind::Query)])
        .output("SignInListPage")
        .paged();
    /// What the page of a user's permissions shows.
    USER_ACCESS = read("user_access", "user")
        .rule(holds(&[Permission::UsersView]))
        .input(&[required("id", Kind::Id)])
        .output("UserAccessPage");
    /// Gives a user further roles and decides single permissions: `own`, `all` or `deny` by the permission's name.
    USER_SET_ACCESS = destructive("user_set_access", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[
            required("id", Kind::Id),
            required("version", Kind::Integer),
            optional("further", Kind::Map),
            optional("permissions", Kind::Map),
        ]);
    /// Reactivates a user.
    USER_ACTIVATE = write("user_activate", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Creates a user, who signs in first by a one-time link.
    USER_CREATE = write("user_create", "user")
        .rule(holds(&[Permission::UsersCreate]))
        .input(&[
            required("first_name", Kind::Text),
            required("last_name", Kind::Text),
            required("email", Kind::Email),
            optional("username", Kind::Text),
            optional("user_type", Kind::Text),
            optional("invite", Kind::Text),
            optional("fields", Kind::Map),
            optional("boxes", Kind::Map),
            optional("password", Kind::Secret),
        ])
        .output("OneTimeLink")
        .reauthentication(Reauthentication::Sometimes);
    /// Deactivates a user and ends the user's sessions.
    USER_DEACTIVATE = destructive("user_deactivate", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Deletes a user: hidden, signed out, without a place, and to be brought back.
    USER_DELETE = destructive("user_delete", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Brings a deleted user back, who is active then.
    USER_RESTORE = write("user_restore", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// Lets a user try to sign in again at once, after too many wrong passwords.
    USER_UNLOCK = write("user_unlock", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id)]);
    /// What the page of a user shows.
    USER_GET = read("user_get", "user")
        .rule(holds(&[Permission::UsersView]))
        .input(&[required("id", Kind::Id)])
        .output("UserPage");
    /// Makes a one-time link to hand over: an invitation while there is no password, else a reset.
    USER_LINK_CREATE = write("user_link_create", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[required("id", Kind::Id), optional("password", Kind::Secret)])
        .output("OneTimeLink")
        .reauthentication(Reauthentication::Sometimes);
    /// One page of the list of users, as asked for by the query of an address.
    USER_LIST = read("user_list", "user")
        .rule(holds(&[Permission::UsersView]))
        .input(&[optional("query", Kind::Query)])
        .output("UserListPage")
        .paged();
    /// What the page for a new user shows.
    USER_NEW = read("user_new", "user").rule(holds(&[Permission::UsersCreate])).output("UserNewPage");
    /// Changes a user; `version` is the one the form was filled from, `seen` what stood in its fields then.
    USER_UPDATE = write("user_update", "user")
        .rule(holds(&[Permission::UsersManage]))
        .input(&[
            required("id", Kind::Id),
            required("version", Kind::Integer),
            required("first_name", Kind::Text),
            required("last_name", Kind::Text),
            required("email", Kind::Email),
            required("username", Kind::Text),
            optional("user_type", Kind::Text),
            optional("metadata", Kind::Text),
            optional("seen", Kind::Map),
            optional("fields", Kind::Map),
            optional("boxes", Kind::Map),
            optional("password", Kind::Secret),
        ])
        .reauthentication(Reauthentication::Sometimes);
    /// The list of users as a file, as asked for by the query of an address.
    USER_EXPORT = read("user_export", "user")
        .rule(holds(&[Permission::UsersView]))
        .input(&[optional("query", Kind::Query)])
        .output("UserListPage")
        .reauthentication(Reauthentication::Always);
    /// The picture of a user. One's own is there for everybody who is signed in.
    PHOTO_GET = read("photo_get", "user")
        .rule(holds(&[Permission::UsersView]))
        .input(&[required("id", Kind::Id)])
        .output("File");
}
