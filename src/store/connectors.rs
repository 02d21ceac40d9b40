//! Statements on connectors and on what they have to do. Their keys are here sealed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::ids::WorkspaceId;

statements! {
    FIND = "SELECT * FROM connectors WHERE workspace_id = $1";
    ALL_RUNNING = "SELECT * FROM connectors WHERE state = 'running'";
    INSERT = "INSERT INTO connectors (workspace_id, profile, base_url, api_key, adopts, state, cursor, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $7) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE connectors SET profile = $2, base_url = $3, api_key = $4, adopts = $5, updated_at = $6 WHERE workspace_id = $1";
    SET_STATE = "UPDATE connectors SET state = $2, problem = $3, updated_at = $4 WHERE workspace_id = $1";
    SET_WANTED = "UPDATE connectors SET wanted = $2 WHERE workspace_id = $1";
    SET_RECONCILED = "UPDATE connectors SET reconciled_at = $2, wanted = CASE WHEN wanted = 'apply' AND NOT $3 THEN wanted END, problem = CASE WHEN state <> 'running' THEN problem END WHERE workspace_id = $1";
    SUCCEEDED = "UPDATE connectors SET last_success_at = $2 WHERE workspace_id = $1 AND state = 'running'";
    ADVANCE = "UPDATE connectors SET cursor = $3 WHERE workspace_id = $1 AND cursor = $2";
    LEASE = "UPDATE connectors SET lease = $2, leased_until = $3 WHERE workspace_id = $1 AND state = 'running' AND \
             (lease IS NULL OR lease = $2 OR leased_until < $4)";
    RELEASE = "UPDATE connectors SET lease = NULL, leased_until = NULL WHERE workspace_id = $1 AND lease = $2";
    FREE = "UPDATE connectors SET lease = NULL, leased_until = NULL WHERE workspace_id = $1";
    WAKE = "UPDATE connector_work SET due_at = $2 WHERE workspace_id = $1 AND due_at > $2 AND NOT is_stuck";
    DELETE = "DELETE FROM connectors WHERE workspace_id = $1";
    FILL_USERS = "INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck) \
                  SELECT u.workspace_id, 'user', u.id, 1, c.cursor, c.created_at, c.created_at, 0, FALSE FROM connectors c \
                  JOIN users u ON u.workspace_id = c.workspace_id WHERE c.workspace_id = $1 AND (c.adopts OR u.standing = 'active') \
                  AND u.deleted_at IS NULL \
                  ON CONFLICT DO NOTHING";
    FILL_TEAMS = "INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck) \
                  SELECT t.workspace_id, 'team', t.id, 1, c.cursor, c.created_at, c.created_at, 0, FALSE FROM connectors c \
                  JOIN teams t ON t.workspace_id = c.workspace_id WHERE c.workspace_id = $1 ON CONFLICT DO NOTHING";
    FILL_LINKED = "INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck) \
                   SELECT l.workspace_id, l.kind, l.local_id, 1, c.cursor, c.updated_at, c.updated_at, 0, FALSE FROM connectors c \
                   JOIN connector_links l ON l.workspace_id = c.workspace_id WHERE c.workspace_id = $1 AND l.kind <> 'role' ON CONFLICT DO NOTHING";
    DUE = "SELECT * FROM connector_work WHERE workspace_id = $1 AND rank = $2 AND due_at <= $3 AND NOT is_stuck ORDER BY due_at, local_id \
           LIMIT CAST($4 AS BIGINT)";
    WORK = "SELECT * FROM connector_work WHERE workspace_id = $1 AND kind = $2 AND local_id = $3";
    DONE = "DELETE FROM connector_work WHERE workspace_id = $1 AND kind = $2 AND local_id = $3 AND seq = $4";
    FAILED = "UPDATE connector_work SET attempts = attempts + 1, due_at = $5, problem = $6, is_stuck = $7 \
              WHERE workspace_id = $1 AND kind = $2 AND local_id = $3 AND seq = $4";
    RETRY_ALL = "UPDATE connector_work SET due_at = $2, attempts = 0, is_stuck = FALSE WHERE workspace_id = $1 AND (is_stuck OR due_at > $2)";
    COUNT_WORK = "SELECT count(*) AS n FROM connector_work WHERE workspace_id = $1";
    COUNT_STUCK = "SELECT count(*) AS n FROM connector_work WHERE workspace_id = $1 AND is_stuck";
    COUNT_OLDEST = "SELECT min(since) AS at FROM connector_work WHERE workspace_id = $1 AND NOT is_stuck";
}

/// A connector as stored.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ConnectorRow {
    pub workspace_id: Uuid,
    /// The name of a profile of the settings.
    pub profile: String,
    pub base_url: String,
    /// Sealed for the place [`place`].
    pub api_key: Vec<u8>,
    pub adopts: bool,
    /// `running`, `paused` or `stopped`.
    pub state: String,
    pub problem: Option<String>,
    pub cursor: i64,
    pub lease: Option<Uuid>,
    pub leased_until: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub reconciled_at: Option<DateTime<Utc>>,
    /// `compare` or `apply`.
    pub wanted: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The place for which the key of a connector is sealed: the address that it was given for is part of it.
#[must_use]
pub fn place(workspace: WorkspaceId, base_url: &str) -> String {
    format!("connector {workspace} {base_url}")
}

/// Somebody or something that the other side has to be made equal in.
#[derive(Debug, Clone, FromRow, Serialize, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct WorkRow {
    #[serde(skip)]
    pub workspace_id: Uuid,
    /// `user` or `team`.
    pub kind: String,
    pub local_id: Uuid,
    /// 0: somebody leaves.
    pub rank: i64,
    /// The newest change that it covers.
    pub seq: i64,
    /// When the oldest such change happened.
    pub since: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub attempts: i64,
    pub is_stuck: bool,
    pub problem: Option<String>,
}

/// What is to be put into the set of work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NewWork {
    pub kind: &'static str,
    pub local_id: Uuid,
    pub rank: i64,
    pub seq: i64,
    pub since: DateTime<Utc>,
}

#[derive(FromRow)]
struct Oldest {
    at: Option<DateTime<Utc>>,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// In all.
    pub waiting: i64,
    /// Of that, what needs somebody's decision.
    pub stuck: i64,
    /// When the oldest change happened that has not arrived and needs no decision.
    pub oldest: Option<DateTime<Utc>>,
}

/// The connector of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<ConnectorRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0)).await
}

/// Every connector that runs.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn running(conn: &mut Conn) -> Result<Vec<ConnectorRow>, StoreError> {
    conn.all(ALL_RUNNING).await
}

/// Stores a new connector and puts everybody who may work, and every team, into its work; false where there is one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, row: &ConnectorRow) -> Result<bool, StoreError> {
    let sql = INSERT.bind(row.workspace_id).bind(row.profile.as_str()).bind(row.base_url.as_str());
    let sql = sql.bind(row.api_key.clone()).bind(row.adopts).bind(row.cursor).bind(row.created_at);
    if tx.run(sql).await? == 0 {
        return Ok(false);
    }
    fill(tx, WorkspaceId(row.workspace_id)).await?;
    Ok(true)
}

/// Puts everybody into the work whom the other side knows or should know, and every team.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn fill(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), StoreError> {
    for statement in [FILL_TEAMS, FILL_USERS, FILL_LINKED] {
        tx.run(statement.bind(workspace.0)).await?;
    }
    Ok(())
}

/// Stores what changed in a connector's terms.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, row: &ConnectorRow) -> Result<(), StoreError> {
    let sql = UPDATE.bind(row.workspace_id).bind(row.profile.as_str()).bind(row.base_url.as_str());
    tx.run(sql.bind(row.api_key.clone()).bind(row.adopts).bind(row.updated_at)).await?;
    Ok(())
}

/// Stores whether a connector runs, and why not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_state(
    tx: &mut Tx,
    workspace: WorkspaceId,
    state: &'static str,
    problem: Option<String>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(SET_STATE.bind(workspace.0).bind(state).bind(problem).bind(at)).await?;
    Ok(())
}

/// Notes that somebody asked for a comparison.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_wanted(tx: &mut Tx, workspace: WorkspaceId, wanted: &'static str) -> Result<(), StoreError> {
    tx.run(SET_WANTED.bind(workspace.0).bind(wanted)).await?;
    Ok(())
}

/// Notes that both sides were compared, which shows that the key is good; and whether what differs is mended.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_reconciled(tx: &mut Tx, id: WorkspaceId, at: DateTime<Utc>, applied: bool) -> Result<(), StoreError> {
    tx.run(SET_RECONCILED.bind(id.0).bind(at).bind(applied)).await?;
    Ok(())
}

/// Notes that the other side took something.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn succeeded(tx: &mut Tx, workspace: WorkspaceId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(SUCCEEDED.bind(workspace.0).bind(at)).await?;
    Ok(())
}

/// Moves the cursor; false where somebody else did.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn advance(tx: &mut Tx, workspace: WorkspaceId, from: i64, to: i64) -> Result<bool, StoreError> {
    Ok(tx.run(ADVANCE.bind(workspace.0).bind(from).bind(to)).await? == 1)
}

/// Takes or keeps the lease of a connector that runs; false where another bridge has it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lease(
    tx: &mut Tx,
    workspace: WorkspaceId,
    holder: Uuid,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.run(LEASE.bind(workspace.0).bind(holder).bind(until).bind(now)).await? == 1)
}

/// Gives the lease back.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn release(tx: &mut Tx, workspace: WorkspaceId, holder: Uuid) -> Result<(), StoreError> {
    tx.run(RELEASE.bind(workspace.0).bind(holder)).await?;
    Ok(())
}

/// Takes the lease from whoever has it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn free(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), StoreError> {
    tx.run(FREE.bind(workspace.0)).await?;
    Ok(())
}

/// Makes due whatever is to be tried again later.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn wake(tx: &mut Tx, workspace: WorkspaceId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(WAKE.bind(workspace.0).bind(now)).await?;
    Ok(())
}

/// Deletes a connector with everything that is known of the other side.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId) -> Result<bool, StoreError> {
    Ok(tx.run(DELETE.bind(workspace.0)).await? == 1)
}

/// Puts into the set of work what is not in it, and notes of what is that it has changed again: it is due now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn put(tx: &mut Tx, workspace: WorkspaceId, work: &[NewWork], now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = |work: &NewWork| {
        vec![
            Arg::from(workspace.0),
            Arg::from(work.kind),
            Arg::from(work.local_id),
            Arg::from(work.rank),
            Arg::from(work.seq),
            Arg::from(work.since),
            Arg::from(now),
            Arg::from(0),
            Arg::from(false),
        ]
    };
    let start = "INSERT INTO connector_work (workspace_id, kind, local_id, rank, seq, since, due_at, attempts, is_stuck) VALUES ";
    let end = " ON CONFLICT (workspace_id, kind, local_id) DO UPDATE SET \
               rank = CASE WHEN excluded.rank < connector_work.rank THEN excluded.rank ELSE connector_work.rank END, \
               seq = CASE WHEN excluded.seq > connector_work.seq THEN excluded.seq ELSE connector_work.seq + 1 END, \
               due_at = excluded.due_at, attempts = 0, is_stuck = FALSE";
    tx.insert_many(start, work.iter().map(row).collect(), end).await?;
    Ok(())
}

/// What is due, those who leave first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn due(
    conn: &mut Conn,
    workspace: WorkspaceId,
    rank: i64,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<WorkRow>, StoreError> {
    conn.all(DUE.bind(workspace.0).bind(rank).bind(now).bind(most)).await
}

/// What there is to do about one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn work(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &'static str,
    id: Uuid,
) -> Result<Option<WorkRow>, StoreError> {
    conn.opt(WORK.bind(workspace.0).bind(kind).bind(id)).await
}

/// Takes out what is done, unless it has changed again since.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn done(tx: &mut Tx, work: &WorkRow) -> Result<bool, StoreError> {
    let sql = DONE.bind(work.workspace_id).bind(work.kind.as_str()).bind(work.local_id).bind(work.seq);
    Ok(tx.run(sql).await? == 1)
}

/// Notes why something was not done and when it is tried again, unless it has changed again since.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn failed(
    tx: &mut Tx,
    work: &WorkRow,
    due: DateTime<Utc>,
    problem: &str,
    is_stuck: bool,
) -> Result<(), StoreError> {
    let sql = FAILED.bind(work.workspace_id).bind(work.kind.as_str()).bind(work.local_id).bind(work.seq);
    tx.run(sql.bind(due).bind(problem).bind(is_stuck)).await?;
    Ok(())
}

/// Makes everything due that waits or is stuck.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn retry_all(tx: &mut Tx, workspace: WorkspaceId, now: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.run(RETRY_ALL.bind(workspace.0).bind(now)).await
}

/// What there is to do, the stuck first, then by age.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    only_stuck: bool,
    most: i64,
) -> Result<Vec<WorkRow>, StoreError> {
    let mut sql = Sql::build("SELECT * FROM connector_work WHERE workspace_id = ");
    sql.push_bind(workspace.0);
    if only_stuck {
        sql.push(" AND is_stuck");
    }
    sql.push(" ORDER BY is_stuck DESC, since, local_id LIMIT CAST(").push_bind(most).push(" AS BIGINT)");
    conn.all(sql).await
}

/// How much there is to do.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn backlog(conn: &mut Conn, workspace: WorkspaceId) -> Result<Backlog, StoreError> {
    Ok(Backlog {
        waiting: conn.one::<Count>(COUNT_WORK.bind(workspace.0)).await?.n,
        stuck: conn.one::<Count>(COUNT_STUCK.bind(workspace.0)).await?.n,
        oldest: conn.one::<Oldest>(COUNT_OLDEST.bind(workspace.0)).await?.at,
    })
}
