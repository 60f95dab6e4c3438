//! Session.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, read, required, write};

operations! { OperationSite::Both;
    /// What the page for a forgotten password shows.
    FORGOT = read("forgot", "session").rule(Rule::Anyone).output("ForgotData");
    /// Asks for an e-mail with a link to set a new password; the answer is the same for every address.
    FORGOT_SEND = write("forgot_send", "session").rule(Rule::Anyone).input(&[required("login", Kind::Text)]);
    /// Whose one-time link this is.
    INVITE = read("invite", "session")
        .rule(Rule::Anyone)
        .input(&[required("token", Kind::Secret)])
        .output("LinkData");
    /// Sets the first password by a one-time link.
    INVITE_ACCEPT = write("invite_accept", "session")
        .rule(Rule::Anyone)
        .input(&[
            required("token", Kind::Secret),
            required("password", Kind::Secret),
            required("password_repeated", Kind::Secret),
        ]);
    /// What the sign-in page shows.
    LOGIN = read("login", "session").rule(Rule::Anyone).output("LoginData");
    /// Whose reset link this is.
    RESET = read("reset", "session")
        .rule(Rule::Anyone)
        .input(&[required("token", Kind::Secret)])
        .output("LinkData");
    /// Sets a new password by a reset link.
    RESET_ACCEPT = write("reset_accept", "session")
        .rule(Rule::Anyone)
        .input(&[
            required("token", Kind::Secret),
            required("password", Kind::Secret),
            required("password_repeated", Kind::Secret),
        ]);
    /// Signs a user in, by e-mail or user name.
    SIGN_IN = write("sign_in", "session")
        .rule(Rule::Anyone)
        .input(&[required("login", Kind::Text), required("password", Kind::Secret)]);
    /// Signs out.
    SIGN_OUT = write("sign_out", "session").rule(Rule::Anyone);
    /// Confirms the user's password, which counts for ten minutes, and redirects back.
    REAUTHENTICATE = write("reauthenticate", "session")
        .rule(Rule::SignedIn)
        .input(&[required("password", Kind::Secret)]);
    /// What the page that asks for the password again shows.
    REAUTHENTICATE_PAGE = read("reauthenticate_page", "session")
        .rule(Rule::SignedIn)
        .output("ReauthenticateData");
    /// Signs a user in who gave the right password, by a code of the second factor.
    SIGN_IN_CODE = write("sign_in_code", "session")
        .rule(Rule::Anyone)
        .input(&[required("code", Kind::Secret)]);
}
