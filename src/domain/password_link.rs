//! A link in a mail by which somebody sets a password, once.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{UserId, WorkspaceId};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first password of somebody new.
    Welcome,
    /// Another password for somebody who forgot theirs.
    Reset,
}

impl Purpose {
    /// The purpose's name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Reset => "reset",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Welcome, Self::Reset].into_iter().find(|purpose| purpose.name() == name)
    }

    /// How long a link is good.
    #[must_use]
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::Welcome => TimeDelta::hours(72),
            Self::Reset => TimeDelta::hours(1),
        }
    }
}

/// A link that has not been used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Whose password it sets.
    pub user_id: UserId,
    /// What it is for.
    pub purpose: Purpose,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}
