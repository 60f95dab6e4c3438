//! Ai.

use crate::Permission;
use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, destructive, holds, operations, optional, read, required, write,
};

operations! { OperationSite::Tenant;
    /// The company's AI.
    AI = read("ai", "ai").rule(holds(&[Permission::SettingsManage])).output("CompanyAiPage");
    /// Sets the company's AI; an empty key keeps the one that is stored, as long as the service stays the same.
    AI_SET = write("ai_set", "ai")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[
            required("version", Kind::Integer),
            required("provider", Kind::Text),
            required("model", Kind::Text),
            optional("base_url", Kind::Text),
            optional("key", Kind::Secret),
            optional("ai_enabled", Kind::Flag),
            optional("password", Kind::Secret),
        ])
        .reauthentication(Reauthentication::Always);
    /// Removes the company's configuration with its key.
    AI_FORGET = destructive("ai_forget", "ai")
        .rule(holds(&[Permission::SettingsManage]))
        .input(&[required("version", Kind::Integer), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Asks the configured service something.
    AI_TEST = write("ai_test", "ai").rule(holds(&[Permission::SettingsManage]));
}
