//! Mail to a mail server, by SMTP with TLS.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::message::Message;
use super::transport::{MailError, Undelivered};
use crate::settings::{Mail, Tls};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A mail server.
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
    patience: Duration,
}

impl Server {
    /// The mail server of the settings; nobody is asked anything yet.
    ///
    /// # Errors
    /// [`MailError::Settings`] where no server is named or the file of certificates can't be used.
    pub fn new(settings: &Mail) -> Result<Self, MailError> {
        let wrong = |problem: String| MailError::Settings(problem);
        let host = settings.smtp_host.clone().ok_or_else(|| wrong("mail.smtp_host is not set".into()))?;
        let mut parameters = TlsParameters::builder(host.clone());
        if let Some(path) = &settings.smtp_ca_file {
            let unfit = |why: &dyn std::fmt::Display| wrong(format!("mail.smtp_ca_file {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unfit(&error))?;
            parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| unfit(&error))?);
        }
        let parameters = parameters.build().map_err(|error| wrong(format!("TLS for the mail server: {error}")))?;
        let credentials = settings.smtp_user.clone().zip(settings.smtp_password.as_ref());
        Ok(Self {
            host,
            port: settings.port(),
            tls: settings.smtp_tls,
            parameters,
            credentials: credentials.map(|(user, password)| Credentials::new(user, password.reveal().to_owned())),
            hello: ClientId::default(),
            patience: settings.patience(),
        })
    }

    /// Which one, for people.
    pub fn named(&self) -> String {
        let secrecy = match self.tls {
            Tls::Starttls => "STARTTLS",
            Tls::Tls => "TLS",
            Tls::Plain => "in the open",
        };
        format!("{}:{} ({secrecy})", self.host, self.port)
    }

    /// Gives a mail to the server.
    ///
    /// # Errors
    /// [`Undelivered`]
    pub async fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let late = || Undelivered::Later(format!("the mail server took longer than {} s", self.patience.as_secs()));
        tokio::time::timeout(self.patience, self.hand_over(message)).await.map_err(|_| late())?
    }

    async fn hand_over(&self, message: &Message) -> Result<(), Undelivered> {
        let mut server = self.connect().await?;
        let sent = server.send(&message.envelope, &message.bytes).await;
        // The server has it, or has said why not: how the connection ends is of no consequence.
        let _ = tokio::time::timeout(Duration::from_secs(1), server.abort()).await;
        sent.map(|_| ()).map_err(|error| verdict(&error))
    }

    /// A connection over which nobody listens in, logged in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Undelivered> {
        let later = |what: &str, error: &Error| Undelivered::Later(format!("{what}: {}", said(error)));
        let from_the_beginning = (self.tls == Tls::Tls).then(|| self.parameters.clone());
        let address = (self.host.as_str(), self.port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &self.hello, from_the_beginning, None).await;
        let mut server = connected.map_err(|error| later("the mail server can't be reached", &error))?;
        if self.tls == Tls::Starttls {
            if !server.can_starttls() {
                return Err(Undelivered::Later(
                    "the mail server offers no STARTTLS; nothing is sent in the open".into(),
                ));
            }
            let upgraded = server.starttls(self.parameters.clone(), &self.hello).await;
            upgraded.map_err(|error| later("STARTTLS failed", &error))?;
        }
        if let Some(credentials) = &self.credentials {
            let known = server.auth(DEFAULT_MECHANISMS, credentials).await;
            known.map_err(|error| later("the mail server does not let the bridge log in", &error))?;
        }
        Ok(server)
    }
}

/// Whether it is worth trying again: not where the server says of this very mail that it never will be taken.
fn verdict(error: &Error) -> Undelivered {
    let code = error.status().map(u16::from);
    match code {
        Some(550..=559) => Undelivered::Never(said(error)),
        _ => Undelivered::Later(said(error)),
    }
}

/// What went wrong, with its causes.
fn said(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.chars().take(500).collect()
}
