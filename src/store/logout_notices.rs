//! Statements on clients that are still to be told that a session ended.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::grants::ToTell;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::NoticeId;

statements! {
    INSERT = "INSERT INTO logout_notices (id, workspace_id, client_id, user_id, session_id, attempts, due_at, created_at) \
              VALUES ($1, $2, $3, $4, $5, 0, $6, $6)";
    DUE = "SELECT n.id, n.workspace_id, n.client_id, n.user_id, n.session_id, n.attempts, n.due_at, c.name, c.backchannel_logout_uri AS uri, \
           c.revoked_at FROM logout_notices n JOIN login_clients c ON c.id = n.client_id WHERE n.due_at <= $1 ORDER BY n.due_at LIMIT CAST($2 AS BIGINT)";
    // Whoever sees it as it was gets it: the others find it due later.
    LEASE = "UPDATE logout_notices SET due_at = $3, attempts = attempts + 1 WHERE id = $1 AND due_at = $2";
    DELETE = "DELETE FROM logout_notices WHERE id = $1";
}

/// A client that is to be told.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct NoticeRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub client_id: String,
    pub user_id: Uuid,
    pub session_id: Uuid,
    /// How often it was tried.
    pub attempts: i64,
    pub due_at: DateTime<Utc>,
    /// What the client is called.
    pub name: String,
    /// Where it is told.
    pub uri: Option<String>,
    /// From when on the client is worth nothing.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Leaves a notice for a client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, to: &ToTell, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = INSERT.bind(NoticeId::fresh().0).bind(to.workspace_id).bind(to.client_id.as_str());
    tx.run(sql.bind(to.user_id).bind(to.session_id).bind(now)).await?;
    Ok(())
}

/// Those that are due, the oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn due(conn: &mut Conn, now: DateTime<Utc>, most: i64) -> Result<Vec<NoticeRow>, StoreError> {
    conn.all(DUE.bind(now).bind(most)).await
}

/// Takes a notice until `until`, when it is due again; false where somebody else took it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lease(tx: &mut Tx, notice: &NoticeRow, until: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.run(LEASE.bind(notice.id).bind(notice.due_at).bind(until)).await? == 1)
}

/// Drops a notice.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: NoticeId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}
