//! Domains of a workspace: which addresses are its people's. A domain counts once the workspace has proved it by a TXT
//! record.

use chrono::{DateTime, Utc};
use url::Host;

use crate::ids::{ConnectionId, DomainId, WorkspaceId};

/// A domain of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// Its name, as [`name`] gives it: "acme.org".
    pub name: String,
    /// The connection through which its people sign in.
    pub connection: Option<ConnectionId>,
    /// What the record must say.
    pub challenge: String,
    /// Whether its people can sign in through the connection alone.
    pub sso_enforced: bool,
    /// When it was proved.
    pub proved_at: Option<DateTime<Utc>>,
    /// When the record was last looked for.
    pub checked_at: Option<DateTime<Utc>>,
    /// What was wrong then.
    pub problem: Option<String>,
    /// Since when the record of a proved domain is missing.
    pub missing_since: Option<DateTime<Utc>>,
    /// Whether it counts by the word of whoever runs the bridge, without a record.
    pub vouched: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl Domain {
    /// Where the record stands.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("_aisoule-challenge.{}", self.name)
    }

    /// What it says.
    #[must_use]
    pub fn record_value(&self) -> String {
        format!("aisoule-domain={}", self.challenge)
    }

    /// Whether one of the records that were found is the right one; space around it does no harm.
    #[must_use]
    pub fn is_proved_by(&self, records: &[String]) -> bool {
        records.iter().any(|record| record.trim() == self.record_value())
    }
}

/// A domain as it is stored and compared: lower case, in the letters of the DNS ("xn--…"), no dot at the end. None where
/// the text is no domain that could be a company's.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    let Ok(Host::Domain(name)) = Host::parse(text) else { return None };
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_whole = labels.len() >= 2 && name.len() <= 253 && labels.iter().all(is_label);
    is_whole.then(|| name.clone())
}

/// The domain of an email address, as it is compared.
#[must_use]
pub fn of_email(email: &str) -> Option<String> {
    name(email.rsplit_once('@')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        for (text, expected) in [
            ("Acme.ORG", "acme.org"),
            (" acme.org. ", "acme.org"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("XN--bcher-kva.example", "xn--bcher-kva.example"),
            ("ＡＣＭＥ.org", "acme.org"),
        ] {
            assert_eq!(name(text).as_deref(), Some(expected), "{text}");
        }
        for bad in [
            "",
            "org",
            "a..b",
            "acme.org/x",
            "127.0.0.1",
            "[::1]",
            "a b.org",
            "-a.org",
            "a@b.org",
            "*.acme.org",
            "a_b.org",
        ] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_what_stands_behind_the_last_at() {
        assert_eq!(of_email("anna@Acme.org").as_deref(), Some("acme.org"));
        assert_eq!(of_email("anna@BÜCHER.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(of_email("anna"), None);
    }
}
