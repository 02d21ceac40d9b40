//! `/keys` and `/me`: what programs authenticate with here.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::{Answer, Call, created, done, success};
use super::shape::{List, Listed};
use super::{Failure, roles};
use crate::command::credentials::{CreateKey, RevokeKey};
use crate::ids::KeyId;
use crate::secret;
use crate::store::api_keys as rows;

/// An API key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub struct Key {
    id: Uuid,
    name: String,
    /// Its beginning, by which people tell it from others.
    hint: String,
    /// Whom it acts as; null: the workspace itself.
    user_id: Option<Uuid>,
    user_name: Option<String>,
    /// What it may do at most; null: whatever its user may do.
    permissions: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Listed for Key {
    const PLURAL: &'static str = "keys";
}

impl From<rows::KeyRow> for Key {
    fn from(row: rows::KeyRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hint: row.hint,
            user_id: row.user_id,
            user_name: row.user_name,
            permissions: row.permissions.and_then(|json| serde_json::from_str(&json).ok()),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A new API key. It acts as whoever makes it.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewApiKey")]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What people call it.
    name: String,
    /// What it may do at most; nothing said: whatever its user may do, now and later.
    permissions: Option<Vec<String>>,
    /// From when on it is worth nothing.
    expires_at: Option<DateTime<Utc>>,
}

/// A key that was just made: the only time that it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MadeApiKey")]
pub struct Made {
    id: Uuid,
    key: String,
}

/// Who the key acts as, and what it may do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    key_id: Uuid,
    /// The workspace.
    organization_id: Uuid,
    /// Whom it acts as; null: the workspace itself.
    user_id: Option<Uuid>,
    name: String,
    /// What it may do now.
    permissions: Vec<&'static str>,
}

/// `GET /me`
pub async fn me(call: Call) -> Answer {
    let caller = &call.caller;
    success(&Me {
        key_id: caller.key.0,
        organization_id: caller.workspace.0,
        user_id: caller.user.map(|id| id.0),
        name: caller.name.clone(),
        permissions: caller.permissions.names().collect(),
    })
}

/// `GET /keys`
pub async fn list(call: Call) -> Answer {
    let rows = rows::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(rows.into_iter().map(Key::from).collect()))
}

/// `POST /keys`
pub async fn create(call: Call) -> Answer {
    let new: NewKey = call.body()?;
    let wanted = new.permissions.as_deref().map(roles::permissions).transpose()?;
    // No key makes one that may do more, or lives longer, than itself.
    let limit = call.caller.permissions;
    let own = rows::find(&mut call.read().await?, call.workspace(), call.caller.key).await?;
    let own = own.ok_or_else(Failure::not_found)?;
    if own.expires_at.is_some_and(|end| new.expires_at.is_none_or(|wanted| wanted > end)) {
        return Err(Failure::invalid("expires_at: a key makes none that lives longer than itself."));
    }
    let permissions = match wanted {
        Some(set) if limit.covers(set) => Some(set),
        Some(_) => return Err(Failure::invalid("permissions: a key gives no permission that it does not have.")),
        None => own.permissions.map(|_| limit),
    };
    let (key, id) = (secret::new_key()?, KeyId::fresh());
    let stored = rows::NewKey {
        id,
        workspace: call.workspace(),
        name: new.name,
        hash: secret::hash(&key),
        hint: secret::hint(&key),
        user: call.caller.user,
        permissions: None,
        created_at: call.app.clock.now(),
        expires_at: new.expires_at,
    };
    call.execute(CreateKey { key: stored, permissions }).await?;
    created(&Made { id: id.0, key })
}

/// `DELETE /keys/{id}`
pub async fn revoke(call: Call) -> Answer {
    let id = call.id(0, KeyId::parse)?;
    call.execute(RevokeKey { workspace: call.workspace(), id }).await?;
    done()
}
