//! Account.

use crate::operation::definition::{Kind, Operation, OperationSite, Rule, destructive, operations, optional, read, required, write};

operations! { OperationSite::Tenant;
    /// How one signed in oneself, and who else tried to.
    ACCOUNT_SIGN_INS = read("account_sign_ins", "account")
        .rule(Rule::SignedIn)
        .input(&[optional("query", Kind::Query)])
        .output("ListPage<SignInRow>")
        .paged();
    /// Sets the picture of oneself: a multipart form with a picture, of which the pixels are kept.
    PHOTO_SET = write("photo_set", "account").rule(Rule::SignedIn).input(&[required("file", Kind::File)]);
    /// Takes one's own picture away.
    PHOTO_REMOVE = destructive("photo_remove", "account").rule(Rule::SignedIn);
}
