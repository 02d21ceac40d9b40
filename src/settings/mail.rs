//! Settings of mail: by which way it goes out, and from whom.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::{Secret, SettingsError};
use crate::domain::email::Email;
use crate::text::printable;

/// The longest that a mail server may take, seconds: a mail is one bridge's alone for 300.
const MOST_SECONDS: u64 = 240;

/// Mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// By which way it goes out.
    pub transport: Way,
    /// Where letters are put, where they are put in a folder; nothing said: `mail` beside the database.
    pub folder: Option<PathBuf>,
    /// From whom it comes: `Name <address>`.
    pub from: String,
    /// Whether newcomers are told how they log in.
    pub welcome: bool,
    /// Mails a second at the most, so that many newcomers at once keep nobody waiting.
    pub per_second: u32,
    /// The mail server.
    pub smtp_host: Option<String>,
    /// Its port; nothing said: 587, with TLS from the beginning 465.
    pub smtp_port: Option<u16>,
    /// As whom to log in there; nothing said: as nobody.
    pub smtp_user: Option<String>,
    /// The password for that.
    pub smtp_password: Option<Secret>,
    /// How the connection is kept secret.
    pub smtp_tls: Tls,
    /// A file with further certificates to trust, PEM.
    pub smtp_ca_file: Option<PathBuf>,
    /// Seconds until the mail server must have taken a mail.
    pub smtp_seconds: u64,
    /// Whether `smtp_tls = "plain"` may be said, to this machine alone: for tests.
    pub allow_plain_loopback: bool,
}

/// By which way mail goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Into a folder, a file a mail.
    Folder,
    /// To a mail server.
    Smtp,
    /// Not at all: nothing is written.
    None,
}

/// How the connection to the mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// By STARTTLS, without which nothing is sent.
    Starttls,
    /// From the beginning.
    Tls,
    /// Not at all.
    Plain,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            transport: Way::Folder,
            folder: None,
            from: "AIsoule <noreply@localhost>".into(),
            welcome: true,
            per_second: 10,
            smtp_host: None,
            smtp_port: None,
            smtp_user: None,
            smtp_password: None,
            smtp_tls: Tls::Starttls,
            smtp_ca_file: None,
            smtp_seconds: 30,
            allow_plain_loopback: false,
        }
    }
}

impl Mail {
    /// From whom mail comes: a name, where there is one, and an address.
    #[must_use]
    pub fn sender(&self) -> Option<(Option<&str>, Email)> {
        if printable(&self.from) != self.from {
            return None;
        }
        let Some((name, rest)) = self.from.split_once('<') else {
            return Some((None, Email::parse(self.from.trim())?));
        };
        let name = name.trim().trim_matches('"');
        Some(((!name.is_empty()).then_some(name), Email::parse(rest.strip_suffix('>')?)?))
    }

    /// The mail server's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.smtp_port.unwrap_or(if self.smtp_tls == Tls::Tls { 465 } else { 587 })
    }

    /// How long the mail server may take.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        Duration::from_secs(self.smtp_seconds)
    }

    pub(super) fn overlay(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
        self.smtp_password = env("BRIDGE_SMTP_PASSWORD").map(Secret).or(self.smtp_password.take());
        if let Some(way) = env("BRIDGE_MAIL") {
            self.transport = match way.as_str() {
                "folder" => Way::Folder,
                "smtp" => Way::Smtp,
                "none" => Way::None,
                _ => return Err(wrong("BRIDGE_MAIL", "must be folder, smtp or none")),
            };
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.sender().is_none() {
            return Err(wrong(
                "mail.from",
                "must be an address, or a name and an address: \"AIsoule <noreply@example.com>\"",
            ));
        }
        if self.per_second == 0 || self.smtp_seconds == 0 {
            return Err(wrong("mail", "per_second and smtp_seconds must be more than 0"));
        }
        if self.smtp_seconds > MOST_SECONDS {
            return Err(wrong("mail.smtp_seconds", "must be 240 at the most"));
        }
        if self.transport != Way::Smtp {
            return Ok(());
        }
        let Some(host) = self.smtp_host.as_deref().filter(|host| !host.is_empty()) else {
            return Err(wrong("mail.smtp_host", "must be set where transport is \"smtp\""));
        };
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if self.smtp_tls == Tls::Plain && !(self.allow_plain_loopback && is_loopback) {
            return Err(wrong("mail.smtp_tls", "must be \"starttls\" or \"tls\""));
        }
        if self.smtp_user.is_some() != self.smtp_password.is_some() {
            return Err(wrong("mail.smtp_user", "goes with smtp_password (BRIDGE_SMTP_PASSWORD), both or neither"));
        }
        Ok(())
    }

    /// Where letters are put, where the database is that file, or none.
    #[must_use]
    pub fn folder(&self, database: Option<&Path>) -> PathBuf {
        let beside = || database.map_or_else(|| PathBuf::from("data/mail"), |file| file.with_file_name("mail"));
        self.folder.clone().unwrap_or_else(beside)
    }
}

fn wrong(name: &'static str, problem: &str) -> SettingsError {
    SettingsError::Value { name, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_an_address_with_or_without_a_name() {
        let sender = |from: &str| {
            let mail = Mail { from: from.into(), ..Mail::default() };
            mail.sender().map(|(name, email)| (name.map(str::to_owned), email.as_str().to_owned()))
        };
        assert_eq!(sender("a@b.example"), Some((None, "a@b.example".into())));
        assert_eq!(sender("A B <a@b.example>"), Some((Some("A B".into()), "a@b.example".into())));
        assert_eq!(sender("\"A, B\" <a@b.example>"), Some((Some("A, B".into()), "a@b.example".into())));
        for bad in ["", "A B", "A <a@b", "A <a@b>\r\nBcc: c@d", "<>"] {
            assert_eq!(sender(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mail_server_is_named_and_never_spoken_to_in_the_open() {
        let smtp = Mail { transport: Way::Smtp, smtp_host: Some("mail.example".into()), ..Mail::default() };
        assert!(smtp.check().is_ok());
        assert!(Mail { smtp_host: None, ..smtp.clone() }.check().is_err());
        assert!(Mail { smtp_seconds: 240, ..smtp.clone() }.check().is_ok());
        assert!(Mail { smtp_seconds: 241, ..smtp.clone() }.check().is_err());
        let plain = Mail { smtp_tls: Tls::Plain, ..smtp.clone() };
        assert!(plain.check().is_err());
        assert!(Mail { allow_plain_loopback: true, ..plain.clone() }.check().is_err());
        let local = Mail { smtp_host: Some("127.0.0.1".into()), ..plain };
        assert!(local.check().is_err() && Mail { allow_plain_loopback: true, ..local.clone() }.check().is_ok());
        assert!(Mail { smtp_user: Some("u".into()), ..smtp }.check().is_err());
    }

    #[test]
    fn the_folder_is_beside_the_database() {
        let mail = Mail::default();
        assert_eq!(mail.folder(Some(Path::new("/var/lib/b/bridge.db"))), Path::new("/var/lib/b/mail"));
        assert_eq!(mail.folder(None), Path::new("data/mail"));
    }
}
