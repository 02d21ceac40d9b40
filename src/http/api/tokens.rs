//! `/tokens`: what identity providers authenticate with.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, success};
use super::shape::{List, Listed};
use crate::command::credentials::{CreateToken, RevokeToken};
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::ids::TokenId;
use crate::secret;
use crate::store::tokens as rows;

/// A token of an identity provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Token {
    id: Uuid,
    name: String,
    /// Its beginning, by which people tell it from others.
    hint: String,
    /// `scim:read` or `scim`.
    scope: String,
    /// `compat` or `interop`.
    profile: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Listed for Token {
    const PLURAL: &'static str = "tokens";
}

impl From<rows::TokenRow> for Token {
    fn from(row: rows::TokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hint: row.hint,
            scope: row.scope,
            profile: row.dialect,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A new token for an identity provider.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What people call it: "okta".
    name: String,
    /// `scim:read` or `scim`; `scim`, where nothing is said.
    scope: Option<String>,
    /// `compat` or `interop`; `compat`, where nothing is said.
    profile: Option<String>,
    /// From when on it is worth nothing.
    expires_at: Option<DateTime<Utc>>,
}

/// A token that was just made: the only time that it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MadeToken")]
pub struct Made {
    id: Uuid,
    token: String,
    /// Where identity providers send their requests.
    scim_url: String,
}

/// `GET /tokens`
pub async fn list(call: Call) -> Answer {
    let rows = rows::list(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(rows.into_iter().map(Token::from).collect()))
}

/// `POST /tokens`
pub async fn create(call: Call) -> Answer {
    let new: NewToken = call.body()?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || crate::text::printable(&name) != name.as_str() {
        return Err(Failure::invalid("name: has 1 to 100 printable characters."));
    }
    if new.expires_at.is_some_and(|end| end <= call.app.clock.now()) {
        return Err(Failure::invalid("expires_at: lies in the past."));
    }
    let scope = new.scope.as_deref().map_or(Some(Scope::Write), Scope::parse);
    let dialect = new.profile.as_deref().map_or(Some(Dialect::Compat), Dialect::parse);
    let (token, id) = (secret::new_token()?, TokenId::fresh());
    let grant = Grant {
        workspace_id: call.workspace(),
        holder: Holder::Token(id),
        name,
        scope: scope.ok_or_else(|| Failure::invalid("scope: must be scim:read or scim."))?,
        dialect: dialect.ok_or_else(|| Failure::invalid("profile: must be compat or interop."))?,
        user_id: None,
        expires_at: new.expires_at,
    };
    call.execute(CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) }).await?;
    created(&Made { id: id.0, token, scim_url: call.app.scim_url.clone() })
}

/// `DELETE /tokens/{id}`
pub async fn revoke(call: Call) -> Answer {
    let id = call.id(0, TokenId::parse)?;
    call.execute(RevokeToken { workspace: call.workspace(), id }).await?;
    done()
}
