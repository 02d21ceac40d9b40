//! A session: somebody in their browser, from signing in to signing out.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{ConnectionId, SessionId, UserId, WorkspaceId};

/// How far somebody has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// All the way.
    Full,
    /// The password was right; the second factor is missing.
    SecondFactor,
    /// All was right, but the password was chosen by somebody else: a new one comes first.
    NewPassword,
}

impl Stage {
    /// The stage's name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::SecondFactor => "second_factor",
            Self::NewPassword => "new_password",
        }
    }

    /// The stage of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Full, Self::SecondFactor, Self::NewPassword].into_iter().find(|stage| stage.name() == name)
    }
}

/// The door through which somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// Their password.
    Password,
    /// A link in a mail, with which they set their password.
    Link,
    /// A connection.
    Sso(Upstream),
}

impl Door {
    /// The door's name in the database and the audit log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Sso(_) => "sso",
        }
    }
}

/// The session at the provider behind a session here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The connection.
    pub connection: ConnectionId,
    /// The provider.
    pub issuer: String,
    /// Whom it calls the person.
    pub subject: String,
    /// What it calls its session, where it says so.
    pub sid: Option<String>,
    /// The ID token, sealed: the hint with which the provider ends its session (RP-Initiated Logout §2).
    pub id_token: Option<Vec<u8>>,
    /// Whether it vouched, at this sign-in, for the address that the user has here.
    pub email_vouched: bool,
}

/// From where somebody signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, cut to 200 characters.
    pub user_agent: Option<String>,
}

/// A session that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id; not what the cookie holds.
    pub id: SessionId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// How far they have got.
    pub stage: Stage,
    /// How they came in.
    pub door: Door,
    /// Whether a second factor was given.
    pub has_second_factor: bool,
    /// From where.
    pub seen: Seen,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When they last proved who they are.
    pub authenticated_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends, however often it is used.
    pub expires_at: DateTime<Utc>,
}

impl Session {
    /// The provider at which it began.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.upstream().map(|upstream| upstream.issuer.as_str())
    }

    /// Whom that provider calls the person.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.upstream().map(|upstream| upstream.subject.as_str())
    }

    /// The session at the provider behind it.
    #[must_use]
    pub const fn upstream(&self) -> Option<&Upstream> {
        match &self.door {
            Door::Sso(upstream) => Some(upstream),
            Door::Password | Door::Link => None,
        }
    }

    /// Whether they proved who they are so short a time ago that they may make credentials (OWASP ASVS V7.5.1).
    #[must_use]
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now - self.authenticated_at < FRESH
    }

    /// Whether it is over at `now`: unused for too long, or simply too old.
    #[must_use]
    pub fn is_over(&self, lifetime: Lifetime, now: DateTime<Utc>) -> bool {
        self.expires_at <= now || self.last_seen_at + lifetime.idle <= now
    }
}

/// How long a proof of who somebody is lasts for what only they themselves may do.
const FRESH: TimeDelta = TimeDelta::minutes(5);
/// Minutes that somebody has for what is missing: the second factor, or a new password.
const HALF: i64 = 10;

/// How long sessions live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// How long one lives that is not used.
    pub idle: TimeDelta,
    /// How long one lives at the most.
    pub absolute: TimeDelta,
}

impl Lifetime {
    /// How long a session lives at the most that is at that stage: one in which something is missing, minutes.
    #[must_use]
    pub fn of(self, stage: Stage) -> TimeDelta {
        match stage {
            Stage::Full => self.absolute,
            Stage::SecondFactor | Stage::NewPassword => self.absolute.min(TimeDelta::minutes(HALF)),
        }
    }
}
