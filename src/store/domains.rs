//! Statements on the domains of workspaces.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::domains::Domain;
use crate::ids::{ConnectionId, DomainId, WorkspaceId};

statements! {
    OF_WORKSPACE = "SELECT * FROM domains WHERE workspace_id = $1 ORDER BY domain";
    FIND = "SELECT * FROM domains WHERE workspace_id = $1 AND domain = $2";
    PROVED = "SELECT * FROM domains WHERE domain = $1 AND proved_at IS NOT NULL";
    OF_CONNECTION = "SELECT * FROM domains WHERE connection_id = $1 ORDER BY domain";
    CHECKED_BEFORE = "SELECT * FROM domains WHERE proved_at IS NOT NULL AND checked_at < $1 ORDER BY checked_at LIMIT CAST($2 AS BIGINT)";
    LAPSED_BEFORE = "SELECT * FROM domains WHERE proved_at IS NULL AND missing_since IS NOT NULL AND checked_at < $1 \
                     ORDER BY checked_at LIMIT CAST($2 AS BIGINT)";
    INSERT = "INSERT INTO domains (id, workspace_id, domain, connection_id, challenge, sso_enforced, proved_at, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE domains SET connection_id = $2, sso_enforced = $3, proved_at = $4, checked_at = $5, problem = $6, missing_since = $7, vouched = $8 WHERE id = $1";
    LEAVE = "UPDATE domains SET connection_id = NULL, sso_enforced = FALSE WHERE connection_id = $1";
    DELETE = "DELETE FROM domains WHERE id = $1";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    domain: String,
    connection_id: Option<Uuid>,
    challenge: String,
    sso_enforced: bool,
    proved_at: Option<DateTime<Utc>>,
    checked_at: Option<DateTime<Utc>>,
    problem: Option<String>,
    missing_since: Option<DateTime<Utc>>,
    vouched: bool,
    created_at: DateTime<Utc>,
}

impl From<Row> for Domain {
    fn from(row: Row) -> Self {
        Self {
            id: DomainId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            name: row.domain,
            connection: row.connection_id.map(ConnectionId),
            challenge: row.challenge,
            sso_enforced: row.sso_enforced,
            proved_at: row.proved_at,
            checked_at: row.checked_at,
            problem: row.problem,
            missing_since: row.missing_since,
            vouched: row.vouched,
            created_at: row.created_at,
        }
    }
}

/// The domains of a workspace, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Domain>, StoreError> {
    Ok(conn.all::<Row>(OF_WORKSPACE.bind(workspace.0)).await?.into_iter().map(Domain::from).collect())
}

/// A domain of a workspace, proved or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, name: &str) -> Result<Option<Domain>, StoreError> {
    Ok(conn.opt::<Row>(FIND.bind(workspace.0).bind(name)).await?.map(Domain::from))
}

/// The domain of that name with whoever proved that it is theirs: one workspace at the most.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn proved(conn: &mut Conn, name: &str) -> Result<Option<Domain>, StoreError> {
    Ok(conn.opt::<Row>(PROVED.bind(name)).await?.map(Domain::from))
}

/// The domains that a connection serves, proved or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_connection(conn: &mut Conn, connection: ConnectionId) -> Result<Vec<Domain>, StoreError> {
    Ok(conn.all::<Row>(OF_CONNECTION.bind(connection.0)).await?.into_iter().map(Domain::from).collect())
}

/// Domains that are proved, or were until their record went missing, and were not looked at since a moment, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn checked_before(conn: &mut Conn, at: DateTime<Utc>, most: i64) -> Result<Vec<Domain>, StoreError> {
    let mut rows = conn.all::<Row>(CHECKED_BEFORE.bind(at).bind(most)).await?;
    rows.extend(conn.all::<Row>(LAPSED_BEFORE.bind(at).bind(most)).await?);
    Ok(rows.into_iter().map(Domain::from).collect())
}

/// Stores a new domain; false where the workspace has it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, domain: &Domain) -> Result<bool, StoreError> {
    let d = domain;
    let sql = INSERT.bind(d.id.0).bind(d.workspace_id.0).bind(d.name.as_str()).bind(d.connection.map(|id| id.0));
    let sql = sql.bind(d.challenge.as_str()).bind(d.sso_enforced).bind(d.proved_at).bind(d.created_at);
    Ok(tx.run(sql).await? == 1)
}

/// Stores what changed in a domain.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, domain: &Domain) -> Result<(), StoreError> {
    let d = domain;
    let sql = UPDATE.bind(d.id.0).bind(d.connection.map(|id| id.0)).bind(d.sso_enforced).bind(d.proved_at);
    tx.run(sql.bind(d.checked_at).bind(d.problem.clone()).bind(d.missing_since).bind(d.vouched)).await?;
    Ok(())
}

/// No domain is served by a connection any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn leave(tx: &mut Tx, connection: ConnectionId) -> Result<(), StoreError> {
    tx.run(LEAVE.bind(connection.0)).await?;
    Ok(())
}

/// Deletes a domain.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: DomainId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}
