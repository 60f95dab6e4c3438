//! What e-mails say.

use super::Message;

/// Who gets an e-mail with a link, and from whom.
#[derive(Clone, Copy)]
pub struct LinkMail<'a> {
    /// The name of the recipient.
    pub name: &'a str,
    /// The address.
    pub email: &'a str,
    /// The company, or Oneo.
    pub brand: &'a str,
    /// The link.
    pub url: &'a str,
}

/// A name as an e-mail may contain it: people name themselves and their companies, and mail programs make links of what looks
/// like one.
fn tame<'a>(name: &'a str, instead: &'a str) -> &'a str {
    let lower = name.to_lowercase();
    let like_a_link = ["://", "www.", "/", "\\", "@"].iter().any(|part| lower.contains(part))
        || lower
            .split_whitespace()
            .any(|word| psl::domain(word.trim_end_matches('.').as_bytes()).is_some_and(|domain| domain.suffix().is_known()));
    if like_a_link { instead } else { name }
}

impl LinkMail<'_> {
    fn tamed(&self) -> Self {
        Self { name: tame(self.name, "and welcome"), brand: tame(self.brand, "your company"), ..*self }
    }

    fn message(&self, subject: String, text: String) -> Message {
        Message { name: self.name.to_owned(), email: self.email.to_owned(), from: self.brand.to_owned(), subject, text }
    }
}

/// An invitation, by the person of that name.
pub fn invitation(to: &LinkMail<'_>, by: Option<&str>) -> Message {
    let to = &to.tamed();
    let LinkMail { name, brand, url, .. } = to;
    let by = by.map(|by| tame(by, "A colleague"));
    let invited = by.map_or_else(|| format!("You were invited to {brand}."), |by| format!("{by} invites you to {brand}."));
    let text = format!(
        "Hello {name},\n\n{invited} Choose a password and you are in:\n\n{url}\n\n\
         The link works once, within 72 hours. If you did not expect it, there is nothing to do.\n\n{brand}\n"
    );
    to.message(format!("Your invitation to {brand}"), text)
}

/// A link for a new password.
pub fn reset(to: &LinkMail<'_>) -> Message {
    let to = &to.tamed();
    let LinkMail { name, brand, url, email } = to;
    let text = format!(
        "Hello {name},\n\nsomebody asked for a new password for {email} at {brand}. If that was you, choose it here:\n\n{url}\n\n\
         The link works once, within an hour. If it was not you, there is nothing to do: your password stays as it is.\n\n{brand}\n"
    );
    to.message(format!("A new password for {brand}"), text)
}

/// A notice to an address that an account had until now.
pub fn address_changed(name: &str, email: &str, brand: &str) -> Message {
    let (name, brand) = (tame(name, "again"), tame(brand, "your company"));
    let text = format!(
        "Hello {name},\n\nan admin changed the e-mail address of your account at {brand}. E-mail goes to the new address from now on.\n\n\
         If you do not know of it, ask your admin.\n\n{brand}\n"
    );
    Message {
        name: name.to_owned(),
        email: email.to_owned(),
        from: brand.to_owned(),
        subject: format!("Your address at {brand} was changed"),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_link_is_not_said() {
        for evil in ["Click http://evil.example", "www.evil.example", "evil.com", "Pay at evil.co.uk now", "a/b", "x@evil.com"] {
            assert_eq!(tame(evil, "-"), "-", "{evil}");
        }
        for fine in ["Acme Corporation", "Dr. Novák", "J. R. Smith", "Müller & Söhne GmbH"] {
            assert_eq!(tame(fine, "-"), fine);
        }
    }
}
