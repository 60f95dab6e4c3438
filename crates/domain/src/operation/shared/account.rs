//! Account.

use crate::operation::definition::{
    Kind, Operation, OperationSite, Reauthentication, Rule, destructive, operations, optional, read, required, write,
};

operations! { OperationSite::Both;
    /// Keeps the theme of this browser and, for the signed-in user, of the account.
    THEME_SET = write("theme_set", "account").rule(Rule::Anyone).input(&[required("theme", Kind::Text)]);
    /// Keeps in this browser whether its sidebar is folded to icons.
    SIDEBAR_FOLD = write("sidebar_fold", "account").rule(Rule::Anyone).input(&[optional("folded", Kind::Flag)]);
    /// Keeps in this browser whether single keys are shortcuts.
    SHORTCUTS_SET = write("shortcuts_set", "account").rule(Rule::Anyone).input(&[optional("enabled", Kind::Flag)]);
    /// Name and address of the signed-in user.
    ACCOUNT = read("account", "account").rule(Rule::SignedIn).output("AccountPage");
    /// Changes one's own name, and how pages look; empty means as the company or the system has it.
    ACCOUNT_SET = write("account_set", "account")
        .rule(Rule::SignedIn)
        .input(&[
            required("first_name", Kind::Text),
            required("last_name", Kind::Text),
            optional("locale", Kind::Text),
            optional("theme", Kind::Text),
        ]);
    /// Changes one's own password; all other sessions end.
    PASSWORD_SET = write("password_set", "account")
        .rule(Rule::SignedIn)
        .input(&[
            required("password_old", Kind::Secret),
            required("password", Kind::Secret),
            required("password_repeated", Kind::Secret),
        ]);
    /// Where one stands with the second factor.
    MFA = read("mfa", "account").rule(Rule::SignedIn).output("FactorPage");
    /// Makes a secret that waits for its first code.
    MFA_BEGIN = write("mfa_begin", "account")
        .rule(Rule::SignedIn)
        .input(&[optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// Confirms the secret by its first code; from then on codes are asked for.
    MFA_CONFIRM = write("mfa_confirm", "account")
        .rule(Rule::SignedIn)
        .input(&[required("code", Kind::Secret), optional("password", Kind::Secret)])
        .output("RecoveryCodes")
        .reauthentication(Reauthentication::Always);
    /// Gives other recovery codes.
    MFA_CODES = destructive("mfa_codes", "account")
        .rule(Rule::SignedIn)
        .input(&[optional("password", Kind::Secret)])
        .output("RecoveryCodes")
        .reauthentication(Reauthentication::Always);
    /// Removes the second factor.
    MFA_REMOVE = destructive("mfa_remove", "account")
        .rule(Rule::SignedIn)
        .input(&[optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
    /// One's own open sessions.
    ACCOUNT_SESSIONS = read("account_sessions", "account").rule(Rule::SignedIn).output("SessionsPage");
    /// Ends one of one's own sessions; an empty `id` means all others.
    ACCOUNT_SESSION_END = destructive("account_session_end", "account")
        .rule(Rule::SignedIn)
        .input(&[optional("id", Kind::Id), optional("password", Kind::Secret)])
        .reauthentication(Reauthentication::Always);
}
