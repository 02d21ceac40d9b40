//! Statements on OAuth clients, and the assertions they have used.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::ids::WorkspaceId;

statements! {
    FIND_CLIENT = "SELECT id, workspace_id, name, secret_hash, keys, scope, dialect, created_at, last_used_at, revoked_at FROM oauth_clients WHERE id = $1";
    LIST_CLIENTS = "SELECT id, workspace_id, name, secret_hash, keys, scope, dialect, created_at, last_used_at, revoked_at FROM oauth_clients \
                    WHERE workspace_id = $1 ORDER BY created_at, id";
    INSERT_CLIENT = "INSERT INTO oauth_clients (id, workspace_id, name, secret_hash, keys, scope, dialect, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIVING_NAME = "SELECT name FROM oauth_clients WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL", for_update;
    REVOKE_CLIENT = "UPDATE oauth_clients SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";
    TOUCH_CLIENT = "UPDATE oauth_clients SET last_used_at = $2 WHERE id = $1";
    USE_ASSERTION = "INSERT INTO oauth_assertions (client_id, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FORGET_ASSERTIONS = "DELETE FROM oauth_assertions WHERE expires_at < $1";
}

/// An OAuth client as stored.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ClientRow {
    pub id: String,
    pub workspace_id: Uuid,
    pub name: String,
    /// SHA-256 of its secret, where it has one.
    pub secret_hash: Option<Vec<u8>>,
    /// The JWK set with its public keys, where it signs instead.
    pub keys: Option<Value>,
    pub scope: String,
    pub dialect: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ClientRow {
    /// What it allows.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the row is none that we wrote.
    pub fn grant(&self) -> Result<Grant, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("client {}", self.id));
        Ok(Grant {
            workspace_id: WorkspaceId(self.workspace_id),
            holder: Holder::Client(self.id.clone()),
            name: self.name.clone(),
            scope: Scope::parse(&self.scope).ok_or_else(corrupt)?,
            dialect: Dialect::parse(&self.dialect).ok_or_else(corrupt)?,
            user_id: None,
            expires_at: None,
        })
    }
}

/// The client of that id, revoked or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_client(conn: &mut Conn, id: &str) -> Result<Option<ClientRow>, StoreError> {
    conn.opt(FIND_CLIENT.bind(id)).await
}

/// The clients of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list_clients(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<ClientRow>, StoreError> {
    conn.all(LIST_CLIENTS.bind(workspace.0)).await
}

/// Stores a new client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_client(tx: &mut Tx, client: &ClientRow) -> Result<(), StoreError> {
    let sql = INSERT_CLIENT.bind(client.id.as_str()).bind(client.workspace_id).bind(client.name.as_str());
    let sql = sql.bind(client.secret_hash.clone()).bind(client.keys.clone()).bind(client.scope.as_str());
    tx.run(sql.bind(client.dialect.as_str()).bind(client.created_at)).await?;
    Ok(())
}

/// Revokes a client and gives its name; none where there is no such living client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revoke_client(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: &str,
    at: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let living: Option<(String,)> = tx.opt(LIVING_NAME.bind(workspace.0).bind(id)).await?;
    tx.run(REVOKE_CLIENT.bind(workspace.0).bind(id).bind(at)).await?;
    Ok(living.map(|(name,)| name))
}

/// Notes that a client was used.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch_client(tx: &mut Tx, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH_CLIENT.bind(id).bind(at)).await?;
    Ok(())
}

/// Notes that an assertion was used; false where it had been used before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn use_assertion(
    tx: &mut Tx,
    client: &str,
    jti: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    tx.run(FORGET_ASSERTIONS.bind(now)).await?;
    Ok(tx.run(USE_ASSERTION.bind(client).bind(jti).bind(expires_at)).await? == 1)
}
