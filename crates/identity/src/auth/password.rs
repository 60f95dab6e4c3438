//! The rules of a site for passwords.

use crate::principal::Account;
use kernel::{RequestCx, passwords::judge};
use secrecy::SecretString;

/// Judges a password of a user by the rules of the site.
pub(crate) fn password_judge(cx: &RequestCx, account: &Account, password: &SecretString) -> std::result::Result<(), String> {
    let company = cx.site.tenant().map_or("Oneo", |site| site.name.as_str());
    let context = [account.email.as_str(), &account.first_name, &account.last_name, company, cx.brand()];
    judge(password, cx.settings.password_min(cx.today()), &context)
}
