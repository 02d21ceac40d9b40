//! Statements on who is who on the remote side, and on what comparisons found.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{ReportId, RoleId, WorkspaceId};

statements! {
    FIND = "SELECT * FROM connector_links WHERE workspace_id = $1 AND kind = $2 AND local_id = $3";
    BY_REMOTE = "SELECT * FROM connector_links WHERE workspace_id = $1 AND kind = $2 AND remote_id = $3";
    OF_KIND = "SELECT * FROM connector_links WHERE workspace_id = $1 AND kind = $2 ORDER BY local_id";
    PUT = "INSERT INTO connector_links (workspace_id, kind, local_id, remote_id, creating_since, creating_address, claimed, teams, synced_at) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace_id, kind, local_id) DO UPDATE SET remote_id = excluded.remote_id, \
           creating_since = excluded.creating_since, creating_address = excluded.creating_address, claimed = excluded.claimed, \
           teams = excluded.teams, synced_at = excluded.synced_at";
    LOOSEN = "DELETE FROM connector_links WHERE workspace_id = $1 AND kind = $2 AND remote_id = $3 AND local_id <> $4";
    DROP_ONE = "DELETE FROM connector_links WHERE workspace_id = $1 AND kind = $2 AND local_id = $3";
    DROP_ALL = "DELETE FROM connector_links WHERE workspace_id = $1";
    HOLDERS = "SELECT id FROM users WHERE workspace_id = $1 AND role_id = $2 AND deleted_at IS NULL";
    REPORT = "INSERT INTO drift_reports (id, workspace_id, at, report) VALUES ($1, $2, $3, $4)";
    REPORTS = "SELECT id, at, report FROM drift_reports WHERE workspace_id = $1 ORDER BY at DESC, id DESC LIMIT CAST($2 AS BIGINT)";
    FORGET = "DELETE FROM drift_reports WHERE workspace_id = $1 AND id NOT IN (SELECT id FROM drift_reports WHERE workspace_id = $1 \
              ORDER BY at DESC, id DESC LIMIT 10)";
}

/// Who is who: a link as stored.
#[derive(Debug, Clone, FromRow, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct LinkRow {
    pub workspace_id: Uuid,
    /// `user`, `role` or `team`.
    pub kind: String,
    pub local_id: Uuid,
    pub remote_id: Option<String>,
    pub creating_since: Option<DateTime<Utc>>,
    pub creating_address: Option<String>,
    pub claimed: bool,
    /// The remote teams that they were put into, as a JSON object.
    pub teams: Option<String>,
    pub synced_at: Option<DateTime<Utc>>,
}

impl LinkRow {
    /// A link to nothing yet.
    #[must_use]
    pub fn new(workspace: WorkspaceId, kind: &str, local_id: Uuid) -> Self {
        Self {
            workspace_id: workspace.0,
            kind: kind.to_owned(),
            local_id,
            remote_id: None,
            creating_since: None,
            creating_address: None,
            claimed: false,
            teams: None,
            synced_at: None,
        }
    }
}

#[derive(FromRow)]
struct Holder {
    id: Uuid,
}

/// What a comparison found.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ReportRow {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// JSON.
    pub report: String,
}

/// The link of one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &'static str,
    id: Uuid,
) -> Result<Option<LinkRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(kind).bind(id)).await
}

/// Whose an account or a team there is.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn by_remote(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &'static str,
    remote_id: &str,
) -> Result<Option<LinkRow>, StoreError> {
    conn.opt(BY_REMOTE.bind(workspace.0).bind(kind).bind(remote_id)).await
}

/// Every link of a kind.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn all(conn: &mut Conn, workspace: WorkspaceId, kind: &'static str) -> Result<Vec<LinkRow>, StoreError> {
    conn.all(OF_KIND.bind(workspace.0).bind(kind)).await
}

/// Stores a link. What it leads to is nobody else's from now on.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn put(tx: &mut Tx, link: &LinkRow) -> Result<(), StoreError> {
    if let Some(remote_id) = &link.remote_id {
        let sql = LOOSEN.bind(link.workspace_id).bind(link.kind.as_str()).bind(remote_id.as_str());
        tx.run(sql.bind(link.local_id)).await?;
    }
    let sql = PUT.bind(link.workspace_id).bind(link.kind.as_str()).bind(link.local_id).bind(link.remote_id.clone());
    let sql = sql.bind(link.creating_since).bind(link.creating_address.clone()).bind(link.claimed);
    tx.run(sql.bind(link.teams.clone()).bind(link.synced_at)).await?;
    Ok(())
}

/// Forgets a link.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, workspace: WorkspaceId, kind: &'static str, id: Uuid) -> Result<(), StoreError> {
    tx.run(DROP_ONE.bind(workspace.0).bind(kind).bind(id)).await?;
    Ok(())
}

/// Forgets every link.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_all(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), StoreError> {
    tx.run(DROP_ALL.bind(workspace.0)).await?;
    Ok(())
}

/// Who has a role.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn holders(conn: &mut Conn, workspace: WorkspaceId, role: RoleId) -> Result<Vec<Uuid>, StoreError> {
    let all: Vec<Holder> = conn.all(HOLDERS.bind(workspace.0).bind(role.0)).await?;
    Ok(all.into_iter().map(|one| one.id).collect())
}

/// Keeps what a comparison found, and the nine before it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn report(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ReportId,
    at: DateTime<Utc>,
    report: &Value,
) -> Result<(), StoreError> {
    tx.run(REPORT.bind(id.0).bind(workspace.0).bind(at).bind(report.to_string())).await?;
    tx.run(FORGET.bind(workspace.0)).await?;
    Ok(())
}

/// What comparisons found, the last one first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn reports(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<ReportRow>, StoreError> {
    conn.all(REPORTS.bind(workspace.0).bind(most)).await
}
