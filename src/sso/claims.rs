//! What a provider said of a person, after everything about it was checked.

use chrono::{DateTime, Utc};

use crate::settings::Secret;

/// The groups (or roles) that a provider names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Groups {
    /// It names none.
    #[default]
    Unsaid,
    /// These.
    Listed(Vec<String>),
    /// There are too many for the token (Entra beyond 200): provisioning has to say.
    TooMany,
}

/// What a provider said of a person. Only `sso` makes one: signature, issuer, audience, times, nonce and userinfo have
/// been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedClaims {
    /// The provider.
    pub issuer: String,
    /// Whom it calls the person: exact bytes, never empty.
    pub subject: String,
    /// What the provider provisions the person with: Okta's `sub`, Entra's `oid`, else the subject.
    pub external_id: String,
    /// The address.
    pub email: Option<String>,
    /// Whether the provider itself says that the address is theirs: JSON `true` of `email_verified`, or yes of Entra's `xms_edov`.
    pub email_is_verified: bool,
    /// The whole name.
    pub name: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// Google's `hd`.
    pub hosted_domain: Option<String>,
    /// Groups, from the connection's claim.
    pub groups: Groups,
    /// Roles, from the connection's claim.
    pub roles: Groups,
    /// When the person proved who they are.
    pub auth_time: Option<DateTime<Utc>>,
    /// What the provider calls its session.
    pub sid: Option<String>,
    /// The token itself, for the hint at logout; GitHub has none.
    pub id_token: Option<Secret>,
}
