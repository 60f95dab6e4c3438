//! Settings.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, holds, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// The settings of a group, `company` or `security`.
    SETTING_LIST = read("setting_list", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("group", Kind::Text)])
        .output("SettingsPage");
    /// Changes settings of a group: those whose `values` differ from what was `seen`. An empty value resets.
    SETTING_SET = write("setting_set", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("group", Kind::Text),
            optional("values", Kind::Map),
            optional("roles", Kind::Map),
            optional("seen", Kind::Map),
            optional("password", Kind::Secret),
        ])
        .reauthentication(Reauthentication::Sometimes);
    /// Sets a setting back to its default.
    SETTING_RESET = destructive("setting_reset", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("key", Kind::Text), optional("password", Kind::Text)])
        .reauthentication(Reauthentication::Sometimes);
    /// The changes of one setting, as asked for by the query of an address.
    SETTING_HISTORY = read("setting_history", "setting")
        .rule(holds(&[Permission::SettingsManage, Permission::AuditView]))
        .input(&[required("key", Kind::Text), optional("query", Kind::Query)])
        .output("SettingHistoryPage")
        .paged();
    /// The settings of the company's own.
    SETTING_FREE_LIST = read("setting_free_list", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .output("FreeSettingsPage");
    /// Makes a setting of the company's own, or changes the one whose `version` was looked at.
    SETTING_FREE_SET = write("setting_free_set", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("setting_key", Kind::Text),
            required("setting_value", Kind::Text),
            optional("is_public", Kind::Flag),
            optional("version", Kind::Integer),
        ]);
    /// Deletes a setting of the company's own.
    SETTING_FREE_DELETE = destructive("setting_free_delete", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("key", Kind::Text)]);
    /// Sets the logo: a multipart form with a picture, of which the pixels are kept.
    LOGO_SET = write("logo_set", "setting")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("file", Kind::File)]);
    /// Takes the logo away.
    LOGO_REMOVE = destructive("logo_remove", "setting").rule(holds(&[Permission::SettingsManage]));
    /// Puts the list of first things away, for every owner.
    ONBOARDING_DISMISS = write("onboarding_dismiss", "setting").rule(holds(&[Permission::CompanyOwn]));
    /// The logo of the company.
    LOGO_GET = read("logo_get", "setting").rule(Rule::Anyone).output("File");
    /// The settings that may be read before sign-in.
    SETTING_PUBLIC = read("setting_public", "setting").rule(Rule::Anyone).output("Map");
}
