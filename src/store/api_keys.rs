//! Statements on keys for the REST API. Only a SHA-256 of each is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{KeyId, UserId, WorkspaceId};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.workspace_id, k.name, k.hint, k.user_id, k.permissions, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, \
             u.full_name AS user_name, u.standing AS user_standing, r.name AS role_name, r.is_system AS role_is_system, r.permissions AS role_permissions \
             FROM api_keys k LEFT JOIN users u ON u.id = k.user_id AND u.deleted_at IS NULL LEFT JOIN roles r ON r.id = u.role_id ",
            $rest
        )
    };
}

statements! {
    FIND_BY_HASH = select!("WHERE k.hash = $1");
    OF_WORKSPACE = select!("WHERE k.workspace_id = $1 ORDER BY k.id");
    FIND = select!("WHERE k.workspace_id = $1 AND k.id = $2");
    INSERT = "INSERT INTO api_keys (id, workspace_id, name, hash, hint, user_id, permissions, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    REVOKE = "UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id, name";
    REVOKE_OF_USER = "UPDATE api_keys SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id, name";
    TOUCH = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1";
}

/// A key as stored, with what its user may do now.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct KeyRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    /// The beginning of the key, by which people tell it from others.
    pub hint: String,
    pub user_id: Option<Uuid>,
    /// A JSON array; none: whatever the user may do.
    pub permissions: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub user_name: Option<String>,
    /// [`Standing`](crate::domain::user::Standing); none where there is no such user any more.
    pub user_standing: Option<String>,
    pub role_name: Option<String>,
    pub role_is_system: Option<bool>,
    /// A JSON array.
    pub role_permissions: Option<String>,
}

/// A new key, as it is stored.
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// Where.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Its beginning.
    pub hint: String,
    /// Whom it acts as.
    pub user: Option<UserId>,
    /// A JSON array; none: whatever the user may do.
    pub permissions: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key that was revoked.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Revoked {
    pub id: Uuid,
    pub name: String,
}

/// The key with that hash, dead or alive.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_hash(conn: &mut Conn, hash: [u8; 32]) -> Result<Option<KeyRow>, StoreError> {
    conn.opt(FIND_BY_HASH.bind(hash.to_vec())).await
}

/// The key of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: KeyId) -> Result<Option<KeyRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(id.0)).await
}

/// The keys of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<KeyRow>, StoreError> {
    conn.all(OF_WORKSPACE.bind(workspace.0)).await
}

/// Stores a new key.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, key: &NewKey) -> Result<(), StoreError> {
    let sql = INSERT.bind(key.id.0).bind(key.workspace.0).bind(key.name.as_str()).bind(key.hash.to_vec());
    let sql = sql.bind(key.hint.as_str()).bind(key.user.map(|id| id.0)).bind(key.permissions.clone());
    tx.forget();
    tx.run(sql.bind(key.created_at).bind(key.expires_at)).await?;
    Ok(())
}

/// Revokes a key; none where there is no such living key.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: KeyId,
    at: DateTime<Utc>,
) -> Result<Option<Revoked>, StoreError> {
    Ok(tx.returning(REVOKE.bind(workspace.0).bind(id.0).bind(at)).await?.pop())
}

/// Revokes every living key that acts as a user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revoke_of_user(tx: &mut Tx, user: UserId, at: DateTime<Utc>) -> Result<Vec<Revoked>, StoreError> {
    tx.returning_beside(REVOKE_OF_USER.bind(user.0).bind(at)).await
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch(tx: &mut Tx, id: KeyId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH.bind(id.0).bind(at)).await?;
    Ok(())
}
