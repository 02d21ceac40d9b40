//! Whether the chain of the audit log is whole: a walk along it, at once or in portions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::audit;
use super::chain::{BATCH, Checkpoint, PRUNED, checkpoint, place};
use super::error::StoreError;
use super::sql::{Conn, statements};
use crate::domain::chain::{Broken, ChainKey};
use crate::ids::WorkspaceId;

statements! {
    ENDS = "SELECT w.audit_rows, w.audit_hash, (SELECT a.number FROM audit_log a WHERE a.workspace_id = w.id AND a.number IS NOT NULL ORDER BY a.number DESC LIMIT 1) AS newest \
            FROM workspaces w WHERE w.id = $1";
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

/// How far a walk along a chain has come that is made in portions, and what it found on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The checkpoint from which it began, by its number; none: at the first row.
    pub from: Option<i64>,
    /// The last row that was walked past.
    pub number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// When the first row was written.
    pub since: Option<DateTime<Utc>>,
    /// Whether a row told of the checkpoint.
    pub told: bool,
    /// How many rows were left to walk.
    pub left: i64,
}

impl Stretch {
    /// How many rows were walked past.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.number - self.from.unwrap_or_default()
    }
}

/// What a walk along a chain, or a portion of one, came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is whole.
    Whole(Whole),
    /// It is not.
    Broken(Broken),
    /// So far it is.
    SoFar(Stretch),
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
    let mut before = None;
    loop {
        match verify_on(conn, key, workspace, before, || false).await? {
            Found::Whole(whole) => return Ok(Ok(whole)),
            Found::Broken(broken) => return Ok(Err(broken)),
            Found::SoFar(stretch) => before = Some(stretch),
        }
    }
}

/// The same, from where it had come `before`, until `is_over`: that is asked after each batch. Where rows went since then
/// because their time was over, the walk begins anew.
///
/// # Errors
/// [`StoreError`], classified. What is wrong with the chain is in the answer.
pub async fn verify_on(
    conn: &mut Conn,
    key: &ChainKey,
    workspace: WorkspaceId,
    before: Option<Stretch>,
    is_over: impl Fn() -> bool + Send + Sync,
) -> Result<Found, StoreError> {
    loop {
        let from = checkpoint(conn, workspace).await?;
        // One statement, one snapshot: whoever writes at this moment adds to both or to neither.
        let ends: Ends = conn.one(ENDS.bind(workspace.0)).await?;
        let through = from.as_ref().map(|from| from.through);
        let mut walk = Walk::from(key, workspace, from.clone());
        // It comes back by way of a page: a place where there is none begins anew.
        let places = through.unwrap_or(0)..=ends.audit_rows;
        if let Some(before) = before.clone().filter(|before| before.from == through && places.contains(&before.number))
        {
            walk.goes_on(before);
        }
        let walked = walk.to(conn, ends.audit_rows, &is_over).await?;
        // Rows whose time was over may have gone in the meantime.
        if walked.is_err() && checkpoint(conn, workspace).await? != from {
            continue;
        }
        if let Err(broken) = walked {
            return Ok(Found::Broken(broken));
        }
        if let (true, Some(hash)) = (walk.number < ends.audit_rows, walk.hash.clone()) {
            let (number, left) = (walk.number, ends.audit_rows - walk.number);
            return Ok(Found::SoFar(Stretch { from: through, number, hash, since: walk.since, told: walk.told, left }));
        }
        if let Some(broken) = walk.ends(conn, &ends).await? {
            return Ok(Found::Broken(broken));
        }
        return Ok(Found::Whole(Whole {
            rows: ends.audit_rows - through.unwrap_or_default(),
            since: walk.since,
            head: walk.hash,
            pruned: through,
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
    if let Err(broken) = walk.to(conn, ends.audit_rows, &|| false).await? {
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

    /// Goes on where an earlier portion ended.
    fn goes_on(&mut self, before: Stretch) {
        (self.number, self.hash, self.since) = (before.number, Some(before.hash), before.since);
        self.told = self.told || before.told;
    }

    /// Goes on up to that number, or as far as it gets.
    async fn to(
        &mut self,
        conn: &mut Conn,
        last: i64,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Result<Result<(), Broken>, StoreError> {
        let begin = self.number;
        while self.number < last && (self.number == begin || !is_over()) {
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
