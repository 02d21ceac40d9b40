//! Statements on names that are held because their owner was deactivated by hand and then deleted.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{UserId, WorkspaceId};

statements! {
    KEEP = "INSERT INTO holds (workspace_id, kind, value_key, user_id, held_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    FIND = "SELECT user_id, held_at FROM holds WHERE workspace_id = $1 AND kind = $2 AND value_key = $3";
    RELEASE = "DELETE FROM holds WHERE workspace_id = $1 AND user_id = $2";
}

/// A name that is held.
#[derive(Debug, Clone, FromRow)]
pub struct Held {
    /// Who had it.
    pub user_id: Uuid,
    /// Since when.
    pub held_at: DateTime<Utc>,
}

/// Holds names, each of a kind; answers how many were not held before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn keep(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    names: &[(&'static str, String)],
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let mut kept = 0;
    for (kind, name) in names {
        let sql = KEEP.bind(workspace.0).bind(*kind).bind(name.as_str()).bind(user.0).bind(at);
        kept += i64::from(tx.run(sql).await? > 0);
    }
    Ok(kept)
}

/// Who has one of these names, held.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    names: &[(&'static str, String)],
) -> Result<Vec<Held>, StoreError> {
    let mut found = Vec::new();
    for (kind, name) in names {
        found.extend(conn.opt::<Held>(FIND.bind(workspace.0).bind(*kind).bind(name.as_str())).await?);
    }
    Ok(found)
}

/// Lets every name of these users go; answers how many were held.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn release(tx: &mut Tx, workspace: WorkspaceId, users: &[Uuid]) -> Result<i64, StoreError> {
    let mut released = 0;
    for user in users {
        let rows = tx.run(RELEASE.bind(workspace.0).bind(*user)).await?;
        released += i64::try_from(rows).unwrap_or_default();
    }
    Ok(released)
}
