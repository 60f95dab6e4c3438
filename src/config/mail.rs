//! How e-mails are sent.

use super::{Lookup, WebConfig};
use kernel::mail::{Mailer, MailerError};
use secrecy::SecretString;
use std::path::PathBuf;
use url::Url;

/// Where e-mails go.
#[derive(Clone, Debug)]
pub enum MailWay {
    /// None are sent.
    Off,
    /// To a mail server.
    Smtp(SecretString),
    /// Into a folder.
    Files(PathBuf),
}

/// How e-mails are sent.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Where they go.
    pub way: MailWay,
    /// The address they come from.
    pub from: String,
}

impl MailConfig {
    pub(super) fn read(get: Lookup<'_>, web: Option<&WebConfig>, errors: &mut Vec<String>) -> Self {
        let host = web.map_or("localhost", |web| web.base_domain.as_str());
        let from = get("MAIL_FROM").unwrap_or_else(|| format!("no-reply@{host}"));
        let way = match get("MAIL") {
            None => MailWay::Off,
            Some(text) => way(&text).unwrap_or_else(|why| {
                errors.push(format!("MAIL {why}"));
                MailWay::Off
            }),
        };
        let config = Self { way, from };
        if let Err(error) = config.mailer() {
            errors.push(format!("MAIL or MAIL_FROM: {error}"));
        }
        config
    }

    /// The way to the mail server.
    ///
    /// # Errors
    /// [`MailerError`] when it cannot be used.
    pub fn mailer(&self) -> Result<Mailer, MailerError> {
        use secrecy::ExposeSecret;
        match &self.way {
            MailWay::Off => Ok(Mailer::off()),
            MailWay::Smtp(url) => Mailer::smtp(url.expose_secret(), &self.from),
            MailWay::Files(folder) => Mailer::files(folder, &self.from),
        }
    }
}

fn way(text: &str) -> Result<MailWay, String> {
    if text == "off" {
        return Ok(MailWay::Off);
    }
    if let Some(folder) = text.strip_prefix("file:") {
        return Ok(MailWay::Files(PathBuf::from(folder)));
    }
    let url = Url::parse(text)
        .map_err(|_| "is off, file:FOLDER, smtps://user:password@host or smtp://user:password@host?tls=required".to_owned())?;
    let loopback =
        url.host_str().is_some_and(|host| host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()));
    let required = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    match url.scheme() {
        "smtps" => Ok(MailWay::Smtp(text.to_owned().into())),
        "smtp" if required || loopback => Ok(MailWay::Smtp(text.to_owned().into())),
        "smtp" => Err("speaks to another machine in clear: say smtps://, or ?tls=required for STARTTLS".to_owned()),
        _ => Err("is off, file:FOLDER, smtps:// or smtp://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_spoken_to_in_clear() {
        assert!(matches!(way("smtp://127.0.0.1:2525"), Ok(MailWay::Smtp(_))));
        assert!(matches!(way("smtps://user:secret@mail.example"), Ok(MailWay::Smtp(_))));
        assert!(matches!(way("smtp://user:secret@mail.example:587?tls=required"), Ok(MailWay::Smtp(_))));
        assert!(matches!(way("file:data/mail"), Ok(MailWay::Files(_))));
        for refused in ["smtp://mail.example", "smtp://mail.example?tls=opportunistic", "http://mail.example", "nonsense"] {
            assert!(way(refused).is_err(), "{refused}");
        }
    }
}
