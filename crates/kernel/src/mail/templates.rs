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

/// Where mail programs no longer see a link, and people see nothing.
const BREAK: char = '\u{200b}';

/// A name as an e-mail may contain it: people name themselves and their companies, and mail programs make links of what looks
/// like an address. The name stays as it is to read.
fn unlinked(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        text.push(c);
        let is_followed = chars.peek().is_some_and(|next| !next.is_whitespace());
        if is_followed && matches!(c, '.' | '@' | ':' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}') {
            text.push(BREAK);
        }
    }
    text
}

impl LinkMail<'_> {
    fn message(&self, subject: String, text: String) -> Message {
        Message { name: unlinked(self.name), email: self.email.to_owned(), from: unlinked(self.brand), subject, text }
    }
}

/// An invitation, by the person of that name.
pub fn invitation(to: &LinkMail<'_>, by: Option<&str>) -> Message {
    let (name, brand, url) = (unlinked(to.name), unlinked(to.brand), to.url);
    let by = by.map(unlinked);
    let invited = by.map_or_else(|| format!("You have been invited to {brand}."), |by| format!("{by} has invited you to {brand}."));
    let text = format!(
        "Hello {name},\n\n{invited} Choose a password to get started:\n\n{url}\n\n\
         The link works once, within 72 hours. If you did not expect this invitation, ignore this e-mail.\n\n{brand}\n"
    );
    to.message(format!("Your invitation to {brand}"), text)
}

/// A link for a new password.
pub fn reset(to: &LinkMail<'_>) -> Message {
    let (name, brand, url, email) = (unlinked(to.name), unlinked(to.brand), to.url, to.email);
    let text = format!(
        "Hello {name},\n\nWe received a request to reset the password for {email} at {brand}. If you made this request, choose a new password here:\n\n{url}\n\n\
         The link works once, within an hour. If you did not make it, ignore this e-mail. Your password stays the same.\n\n{brand}\n"
    );
    to.message(format!("Reset your password for {brand}"), text)
}

/// A note mentions the recipient. What it says stands on the page of its record, for those who see that.
pub fn mention(to: &LinkMail<'_>, by: &str) -> Message {
    let (name, brand, url, by) = (unlinked(to.name), unlinked(to.brand), to.url, unlinked(by));
    let text = format!("Hello {name},\n\n{by} mentioned you in a note at {brand}. Read it here:\n\n{url}\n\n{brand}\n");
    to.message(format!("{by} mentioned you"), text)
}

/// A notice to an address that an account had until now.
pub fn address_changed(name: &str, email: &str, brand: &str) -> Message {
    let (name, brand) = (unlinked(name), unlinked(brand));
    let text = format!(
        "Hello {name},\n\nAn admin changed the e-mail address of your account at {brand}. From now on, we send e-mails to the new address.\n\n\
         If you did not expect this change, contact your admin.\n\n{brand}\n"
    );
    let subject = format!("Your e-mail address at {brand} was changed");
    Message { name, email: email.to_owned(), from: brand, subject, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_links_and_read_as_they_are() {
        for name in
            ["http://evil.example", "www.evil.example", "example.com,", "x@evil.com", "evil。com", "Dr.med. Lee", "M.Sc. Kim", "a.b.c"]
        {
            let shown = unlinked(name);
            let parts: Vec<&str> = shown.split(BREAK).collect();
            assert!(parts.len() > 1, "{name}");
            let chars: Vec<char> = shown.chars().collect();
            let is_broken = |pair: &[char]| !matches!(pair[0], '.' | '@' | ':') || pair[1] == BREAK || pair[1].is_whitespace();
            assert!(chars.windows(2).all(is_broken), "{shown:?}");
            assert_eq!(parts.concat(), name);
        }
        for plain in ["Acme Corporation", "A/S Møller", "Dr. Novák", "J. R. Smith", "Müller & Söhne GmbH", "Acme Inc."] {
            assert_eq!(unlinked(plain), plain);
        }
        let evil = LinkMail { name: "www.evil.example", email: "a@b.example", brand: "example.com,", url: "https://acme.example/invite/x" };
        for message in [invitation(&evil, Some("evil.com")), reset(&evil), address_changed(evil.name, evil.email, evil.brand)] {
            for text in [&message.name, &message.from, &message.subject, &message.text] {
                assert!(!text.contains("evil.e") && !text.contains("evil.c") && !text.contains("example.com"), "{text}");
            }
        }
    }
}
