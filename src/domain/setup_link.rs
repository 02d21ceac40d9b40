//! A link that lets somebody in without an account, for a while and for one thing: the first Admin of an installation, or a
//! company's IT admin who connects their own provider.

use chrono::{DateTime, TimeDelta, Utc};

use super::connection::Kind as ProviderKind;
use crate::ids::{ConnectionId, SetupLinkId, TokenId, WorkspaceId};

/// How long the link of the first run can be used.
pub const FIRST_RUN: TimeDelta = TimeDelta::hours(24);
/// Days that a customer's link lives at the most.
pub const MOST_DAYS: i64 = 14;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first Admin of an installation.
    FirstRun,
    /// A company that connects its own provider.
    Customer,
}

impl Kind {
    /// The kind's name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstRun => "first_run",
            Self::Customer => "customer",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::FirstRun, Self::Customer].into_iter().find(|kind| kind.name() == name)
    }
}

/// The provider that somebody connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Any other that speaks SCIM and OpenID Connect.
    Other,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Okta, Self::Entra, Self::Other];

    /// Its name in the database and in forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Other => "other",
        }
    }

    /// The provider of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// The kind of connection that people sign in through.
    #[must_use]
    pub const fn kind(self) -> ProviderKind {
        match self {
            Self::Okta => ProviderKind::Okta,
            Self::Entra => ProviderKind::Entra,
            Self::Other => ProviderKind::Oidc,
        }
    }
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// Its id; not what it holds.
    pub id: SetupLinkId,
    /// What it is for.
    pub kind: Kind,
    /// The workspace; for the first run none until there is one.
    pub workspace: Option<WorkspaceId>,
    /// The name that its maker gave it.
    pub name: String,
    /// Its beginning, by which people tell it from others.
    pub hint: String,
    /// The provider that was chosen.
    pub provider: Option<Provider>,
    /// The id of the one connection that it may make and change, from when its provider was chosen.
    pub connection: Option<ConnectionId>,
    /// The one token that was made through it.
    pub token: Option<TokenId>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it opens nothing.
    pub expires_at: DateTime<Utc>,
    /// When it was first opened; for the first run, when the account was made.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When somebody said that they want no second factor now.
    pub skipped_at: Option<DateTime<Utc>>,
    /// When somebody said that they are done.
    pub finished_at: Option<DateTime<Utc>>,
}

impl SetupLink {
    /// Whether it opens something at a moment.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        let is_spent = self.kind == Kind::FirstRun && self.used_at.is_some();
        self.expires_at > now && self.revoked_at.is_none() && !is_spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_something_until_it_ends_and_that_of_the_first_run_but_once() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let link = SetupLink {
            id: SetupLinkId::fresh(),
            kind: Kind::Customer,
            workspace: None,
            name: "Acme".into(),
            hint: "abcd".into(),
            provider: None,
            connection: None,
            token: None,
            created_by: "Root".into(),
            created_at: at,
            expires_at: at + TimeDelta::days(1),
            used_at: Some(at),
            revoked_at: None,
            skipped_at: None,
            finished_at: None,
        };
        assert!(link.is_open(at) && !link.is_open(link.expires_at));
        assert!(!SetupLink { revoked_at: Some(at), ..link.clone() }.is_open(at));
        assert!(!SetupLink { kind: Kind::FirstRun, ..link.clone() }.is_open(at));
        assert!(SetupLink { kind: Kind::FirstRun, used_at: None, ..link }.is_open(at));
    }
}
