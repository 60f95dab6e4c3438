//! E-mail: enqueued in the transaction of the act that causes it, sent by a worker, and retried while the mail server does
//! not answer.

mod outbox;
mod templates;

pub use outbox::{NewMail, mail_entry};
pub use outbox::{deliver_due, deliver_work};
pub use templates::{LinkMail, address_changed, invitation, mention, reset};

use lettre::{
    AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use serde::{Deserialize, Serialize};
use std::{path::Path, time::Duration};

/// How long the mail server may take for an e-mail.
const SEND_MAX: Duration = Duration::from_secs(20);

/// What is said of a mail server that does not answer.
const AWAY: &str = "the mail server does not answer";

/// What an e-mail says, to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The name of the recipient.
    pub name: String,
    /// The address.
    pub email: String,
    /// The name of the sender: the company, or Oneo.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

enum Transport {
    Off,
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(AsyncFileTransport<Tokio1Executor>),
}

/// The way to the mail server.
pub struct Mailer {
    transport: Transport,
    from: String,
}

/// Why mail cannot be configured like this.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MailerError(String);

/// Why an e-mail was not sent.
#[derive(Debug)]
struct SendError {
    /// For the log.
    text: String,
    /// For a company's admins, who are not to learn how the installation sends mail.
    message: &'static str,
    /// Whether it never can be.
    is_final: bool,
}

impl Mailer {
    fn new(transport: Transport, from: &str) -> Result<Self, MailerError> {
        let parsed: Result<Mailbox, _> = from.parse();
        parsed.map_err(|error| MailerError(format!("{from} is not an address: {error}")))?;
        Ok(Self { transport, from: from.to_owned() })
    }

    /// No mail: links are handed over by people.
    #[must_use]
    pub fn off() -> Self {
        Self { transport: Transport::Off, from: String::new() }
    }

    /// Sends by a mail server: `smtps://user:password@host`, or `smtp://host:port?tls=required`. The configuration has
    /// seen to it that only loopback is spoken to in clear.
    ///
    /// # Errors
    /// [`MailerError`] for an address that cannot be used.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailerError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| MailerError(error.to_string()))?;
        Self::new(Transport::Smtp(builder.timeout(Some(SEND_MAX)).build()), from)
    }

    /// Writes e-mails as files into a folder, for development.
    ///
    /// # Errors
    /// [`MailerError`] when the folder cannot be made.
    pub fn files(folder: &Path, from: &str) -> Result<Self, MailerError> {
        std::fs::create_dir_all(folder).map_err(|error| MailerError(format!("{}: {error}", folder.display())))?;
        Self::new(Transport::Files(AsyncFileTransport::new(folder)), from)
    }

    /// Whether e-mail can be sent at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self.transport, Transport::Off)
    }

    /// Sends an e-mail under its Message-ID, which is the same at each attempt.
    async fn send(&self, message_id: &str, mail: &Message) -> Result<(), SendError> {
        let unsendable = |error: &dyn std::fmt::Display| SendError {
            text: error.to_string(),
            message: "nothing can be sent to this address",
            is_final: true,
        };
        let address = |text: &str| text.parse::<lettre::Address>().map_err(|error| unsendable(&error));
        let own: Mailbox = self.from.parse().map_err(|error| unsendable(&error))?;
        let message = lettre::Message::builder()
            .from(Mailbox::new(Some(mail.from.clone()), own.email))
            .to(Mailbox::new(Some(mail.name.clone()).filter(|name| !name.is_empty()), address(&mail.email)?))
            .message_id(Some(format!("<{message_id}>")))
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|error| unsendable(&error))?;
        match &self.transport {
            Transport::Off => {
                Err(SendError { text: "mail is switched off".to_owned(), message: "no mail is sent from here", is_final: true })
            }
            Transport::Smtp(smtp) => match tokio::time::timeout(SEND_MAX, smtp.send(message)).await {
                Ok(sent) => sent.map(|_| ()).map_err(|error| {
                    let is_final = error.is_permanent();
                    SendError { text: error.to_string(), message: if is_final { "the mail server refused it" } else { AWAY }, is_final }
                }),
                Err(_) => Err(SendError { text: "the mail server took too long".to_owned(), message: AWAY, is_final: false }),
            },
            Transport::Files(files) => {
                files.send(message).await.map(|_| ()).map_err(|error| SendError { text: error.to_string(), message: AWAY, is_final: false })
            }
        }
    }
}
