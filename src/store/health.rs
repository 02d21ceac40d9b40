//! The statements that tell how a workspace is doing: what providers asked for lately, what nobody was told of yet, and what
//! its connector has to do.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::workspaces::Count;
use crate::ids::{ConnectionId, WorkspaceId};

statements! {
    REQUESTS = "SELECT count(*) AS requests, coalesce(sum(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0) AS errors FROM request_log \
                WHERE workspace_id = $1 AND actor_id = $2 AND at >= $3";
    // In the words of the index request_log_write, or it is not used.
    LAST_WRITE = "SELECT at FROM request_log WHERE workspace_id = $1 AND actor_id = $2 AND method <> 'GET' AND status < 300 AND path LIKE '/scim/%' \
                  AND path NOT LIKE '%/.search' ORDER BY at DESC LIMIT 1";
    COUNT_UNREAD = "SELECT count(*) AS n FROM (SELECT 1 AS one FROM outbox WHERE workspace_id = $1 AND seq > $2 LIMIT 10000) AS found";
    FIRST_UNREAD = "SELECT at FROM outbox WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT 1";
    LAST_REFUSED = "SELECT at, changes FROM audit_log WHERE workspace_id = $1 AND subject_id = $2 AND action = 'sign_in.refused' AND at >= $3 \
                    ORDER BY seq DESC LIMIT 1";
    CAME_IN_SINCE = "SELECT count(*) AS n FROM (SELECT last_login_at FROM identities WHERE connection_id = $1 AND last_login_at > $2 LIMIT 1) AS found";
    STUCK = "SELECT kind, local_id, problem, since, \
             CASE kind WHEN 'user' THEN (SELECT full_name FROM users WHERE id = local_id) WHEN 'role' THEN (SELECT name FROM roles WHERE id = local_id) \
             ELSE (SELECT name FROM teams WHERE id = local_id) END AS name \
             FROM connector_work WHERE workspace_id = $1 AND is_stuck ORDER BY since, local_id LIMIT CAST($2 AS BIGINT)";
}

/// What somebody asked for in a time, and how much of it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Asked {
    /// How often.
    pub requests: i64,
    /// How often the answer was 400 or more.
    pub errors: i64,
}

#[derive(FromRow)]
struct Moment {
    at: DateTime<Utc>,
}

/// A sign-in that came to nothing.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Refused {
    pub at: DateTime<Utc>,
    /// JSON: `{"refused": {"new": "provider_unreachable: …"}}`
    pub changes: String,
}

/// Something that a connector can't do by itself.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct StuckRow {
    /// `user`, `role`, `team`
    pub kind: String,
    pub local_id: Uuid,
    /// What people call it; none where it is gone.
    pub name: Option<String>,
    pub problem: Option<String>,
    pub since: DateTime<Utc>,
}

/// What a token or client asked for since a moment.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn asked(
    conn: &mut Conn,
    workspace: WorkspaceId,
    actor: &str,
    since: DateTime<Utc>,
) -> Result<Asked, StoreError> {
    conn.one(REQUESTS.bind(workspace.0).bind(actor).bind(since)).await
}

/// When a token or client last changed something, as far as the request log goes back.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last_write(
    conn: &mut Conn,
    workspace: WorkspaceId,
    actor: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(conn.opt::<Moment>(LAST_WRITE.bind(workspace.0).bind(actor)).await?.map(|moment| moment.at))
}

/// How many rows of the outbox stand after a place, 10,000 at the most, and when the first of them happened.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unread(
    conn: &mut Conn,
    workspace: WorkspaceId,
    cursor: i64,
) -> Result<(i64, Option<DateTime<Utc>>), StoreError> {
    let first = conn.opt::<Moment>(FIRST_UNREAD.bind(workspace.0).bind(cursor)).await?.map(|moment| moment.at);
    let count = match first {
        None => 0,
        Some(_) => conn.one::<Count>(COUNT_UNREAD.bind(workspace.0).bind(cursor)).await?.n,
    };
    Ok((count, first))
}

/// The last sign-in since a moment that came to nothing at a connection, unless somebody came in through it afterwards.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn refused(
    conn: &mut Conn,
    workspace: WorkspaceId,
    connection: ConnectionId,
    since: DateTime<Utc>,
) -> Result<Option<Refused>, StoreError> {
    let found: Option<Refused> =
        conn.opt(LAST_REFUSED.bind(workspace.0).bind(connection.to_string()).bind(since)).await?;
    let Some(refused) = found else { return Ok(None) };
    let came_in = conn.one::<Count>(CAME_IN_SINCE.bind(connection.0).bind(refused.at)).await?.n > 0;
    Ok(if came_in { None } else { Some(refused) })
}

/// What a connector can't do by itself, the oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn stuck(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<StuckRow>, StoreError> {
    conn.all(STUCK.bind(workspace.0).bind(most)).await
}
