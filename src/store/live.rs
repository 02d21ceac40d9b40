//! Statements for those who follow what happens: what came after a place in the audit log, and how far the request log got.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use crate::ids::WorkspaceId;

statements! {
    AFTER = "SELECT seq, at, action FROM audit_log WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT CAST($3 AS BIGINT)";
    LATEST = "SELECT seq, at, action FROM audit_log WHERE workspace_id = $1 ORDER BY seq DESC LIMIT CAST($2 AS BIGINT)";
    LAST_REQUEST = "SELECT seq, at, (SELECT count(*) FROM request_log AS near WHERE near.workspace_id = $1 AND near.seq > last.seq - 256 \
        AND near.seq <= last.seq) AS near FROM request_log AS last WHERE last.workspace_id = $1 ORDER BY last.seq DESC LIMIT 1";
    FIRST_OF_ACTOR = "SELECT at FROM request_log WHERE workspace_id = $1 AND actor_id = $2 ORDER BY at LIMIT 1";
}

/// What happened, when, and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Happened {
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// `user.created`.
    pub action: String,
}

/// A place in the request log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Place {
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// How many rows of the workspace there are among the last 256 numbers.
    pub near: i64,
}

#[derive(FromRow)]
struct Moment {
    at: DateTime<Utc>,
}

/// What happened in a workspace after a place in the audit log, oldest first. Rows of one workspace get their places in the
/// order of their commits: nothing is passed over.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn after(conn: &mut Conn, workspace: WorkspaceId, seq: i64, most: i64) -> Result<Vec<Happened>, StoreError> {
    conn.all(AFTER.bind(workspace.0).bind(seq).bind(most)).await
}

/// What happened in a workspace last, newest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn latest(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<Happened>, StoreError> {
    conn.all(LATEST.bind(workspace.0).bind(most)).await
}

/// The last row of a workspace in the request log. PostgreSQL gives numbers out before rows are committed, so that a row may
/// appear below the last: with how many there are near it, that is seen too.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last_request(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<Place>, StoreError> {
    conn.opt(LAST_REQUEST.bind(workspace.0)).await
}

/// When a credential first asked for something, as far as the request log reaches back.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn first_request_of(
    conn: &mut Conn,
    workspace: WorkspaceId,
    actor: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let found = conn.opt::<Moment>(FIRST_OF_ACTOR.bind(workspace.0).bind(actor)).await?;
    Ok(found.map(|moment| moment.at))
}
