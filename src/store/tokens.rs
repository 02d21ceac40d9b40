//! Statements on SCIM tokens. Only a SHA-256 of each is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::ids::{TokenId, UserId, WorkspaceId};

statements! {
    FIND_BY_HASH = "SELECT t.id, t.workspace_id, t.name, t.hint, t.scope, t.dialect, t.user_id, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, \
                    u.standing AS user_standing FROM tokens t LEFT JOIN users u ON u.id = t.user_id WHERE t.hash = $1";
    LIST = "SELECT t.id, t.workspace_id, t.name, t.hint, t.scope, t.dialect, t.user_id, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, \
            u.standing AS user_standing FROM tokens t LEFT JOIN users u ON u.id = t.user_id WHERE t.workspace_id = $1 ORDER BY t.id";
    INSERT = "INSERT INTO tokens (id, workspace_id, name, hash, hint, scope, dialect, user_id, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    LIVING_NAME = "SELECT name FROM tokens WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL", for_update;
    REVOKE = "UPDATE tokens SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";
    // Of whom somebody may have to be told that it ends.
    ENDING = "SELECT workspace_id, id, name, hint, created_at, expires_at, told_days FROM tokens WHERE revoked_at IS NULL AND expires_at IS NOT NULL \
              AND expires_at > $1 AND expires_at <= $2 AND (told_days IS NULL OR told_days > 0) ORDER BY expires_at";
    END = "SELECT workspace_id, id, name, hint, created_at, expires_at, told_days FROM tokens WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL \
           AND expires_at IS NOT NULL";
    TOLD = "UPDATE tokens SET told_days = $2 WHERE id = $1";
    TOUCH = "UPDATE tokens SET last_used_at = $2 WHERE id = $1";
}

/// A token as stored.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct TokenRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    /// The beginning of the token, by which people tell it from others.
    pub hint: String,
    pub scope: String,
    pub dialect: String,
    pub user_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The standing of the user it acts for, where it acts for one.
    pub user_standing: Option<String>,
}

impl TokenRow {
    /// Whether it was revoked, or the user it acts for may no longer work.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.revoked_at.is_some() || (self.user_id.is_some() && self.user_standing.as_deref() != Some("active"))
    }

    /// What it allows.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the row is none that we wrote.
    pub fn grant(&self) -> Result<Grant, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("token {}", self.id));
        Ok(Grant {
            workspace_id: WorkspaceId(self.workspace_id),
            holder: Holder::Token(TokenId(self.id)),
            name: self.name.clone(),
            scope: Scope::parse(&self.scope).ok_or_else(corrupt)?,
            dialect: Dialect::parse(&self.dialect).ok_or_else(corrupt)?,
            user_id: self.user_id.map(UserId),
            expires_at: self.expires_at,
        })
    }
}

/// When a token ends, and what of that was told.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct EndRow {
    pub workspace_id: Uuid,
    pub id: Uuid,
    pub name: String,
    pub hint: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// How many days before its end it was last told of.
    pub told_days: Option<i64>,
}

/// The living tokens of all workspaces that end after one moment and not after another, and whose end was not told yet.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn ending(conn: &mut Conn, after: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<EndRow>, StoreError> {
    conn.all(ENDING.bind(after).bind(until)).await
}

/// When a living token ends; none where it does not, or there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn end(conn: &mut Conn, workspace: WorkspaceId, id: TokenId) -> Result<Option<EndRow>, StoreError> {
    conn.opt(END.bind(workspace.0).bind(id.0)).await
}

/// Notes that somebody was told of a token's end, so many days before it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_told(tx: &mut Tx, id: TokenId, days: i64) -> Result<(), StoreError> {
    tx.run(TOLD.bind(id.0).bind(days)).await?;
    Ok(())
}

/// The token with that hash, dead or alive.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_hash(conn: &mut Conn, hash: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    conn.opt(FIND_BY_HASH.bind(hash.to_vec())).await
}

/// The tokens of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<TokenRow>, StoreError> {
    conn.all(LIST.bind(workspace.0)).await
}

/// Stores a new token.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(
    tx: &mut Tx,
    id: TokenId,
    grant: &Grant,
    hash: [u8; 32],
    hint: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = INSERT.bind(id.0).bind(grant.workspace_id.0).bind(grant.name.as_str()).bind(hash.to_vec()).bind(hint);
    let sql = sql.bind(grant.scope.name()).bind(grant.dialect.name()).bind(grant.user_id.map(|id| id.0));
    tx.run(sql.bind(at).bind(grant.expires_at)).await?;
    Ok(())
}

/// Revokes a token and gives its name; none where there is no such living token.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: TokenId,
    at: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let living: Option<(String,)> = tx.opt(LIVING_NAME.bind(workspace.0).bind(id.0)).await?;
    tx.run(REVOKE.bind(workspace.0).bind(id.0).bind(at)).await?;
    Ok(living.map(|(name,)| name))
}

/// Notes that a token was used.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch(tx: &mut Tx, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH.bind(id.0).bind(at)).await?;
    Ok(())
}
