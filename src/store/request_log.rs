//! The request log: what identity providers sent and what they were told.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, like_contains, statements};
use super::tx::Tx;
use crate::ids::WorkspaceId;

statements! {
    PURGE = "DELETE FROM request_log WHERE at < $1 AND seq IN (SELECT seq FROM request_log ORDER BY seq LIMIT 1000)";
}

/// One request, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
#[allow(missing_docs)]
pub struct Entry {
    /// Grows with every row; 0 in a row that is yet to be written.
    pub seq: i64,
    pub request_id: Uuid,
    /// None where the credential was nobody's.
    pub workspace_id: Option<Uuid>,
    pub at: DateTime<Utc>,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub status: i64,
    /// How long the answer took, in microseconds.
    pub micros: i64,
    pub actor_kind: Option<String>,
    pub actor_id: Option<String>,
    pub actor_name: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// Masked, and cut where it is long.
    pub request_body: Option<String>,
    /// Masked, and cut where it is long.
    pub response_body: Option<String>,
    /// What the bridge knew and did not tell the asker, such as what is wrong with a proof.
    pub note: Option<String>,
}

/// Which rows of the log are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of one workspace; none: of all.
    pub workspace: Option<WorkspaceId>,
    /// From this status up to the next one: 400 to 499.
    pub status: Option<(i64, i64)>,
    /// With this text in the path, the query or one of the bodies.
    pub text: Option<String>,
    /// After this row: the next ones instead of the newest.
    pub after: Option<i64>,
    /// So many at the most.
    pub last: i64,
}

/// Writes rows.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, entries: &[Entry]) -> Result<(), StoreError> {
    let row = |e: &Entry| {
        vec![
            Arg::from(e.request_id),
            Arg::from(e.workspace_id),
            Arg::from(e.at),
            Arg::from(e.method.as_str()),
            Arg::from(e.path.as_str()),
            Arg::from(e.query.clone()),
            Arg::from(e.status),
            Arg::from(e.micros),
            Arg::from(e.actor_kind.clone()),
            Arg::from(e.actor_id.clone()),
            Arg::from(e.actor_name.clone()),
            Arg::from(e.address.clone()),
            Arg::from(e.user_agent.clone()),
            Arg::from(e.request_body.clone()),
            Arg::from(e.response_body.clone()),
            Arg::from(e.note.clone()),
        ]
    };
    let start = "INSERT INTO request_log (request_id, workspace_id, at, method, path, query, status, micros, actor_kind, actor_id, actor_name, \
                 address, user_agent, request_body, response_body, note) VALUES ";
    tx.insert_many(start, entries.iter().map(row).collect(), "").await?;
    Ok(())
}

/// Reads rows, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn read(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<Entry>, StoreError> {
    let mut sql = Sql::build("SELECT * FROM request_log WHERE 1 = 1");
    if let Some(workspace) = wanted.workspace {
        sql.push(" AND workspace_id = ").push_bind(workspace.0);
    }
    if let Some((from, to)) = wanted.status {
        sql.push(" AND status >= ").push_bind(from).push(" AND status < ").push_bind(to);
    }
    if let Some(text) = &wanted.text {
        // Both fold A to Z and nothing else, the columns of PostgreSQL being COLLATE "C".
        let like = if conn.is_postgres() { " ILIKE " } else { " LIKE " };
        let pattern = like_contains(text);
        sql.push(" AND (1 = 0");
        for column in [" OR path", " OR query", " OR request_body", " OR response_body"] {
            sql.push(column).push(like).push_bind(pattern.as_str()).push(" ESCAPE '\\'");
        }
        sql.push(")");
    }
    if let Some(after) = wanted.after {
        sql.push(" AND seq > ").push_bind(after).push(" ORDER BY seq LIMIT ").push_bind(wanted.last);
        return conn.all(sql).await;
    }
    sql.push(" ORDER BY seq DESC LIMIT ").push_bind(wanted.last);
    let mut entries: Vec<Entry> = conn.all(sql).await?;
    entries.reverse();
    Ok(entries)
}

/// Deletes rows older than a moment, a thousand at the most; answers how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn purge(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.run(PURGE.bind(before)).await
}
