//! The chain of the audit log as it stands in the database: its key, its checkpoints, and whether it is whole.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use super::{audit, workspaces};
use crate::domain::chain::{Broken, ChainKey};
use crate::ids::WorkspaceId;

/// How many rows are read at once.
const BATCH: i64 = 1_000;
/// How many rows one transaction deletes at the most.
pub const DELETED_AT_ONCE: u64 = 1_000;
/// The action of the row that tells of rows taken out because their time was over.
pub const PRUNED: &str = "audit.pruned";

statements! {
    MARK = "SELECT mark FROM audit_key";
    SET_MARK = "INSERT INTO audit_key (one, mark) VALUES (1, $1) ON CONFLICT DO NOTHING";
    CHECKPOINT = "SELECT through, hash FROM audit_checkpoints WHERE workspace_id = $1 ORDER BY through DESC LIMIT 1";
    INSERT_CHECKPOINT = "INSERT INTO audit_checkpoints (workspace_id, through, hash, at) VALUES ($1, $2, $3, $4)";
    ENDS = "SELECT w.audit_rows, w.audit_hash, (SELECT a.number FROM audit_log a WHERE a.workspace_id = w.id AND a.number IS NOT NULL ORDER BY a.number DESC LIMIT 1) AS newest \
            FROM workspaces w WHERE w.id = $1";
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

/// What a whole chain is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// How many rows there are now.
    pub rows: i64,
    /// When the first of them was written.
    pub since: Option<DateTime<Utc>>,
    /// The last hash.
    pub head: Option<Vec<u8>>,
    /// The last number whose row was taken out because its time was over.
    pub pruned: Option<i64>,
    /// How many rows there are from before the chain, which nothing proves.
    pub unlinked: i64,
}

#[derive(FromRow)]
struct Ends {
    audit_rows: i64,
    audit_hash: Option<Vec<u8>>,
    newest: Option<i64>,
}

/// A walk along a chain.
struct Walk<'a> {
    key: &'a ChainKey,
    workspace: WorkspaceId,
    /// From here, with this hash.
    from: Option<Checkpoint>,
    number: i64,
    hash: Option<Vec<u8>>,
    at: Option<DateTime<Utc>>,
    since: Option<DateTime<Utc>>,
    /// Whether a row of the chain tells of the checkpoint.
    told: bool,
}

/// Walks the chain of a workspace, in batches, from its last checkpoint or its beginning to its end.
///
/// # Errors
/// [`StoreError`], classified. What is wrong with the chain is in the answer.
pub async fn verify(
    conn: &mut Conn,
    key: &ChainKey,
    workspace: WorkspaceId,
) -> Result<Result<Whole, Broken>, StoreError> {
    loop {
        let from = checkpoint(conn, workspace).await?;
        // One statement, one snapshot: whoever writes at this moment adds to both or to neither.
        let ends: Ends = conn.one(ENDS.bind(workspace.0)).await?;
        let mut walk = Walk::from(key, workspace, from.clone());
        let walked = walk.to(conn, ends.audit_rows).await?;
        // Rows whose time was over may have gone in the meantime.
        if walked.is_err() && checkpoint(conn, workspace).await? != from {
            continue;
        }
        if let Err(broken) = walked {
            return Ok(Err(broken));
        }
        if let Some(broken) = walk.ends(conn, &ends).await? {
            return Ok(Err(broken));
        }
        return Ok(Ok(Whole {
            rows: ends.audit_rows - from.as_ref().map_or(0, |from| from.through),
            since: walk.since,
            head: walk.hash,
            pruned: from.map(|from| from.through),
            unlinked: audit::unlinked(conn, workspace).await?,
        }));
    }
}

/// Walks the chain of a workspace from the row after number `after` to its end; what is before that is believed. None
/// where there is no row of that number.
///
/// # Errors
/// [`StoreError`], classified. What is wrong with the chain is in the answer.
pub async fn verify_after(
    conn: &mut Conn,
    key: &ChainKey,
    workspace: WorkspaceId,
    after: i64,
) -> Result<Option<Result<Whole, Broken>>, StoreError> {
    let ends: Ends = conn.one(ENDS.bind(workspace.0)).await?;
    let Some(place) = place(conn, workspace, after).await? else { return Ok(None) };
    let from = Checkpoint { through: place.number, hash: place.hash };
    let mut walk = Walk { told: true, ..Walk::from(key, workspace, Some(from)) };
    if let Err(broken) = walk.to(conn, ends.audit_rows).await? {
        return Ok(Some(Err(broken)));
    }
    if let Some(broken) = walk.ends(conn, &ends).await? {
        return Ok(Some(Err(broken)));
    }
    let (rows, since) = (ends.audit_rows - after, walk.since);
    Ok(Some(Ok(Whole { rows, since, head: walk.hash, pruned: None, unlinked: 0 })))
}

/// Looks at the last `rows` rows of a chain only: quick, and enough to see that the key fits and the end is the end.
///
/// # Errors
/// [`StoreError`], classified. What is wrong with the chain is in the answer.
pub async fn verify_end(
    conn: &mut Conn,
    key: &ChainKey,
    workspace: WorkspaceId,
    rows: i64,
) -> Result<Result<Whole, Broken>, StoreError> {
    let ends: Ends = conn.one(ENDS.bind(workspace.0)).await?;
    match verify_after(conn, key, workspace, ends.audit_rows - rows).await? {
        Some(found) => Ok(found),
        None => verify(conn, key, workspace).await,
    }
}

impl<'a> Walk<'a> {
    fn from(key: &'a ChainKey, workspace: WorkspaceId, from: Option<Checkpoint>) -> Self {
        let (number, hash) = from.as_ref().map_or((0, None), |from| (from.through, Some(from.hash.clone())));
        Self { key, workspace, told: from.is_none(), from, number, hash, at: None, since: None }
    }

    /// Goes on up to that number.
    async fn to(&mut self, conn: &mut Conn, last: i64) -> Result<Result<(), Broken>, StoreError> {
        while self.number < last {
            let rows = audit::links(conn, self.workspace, self.number, BATCH.min(last - self.number)).await?;
            if rows.is_empty() {
                return Ok(Err(Broken::Missing { number: self.number + 1, after: self.at }));
            }
            for row in rows {
                if let Err(broken) = self.step(&row) {
                    return Ok(Err(broken));
                }
            }
        }
        Ok(Ok(()))
    }

    fn step(&mut self, row: &audit::Row) -> Result<(), Broken> {
        let expected = self.number + 1;
        if row.number != Some(expected) {
            return Err(Broken::Missing { number: expected, after: self.at });
        }
        let hash = row.expected_hash(self.key, self.hash.as_deref(), expected);
        if row.hash.as_deref() != Some(&hash) {
            return Err(Broken::Edited { number: expected, at: row.at });
        }
        self.told = self.told || self.tells(row);
        (self.number, self.hash, self.at) = (expected, Some(hash.to_vec()), Some(row.at));
        self.since = self.since.or(self.at);
        Ok(())
    }

    /// Whether a row tells of the checkpoint from which the walk began: who deletes rows and does not have the key can
    /// write a checkpoint, but no such row.
    fn tells(&self, row: &audit::Row) -> bool {
        let Some(from) = self.from.as_ref().filter(|_| row.action == PRUNED) else { return false };
        let changes: serde_json::Value = serde_json::from_str(&row.changes).unwrap_or_default();
        changes.pointer("/through/new").and_then(serde_json::Value::as_i64) == Some(from.through)
            && changes.pointer("/hash/new").and_then(serde_json::Value::as_str) == Some(&crate::text::hex(&from.hash))
    }

    /// Whether the chain ends where the workspace says, and nothing stands outside of it.
    async fn ends(&self, conn: &mut Conn, ends: &Ends) -> Result<Option<Broken>, StoreError> {
        if !self.told {
            return Ok(self.from.as_ref().map(|from| Broken::Checkpoint { through: from.through }));
        }
        let head = self.hash.as_ref().map(|hash| self.key.head(self.workspace.0, self.number, hash));
        if head != ends.audit_hash {
            return Ok(Some(Broken::Head { number: ends.audit_rows, at: self.at }));
        }
        if ends.newest.is_some_and(|newest| newest > ends.audit_rows) {
            let first = audit::links(conn, self.workspace, ends.audit_rows, 1).await?;
            let beyond = |row: &audit::Row| Broken::Beyond {
                number: row.number.unwrap_or_default(),
                at: row.at,
                last: ends.audit_rows,
            };
            return Ok(first.first().map(beyond));
        }
        Ok(audit::stray(conn, self.workspace).await?.map(|(_, at)| Broken::Stray { at }))
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
