//! An address that a workspace's events are posted to, and how it stands.

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

use crate::ids::{EndpointId, WorkspaceId};

/// How an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointState {
    /// It is told what happens.
    Active,
    /// It has not taken anything for a while. It is asked from time to time, and is active again when it does.
    Failing,
    /// It is told nothing: somebody decided so, or it said itself that it is gone, or it took nothing for a week.
    Disabled,
}

impl EndpointState {
    /// Its name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Disabled => "disabled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Failing, Self::Disabled].into_iter().find(|state| state.name() == name)
    }
}

/// An endpoint, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Endpoint {
    pub id: EndpointId,
    pub workspace_id: WorkspaceId,
    /// What people call it; once a workspace.
    pub name: String,
    /// Its address without what may be secret in it.
    pub shown_url: String,
    /// Names of events and patterns; none: all.
    pub events: Vec<String>,
    /// The last row of the outbox of which deliveries were made.
    pub cursor: i64,
    pub state: EndpointState,
    /// Why it is failing or disabled, or what went wrong the last time.
    pub problem: Option<String>,
    /// How often in a row it could not be told something new.
    pub strikes: i64,
    /// Before this nothing is tried.
    pub due_at: Option<DateTime<Utc>>,
    /// Since when it has taken nothing.
    pub failing_since: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_failure_at: Option<DateTime<Utc>>,
    /// Until when its last secret is signed with too.
    pub old_secret_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How many letters the first piece of a path has at the most that is shown.
const SHORT: usize = 16;

/// An address as people may see it: where it is, without a user name, password, query or fragment, and without its path, which
/// some services use as a password; but for the first piece, where that is a short word.
#[must_use]
pub fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let is_word = |piece: &str| piece.len() <= SHORT && piece.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let mut pieces = url.path_segments().into_iter().flatten().filter(|piece| !piece.is_empty());
    let path = match (pieces.next(), pieces.next()) {
        (None, _) => String::new(),
        (Some(first), None) if is_word(first) => first.to_owned(),
        (Some(first), Some(_)) if is_word(first) => format!("{first}/…"),
        _ => "…".to_owned(),
    };
    let query = if url.query().is_some() { "?…" } else { "" };
    format!("{}://{host}{port}/{path}{query}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row F11.
    #[test]
    fn what_may_be_secret_in_an_address_is_not_shown() {
        for (url, expected) in [
            ("https://hooks.example/in", "https://hooks.example/in"),
            ("https://hooks.example:8443", "https://hooks.example:8443/"),
            ("https://u:canary@hooks.example/in?key=canary#canary", "https://hooks.example/in?…"),
            ("https://hooks.example/services/T0/canary0123456789abcdef/x", "https://hooks.example/services/…"),
            ("https://hooks.example/canarycanarycanary", "https://hooks.example/…"),
            ("https://hooks.example/Canary1", "https://hooks.example/…"),
            ("https://hooks.example/hooks/canary", "https://hooks.example/hooks/…"),
            ("https://hooks.example//canary1/", "https://hooks.example/…"),
        ] {
            let told = shown(&Url::parse(url).unwrap());
            assert_eq!(told, expected);
            assert!(!told.contains("canary"));
        }
    }
}
