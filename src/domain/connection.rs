//! A connection: how the people of a workspace sign in at their company's provider.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, RoleId, WorkspaceId};

/// What kind of provider; each has habits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Okta: its `sub` is the id that it provisions with.
    Okta,
    /// Microsoft Entra ID: one tenant; `oid` is the id that it provisions with.
    Entra,
    /// Google: `hd` is the domain of the company.
    Google,
    /// GitHub: OAuth 2.0 and a REST API, no ID token.
    Github,
    /// Any other OpenID Provider.
    Oidc,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Okta, Self::Entra, Self::Google, Self::Github, Self::Oidc];

    /// The kind's name in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Google => "google",
            Self::Github => "github",
            Self::Oidc => "oidc",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What people call it: "Log in with …".
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft",
            Self::Google => "Google",
            Self::Github => "GitHub",
            Self::Oidc => "OpenID Connect",
        }
    }
}

/// How the bridge proves to a provider that it is the client (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// An assertion, signed with a key of the bridge's.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The method's name, as the standard has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

/// Addresses that replace discovered ones, or stand in where a provider has no discovery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Where the browser is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// Where the code becomes tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Where the person's claims are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<String>,
}

/// A connection, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)]
pub struct Connection {
    /// Its id, which is in its addresses.
    pub id: ConnectionId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What people call it: "okta".
    pub name: String,
    /// The kind of provider.
    pub kind: Kind,
    /// The issuer, character by character as the provider writes it; for Entra it names the tenant.
    pub issuer: String,
    /// Addresses of its own.
    pub endpoints: Endpoints,
    /// The bridge's id at the provider.
    pub client_id: String,
    /// How the bridge proves that it is that client.
    pub auth_method: AuthMethod,
    /// Whether a secret or key is kept.
    pub has_secret: bool,
    /// What is asked for besides `openid profile email`.
    pub scopes: Vec<String>,
    /// The claim that lists groups, where one does.
    pub groups_claim: Option<String>,
    /// The claim that lists roles, where one does.
    pub roles_claim: Option<String>,
    /// Whether an email is believed that the provider does not call verified, within proved domains.
    pub trusts_email: bool,
    /// Whether whoever is not known yet becomes a user at their first login.
    pub jit: bool,
    /// The role of those; none: the workspace's default role.
    pub default_role: Option<RoleId>,
    /// Whether anybody can sign in through it.
    pub enabled: bool,
    /// When an Admin first came in through it.
    pub admin_came_in_at: Option<DateTime<Utc>>,
    /// Grows with each change; a sign-in that began before one is not finished after it.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed.
    pub updated_at: DateTime<Utc>,
}
