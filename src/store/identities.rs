//! Statements on identities: whom a provider's subject is.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::connection::LinkedBy;
use crate::ids::{ConnectionId, UserId, WorkspaceId};

statements! {
    FIND = "SELECT * FROM identities WHERE connection_id = $1 AND issuer = $2 AND subject = $3";
    OF_USER = "SELECT * FROM identities WHERE user_id = $1 ORDER BY created_at";
    INSERT = "INSERT INTO identities (connection_id, issuer, subject, workspace_id, user_id, linked_by, created_at, last_login_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TOUCH = "UPDATE identities SET last_login_at = $4 WHERE connection_id = $1 AND issuer = $2 AND subject = $3";
    UNLINK = "DELETE FROM identities WHERE user_id = $1";
    UNLINK_JIT = "DELETE FROM identities WHERE user_id = $1 AND linked_by = 'jit'";
    UNLINK_ALL = "DELETE FROM identities WHERE connection_id = $1";
}

/// Whom a subject is.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct IdentityRow {
    pub connection_id: Uuid,
    pub issuer: String,
    pub subject: String,
    pub workspace_id: Uuid,
    pub user_id: Uuid,
    /// [`LinkedBy`]
    pub linked_by: String,
    pub created_at: DateTime<Utc>,
    pub last_login_at: DateTime<Utc>,
}

/// By what a subject is known: the connection, the issuer, and whom it calls the person.
#[derive(Debug, Clone, Copy)]
pub struct Key<'k> {
    /// The connection.
    pub connection: ConnectionId,
    /// The issuer.
    pub issuer: &'k str,
    /// The subject.
    pub subject: &'k str,
}

/// Whom that subject is.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, key: Key<'_>) -> Result<Option<UserId>, StoreError> {
    let row: Option<IdentityRow> = conn.opt(FIND.bind(key.connection.0).bind(key.issuer).bind(key.subject)).await?;
    Ok(row.map(|row| UserId(row.user_id)))
}

/// The identities of a user, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<IdentityRow>, StoreError> {
    conn.all(OF_USER.bind(user.0)).await
}

/// Links a subject to a user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(
    tx: &mut Tx,
    key: Key<'_>,
    (workspace, user): (WorkspaceId, UserId),
    by: LinkedBy,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = INSERT.bind(key.connection.0).bind(key.issuer).bind(key.subject).bind(workspace.0).bind(user.0);
    tx.run(sql.bind(by.name()).bind(at).bind(at)).await?;
    Ok(())
}

/// Notes that a subject signed in.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch(tx: &mut Tx, key: Key<'_>, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH.bind(key.connection.0).bind(key.issuer).bind(key.subject).bind(at)).await?;
    Ok(())
}

/// No subject is that user any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unlink(tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
    tx.run(UNLINK.bind(user.0)).await
}

/// No subject is that user any more that became them by making them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unlink_jit(tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
    tx.run(UNLINK_JIT.bind(user.0)).await
}

/// No subject of a connection is anybody any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unlink_all(tx: &mut Tx, connection: ConnectionId) -> Result<u64, StoreError> {
    tx.run(UNLINK_ALL.bind(connection.0)).await
}
