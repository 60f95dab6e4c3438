//! Signup.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, operations, read, required, write};

operations! { OperationSite::Platform;
    /// Whether companies may sign up by themselves.
    SIGNUP = read("signup", "signup").rule(Rule::Anyone).output("SignupData");
    /// Makes a company for the caller, where the installation lets them.
    SIGNUP_CREATE = write("signup_create", "signup")
        .rule(Rule::Anyone)
        .input(&[
            required("name", Kind::Text),
            required("domain", Kind::Text),
            required("first_name", Kind::Text),
            required("last_name", Kind::Text),
            required("email", Kind::Email),
            required("password", Kind::Secret),
            required("password_repeated", Kind::Secret),
        ])
        .output("Entrance");
    /// Whether a subdomain is free.
    SIGNUP_CHECK = read("signup_check", "signup")
        .rule(Rule::Anyone)
        .input(&[required("name", Kind::Text)])
        .output("HostName");
}
