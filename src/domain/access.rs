//! Who asks, and what a credential allows.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::permission::Permissions;
use crate::ids::{RequestId, TokenId, UserId, WorkspaceId};

/// What a SCIM credential allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Read users and groups.
    #[serde(rename = "scim:read")]
    Read,
    /// Read and write users and groups.
    #[serde(rename = "scim")]
    Write,
}

impl Scope {
    /// The scope's name on the wire, in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "scim:read",
            Self::Write => "scim",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|scope| scope.name() == name)
    }
}

/// How strictly a credential's requests are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// As Okta, Entra and the others really send them.
    Compat,
    /// As the standard and its interoperability profile say.
    Interop,
}

impl Dialect {
    /// The dialect's name in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Interop => "interop",
        }
    }

    /// The dialect of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Compat, Self::Interop].into_iter().find(|dialect| dialect.name() == name)
    }
}

/// A SCIM credential that has been checked: where it may act and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The workspace it acts in, and no other.
    pub workspace_id: WorkspaceId,
    /// Who it is.
    pub holder: Holder,
    /// The name that its maker gave it: "okta".
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// How its requests are read.
    pub dialect: Dialect,
    /// The user it acts for, where it acts for one: what `/Me` means.
    pub user_id: Option<UserId>,
    /// From when on it is worth nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What kind of credential a [`Grant`] came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A bearer token.
    Token(TokenId),
    /// An OAuth client, by its client id.
    Client(String),
}

impl Holder {
    /// The kind's name in the audit and request logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Client(_) => "client",
        }
    }

    /// The id as text.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Token(id) => id.to_string(),
            Self::Client(id) => id.clone(),
        }
    }
}

/// Who makes a change, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `token`, `client`, `user`, `key`, `setup_link`, `system` or `operator`.
    pub kind: &'static str,
    /// The credential's id; the operator has none.
    pub id: Option<String>,
    /// A name that people recognise: "okta", "command line".
    pub name: String,
    /// The request in which it happens.
    pub request_id: RequestId,
    /// Where it comes from, where it comes over the network.
    pub address: Option<IpAddr>,
    /// What it may do itself, and so the most that it may give to others.
    pub powers: Permissions,
}

impl Actor {
    /// Whoever can run commands on the bridge's own machine.
    #[must_use]
    pub fn operator() -> Self {
        Self::local("operator", "command line")
    }

    /// The bridge itself, for what happens by the clock.
    #[must_use]
    pub fn system() -> Self {
        Self::local("system", "aisoule-bridge")
    }

    fn local(kind: &'static str, name: &str) -> Self {
        let request_id = RequestId::fresh();
        Self { kind, id: None, name: name.into(), request_id, address: None, powers: Permissions::ALL }
    }
}
