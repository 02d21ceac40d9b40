//! The chain of the audit log as it stands in the database: its key and its checkpoints.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use super::workspaces;
use crate::domain::chain::ChainKey;
use crate::ids::WorkspaceId;

pub use super::chain_walk::{Found, Stretch, Whole, verify, verify_after, verify_end, verify_on};

/// How many rows are read at once.
pub(super) const BATCH: i64 = 1_000;
/// How many rows one transaction deletes at the most.
pub const DELETED_AT_ONCE: u64 = 1_000;
/// The action of the row that tells of rows taken out because their time was over.
pub const PRUNED: &str = "audit.pruned";

statements! {
    MARK = "SELECT mark FROM audit_key";
    SET_MARK = "INSERT INTO audit_key (one, mark) VALUES (1, $1) ON CONFLICT DO NOTHING";
    CHECKPOINT = "SELECT through, hash FROM audit_checkpoints WHERE workspace_id = $1 ORDER BY through DESC LIMIT 1";
    INSERT_CHECKPOINT = "INSERT INTO audit_checkpoints (workspace_id, through, hash, at) VALUES ($1, $2, $3, $4)";
    ROW = "SELECT number, at, hash FROM audit_log WHERE workspace_id = $1 AND number = $2";
    OLDEST = "SELECT number, at, hash FROM audit_log WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT $3";
    DELETE_COVERED = "DELETE FROM audit_log WHERE workspace_id = $1 AND seq IN \
                      (SELECT seq FROM audit_log WHERE workspace_id = $1 AND number <= $2 ORDER BY number LIMIT 1000)";
    DELETE_UNLINKED = "DELETE FROM audit_log WHERE workspace_id = $1 AND seq IN \
                       (SELECT seq FROM audit_log WHERE workspace_id = $1 AND number IS NULL ORDER BY seq LIMIT 1000)";
}

/// Who keeps the key of the chain, from the moment on at which it is known.
#[derive(Debug, Clone, Default)]
pub struct Keeper(Arc<OnceLock<Result<ChainKey, String>>>);

impl Keeper {
    /// Takes the key, or the reason why there is none. Only the first one counts.
    pub fn take(&self, key: Result<ChainKey, String>) {
        let _ = self.0.set(key);
    }

    /// The key.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] with the reason why there is none.
    pub fn key(&self) -> Result<&ChainKey, StoreError> {
        match self.0.get() {
            Some(Ok(key)) => Ok(key),
            Some(Err(why)) => Err(StoreError::Unfit(why.clone())),
            None => Err(StoreError::Unfit("the audit log's key was not handed over".into())),
        }
    }
}

#[derive(FromRow)]
struct Mark {
    mark: Vec<u8>,
}

/// What the key of this database's chain is known by; none where there never was one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn mark(conn: &mut Conn) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(conn.opt::<Mark>(MARK).await?.map(|row| row.mark))
}

/// Notes what the key is known by. The first one counts.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_mark(tx: &mut Tx, mark: &[u8]) -> Result<(), StoreError> {
    tx.run(SET_MARK.bind(mark.to_vec())).await?;
    Ok(())
}

/// Up to where rows may be gone, because their time was over.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Checkpoint {
    /// The last number that may be gone.
    pub through: i64,
    /// The hash of that row, from which the chain goes on.
    pub hash: Vec<u8>,
}

/// The last checkpoint of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn checkpoint(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<Checkpoint>, StoreError> {
    conn.opt(CHECKPOINT.bind(workspace.0)).await
}

/// Stores a checkpoint.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_checkpoint(
    tx: &mut Tx,
    workspace: WorkspaceId,
    checkpoint: &Checkpoint,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = INSERT_CHECKPOINT.bind(workspace.0).bind(checkpoint.through).bind(checkpoint.hash.clone()).bind(at);
    tx.run(sql).await?;
    Ok(())
}

/// A place in a chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Place {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub hash: Vec<u8>,
}

/// The row of that number.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn place(conn: &mut Conn, workspace: WorkspaceId, number: i64) -> Result<Option<Place>, StoreError> {
    conn.opt(ROW.bind(workspace.0).bind(number)).await
}

/// The last row, after the last checkpoint, up to which all are from before that moment; none where there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last_before(
    conn: &mut Conn,
    workspace: WorkspaceId,
    before: DateTime<Utc>,
) -> Result<Option<Place>, StoreError> {
    let mut last: Option<Place> = None;
    let mut after = checkpoint(conn, workspace).await?.map_or(0, |checkpoint| checkpoint.through);
    loop {
        let places: Vec<Place> = conn.all(OLDEST.bind(workspace.0).bind(after).bind(BATCH)).await?;
        let full = i64::try_from(places.len()).unwrap_or(BATCH) == BATCH;
        for place in places {
            if place.at >= before {
                return Ok(last);
            }
            after = place.number;
            last = Some(place);
        }
        if !full {
            return Ok(last);
        }
    }
}

/// What is from before a moment, after the last checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Outdated {
    pub rows: i64,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

/// What of a log of so many rows is from before that moment, found by halves: rows stand in the order of their time.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn outdated(
    conn: &mut Conn,
    workspace: WorkspaceId,
    rows: i64,
    before: DateTime<Utc>,
) -> Result<Option<Outdated>, StoreError> {
    let gone = checkpoint(conn, workspace).await?.map_or(0, |checkpoint| checkpoint.through);
    let Some(first) = place(conn, workspace, gone + 1).await?.filter(|place| place.at < before) else {
        return Ok(None);
    };
    let (mut last, mut end) = (first.clone(), rows + 1);
    while last.number + 1 < end {
        let middle = last.number + (end - last.number) / 2;
        match place(conn, workspace, middle).await? {
            Some(place) if place.at < before => last = place,
            _ => end = middle,
        }
    }
    Ok(Some(Outdated { rows: last.number - gone, first: first.at, last: last.at }))
}

/// Deletes rows that a checkpoint covers, as many as one transaction may; answers how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_covered(tx: &mut Tx, workspace: WorkspaceId, through: i64) -> Result<u64, StoreError> {
    // Those from before the chain are older than all others.
    match tx.run(DELETE_UNLINKED.bind(workspace.0)).await? {
        0 => tx.run(DELETE_COVERED.bind(workspace.0).bind(through)).await,
        deleted => Ok(deleted),
    }
}

/// The workspaces that keep their audit log for so many days.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn with_retention(conn: &mut Conn) -> Result<Vec<(WorkspaceId, i64)>, StoreError> {
    let all = workspaces::list(conn).await?;
    Ok(all.into_iter().filter_map(|workspace| Some((workspace.id, workspace.audit_days?))).collect())
}
