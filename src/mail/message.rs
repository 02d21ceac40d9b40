//! A letter as a mail: headers, text and HTML.

use askama::Template;
use chrono::{DateTime, Utc};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message as Mail};

use super::transport::MailError;
use super::wording::Content;
use crate::domain::email::Email;
use crate::text::printable;

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    content: &'a Content,
}

/// A mail to one person, ready to go.
pub struct Message {
    /// From whom and to whom.
    pub(super) envelope: lettre::address::Envelope,
    /// Headers and body.
    pub(super) bytes: Vec<u8>,
}

/// Who writes.
#[derive(Debug, Clone)]
pub struct Sender {
    mailbox: Mailbox,
    /// What stands behind the `@` of message ids.
    host: String,
}

impl Sender {
    /// Somebody of that name and address; message ids are of the host of the public URL.
    ///
    /// # Errors
    /// [`MailError::Address`] where no mail can come from there.
    pub fn new(name: Option<&str>, email: &Email, public_url: &str) -> Result<Self, MailError> {
        let host = url::Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        Ok(Self { mailbox: mailbox(name, email.as_str())?, host: host.unwrap_or_else(|| "localhost".into()) })
    }
}

fn mailbox(name: Option<&str>, address: &str) -> Result<Mailbox, MailError> {
    let address: Address = address.parse().map_err(|_| MailError::Address)?;
    let name = name.map(|name| printable(name.trim()).replace('\u{fffd}', " "));
    Ok(Mailbox::new(name.filter(|name| !name.is_empty()), address))
}

impl Message {
    /// A letter to one person. `id` is the part of its message id before the host: who
    /// gets a letter twice knows it by that.
    ///
    /// # Errors
    /// [`MailError::Address`] where no mail can be sent to the address; [`MailError::Content`]
    pub fn compose(
        sender: &Sender,
        (name, address): (&str, &str),
        id: &str,
        at: DateTime<Utc>,
        content: &Content,
    ) -> Result<Self, MailError> {
        let wrong = |error: &dyn std::fmt::Display| MailError::Content(error.to_string());
        let text = Text { content }.render().map_err(|error| wrong(&error))?;
        let html = Html { content }.render().map_err(|error| wrong(&error))?;
        let mail = Mail::builder()
            .from(sender.mailbox.clone())
            .to(mailbox(Some(name), address)?)
            .subject(printable(&content.subject).into_owned())
            .message_id(Some(format!("<{id}@{}>", sender.host)))
            .date(at.into())
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| wrong(&error))?;
        Ok(Self { envelope: mail.envelope().clone(), bytes: mail.formatted() })
    }

    /// The mail as it goes over the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// That no person wrote it, so that nobody's absence is answered (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
