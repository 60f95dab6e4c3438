//! What letters say.

use super::Letter;

/// Who gets a letter, from whom, and the link it brings.
pub(crate) struct Bringing<'a> {
    /// The name of whoever gets it.
    pub name: &'a str,
    /// The address.
    pub email: &'a str,
    /// The company, or Oneo.
    pub brand: &'a str,
    /// The link.
    pub url: &'a str,
}

impl Bringing<'_> {
    fn letter(&self, subject: String, text: String) -> Letter {
        Letter { name: self.name.to_owned(), email: self.email.to_owned(), from: self.brand.to_owned(), subject, text }
    }
}

/// An invitation, by the person of that name.
pub(crate) fn invitation(to: &Bringing<'_>, by: Option<&str>) -> Letter {
    let Bringing { name, brand, url, .. } = to;
    let invited = by.map_or_else(|| format!("You were invited to {brand}."), |by| format!("{by} invites you to {brand}."));
    let text = format!(
        "Hello {name},\n\n{invited} Choose a password and you are in:\n\n{url}\n\n\
         The link works once, within 72 hours. If you did not expect it, there is nothing to do.\n\n{brand}\n"
    );
    to.letter(format!("Your invitation to {brand}"), text)
}

/// A link for a new password.
pub(crate) fn reset(to: &Bringing<'_>) -> Letter {
    let Bringing { name, brand, url, email } = to;
    let text = format!(
        "Hello {name},\n\nsomebody asked for a new password for {email} at {brand}. If that was you, choose it here:\n\n{url}\n\n\
         The link works once, within an hour. If it was not you, there is nothing to do: your password stays as it is.\n\n{brand}\n"
    );
    to.letter(format!("A new password for {brand}"), text)
}
