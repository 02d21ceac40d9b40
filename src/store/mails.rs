//! Statements on mails: the queue from which they are sent, and what became of them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::domain::letter::Letter;
use crate::ids::{MailId, UserId, WorkspaceId};

macro_rules! columns {
    () => {
        "id, workspace_id, user_id, kind, recipient, parameters, state, attempts, due_at, give_up_at, problem, created_at, done_at"
    };
}

// What failed or waits for its next try. The number of attempts stays, as what of a message id depends on it; what somebody
// is sending at this moment stays theirs; and who asked for another password long ago does not wait for it any more.
macro_rules! requeued {
    () => {
        "state = 'queued', due_at = $2, give_up_at = $3, leased_until = NULL, done_at = NULL WHERE workspace_id = $1 \
         AND state IN ('failed', 'queued') AND NOT (state = 'queued' AND leased_until IS NOT NULL AND leased_until > $2) \
         AND NOT (kind = 'reset' AND created_at < $4)"
    };
}

statements! {
    DUE = "SELECT id FROM mails WHERE state = 'queued' AND rank = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT CAST($3 AS BIGINT)";
    FREE = "SELECT id FROM mails WHERE state = 'queued' AND rank = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT CAST($3 AS BIGINT)", skip_locked;
    LEASE = concat!("UPDATE mails SET due_at = $2, leased_until = $2, attempts = attempts + 1 WHERE id = $1 AND state = 'queued' RETURNING ", columns!());
    SETTLE = "UPDATE mails SET state = $2, problem = $3, done_at = $4 WHERE id = $1 AND state = 'queued'";
    POSTPONE = "UPDATE mails SET due_at = $2, leased_until = NULL, problem = $3 WHERE id = $1 AND state = 'queued'";
    REQUEUE = concat!("UPDATE mails SET ", requeued!());
    REQUEUE_ONE = concat!("UPDATE mails SET ", requeued!(), " AND id = $5");
    WELCOMED = "SELECT 1 AS n FROM mails WHERE workspace_id = $1 AND recipient = $2 AND kind = 'welcome' AND state = 'sent' AND done_at > $3 \
                LIMIT 1";
    FIND = concat!("SELECT ", columns!(), " FROM mails WHERE id = $1");
    COUNT_LATELY = "SELECT count(*) AS n FROM mails WHERE user_id = $1 AND kind = $2 AND created_at > $3";
    COUNT_QUEUED = "SELECT count(*) AS n FROM mails WHERE state = 'queued' AND workspace_id = $1";
    COUNT_LATE = "SELECT count(*) AS n FROM mails WHERE state = 'queued' AND workspace_id = $1 AND attempts > 0";
    COUNT_FAILED = "SELECT count(*) AS n FROM mails WHERE state = 'failed' AND workspace_id = $1";
    PURGE = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE done_at < $1 ORDER BY done_at LIMIT CAST($2 AS BIGINT))";
}

/// One mail to be queued.
pub struct Row(Vec<Arg>);

impl Row {
    /// A letter to a user at an address, due now.
    #[must_use]
    pub fn new(
        workspace: WorkspaceId,
        user: UserId,
        recipient: &str,
        letter: &Letter,
        now: DateTime<Utc>,
        give_up_at: DateTime<Utc>,
    ) -> Self {
        Self(vec![
            Arg::from(MailId::fresh().0),
            Arg::from(workspace.0),
            Arg::from(user.0),
            Arg::from(letter.kind()),
            Arg::from(recipient),
            Arg::from(letter.parameters().to_string()),
            Arg::from("queued"),
            Arg::from(rank(letter.is_urgent())),
            Arg::from(0),
            Arg::from(now),
            Arg::from(give_up_at),
            Arg::from(now),
        ])
    }
}

const fn rank(urgent: bool) -> i64 {
    if urgent { 0 } else { 1 }
}

/// A mail as stored.
#[derive(Debug, Clone, FromRow, Serialize)]
#[allow(missing_docs)]
pub struct MailRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub user_id: Option<Uuid>,
    /// [`Letter::kind`]
    pub kind: String,
    pub recipient: String,
    /// [`Letter::parameters`], as text.
    pub parameters: String,
    /// `queued`, `sent`, `failed`, `dropped`
    pub state: String,
    /// How often somebody tried to send it.
    pub attempts: i64,
    pub due_at: DateTime<Utc>,
    pub give_up_at: DateTime<Utc>,
    /// What went wrong the last time.
    pub problem: Option<String>,
    pub created_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
}

impl MailRow {
    /// What it says.
    #[must_use]
    pub fn letter(&self) -> Option<Letter> {
        Letter::parse(&self.kind, &self.parameters)
    }
}

#[derive(FromRow)]
struct IdRow {
    id: Uuid,
}

/// Queues the mails of a transaction.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, rows: Vec<Row>) -> Result<(), StoreError> {
    let start = "INSERT INTO mails (id, workspace_id, user_id, kind, recipient, parameters, state, rank, attempts, due_at, give_up_at, created_at) VALUES ";
    tx.insert_many(start, rows.into_iter().map(|row| row.0).collect(), "").await?;
    Ok(())
}

/// Whether any mail is due.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, StoreError> {
    for urgent in [true, false] {
        if conn.opt::<IdRow>(DUE.bind(rank(urgent)).bind(now).bind(1)).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes mails that are due, the urgent ones first, and pushes them to `until`, so that nobody else takes them before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lease(
    tx: &mut Tx,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    most: i64,
) -> Result<Vec<MailRow>, StoreError> {
    let mut ids: Vec<IdRow> = tx.all(FREE.bind(rank(true)).bind(now).bind(most)).await?;
    let left = most - i64::try_from(ids.len()).unwrap_or(most);
    if left > 0 {
        ids.extend(tx.all::<IdRow>(FREE.bind(rank(false)).bind(now).bind(left)).await?);
    }
    let mut leased = Vec::with_capacity(ids.len());
    for IdRow { id } in ids {
        leased.extend(tx.returning::<MailRow>(LEASE.bind(id).bind(until)).await?);
    }
    Ok(leased)
}

/// Notes what became of a mail that was queued: `sent`, `failed`, `dropped`; false where somebody else did.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn settle(
    tx: &mut Tx,
    id: MailId,
    state: &'static str,
    problem: Option<&str>,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let problem = problem.map(str::to_owned);
    Ok(tx.run(SETTLE.bind(id.0).bind(state).bind(problem).bind(at)).await? == 1)
}

/// Lets a queued mail wait until another moment, and notes why.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn postpone(tx: &mut Tx, id: MailId, due: DateTime<Utc>, problem: &str) -> Result<(), StoreError> {
    tx.run(POSTPONE.bind(id.0).bind(due).bind(problem)).await?;
    Ok(())
}

/// Queues anew what failed or waits for its next try, one of a workspace's mails or all of them, but for letters with links
/// to reset a password that were asked for before `resets_since`; gives how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn requeue(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: Option<MailId>,
    now: DateTime<Utc>,
    give_up_at: DateTime<Utc>,
    resets_since: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let statement = if id.is_some() { REQUEUE_ONE } else { REQUEUE };
    let sql = statement.bind(workspace.0).bind(now).bind(give_up_at).bind(resets_since);
    tx.run(match id {
        Some(id) => sql.bind(id.0),
        None => sql,
    })
    .await
}

/// The mail of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, id: MailId) -> Result<Option<MailRow>, StoreError> {
    conn.opt(FIND.bind(id.0)).await
}

/// The mails of a workspace in any or one state, the newest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    state: Option<&str>,
    most: i64,
) -> Result<Vec<MailRow>, StoreError> {
    let mut sql = Sql::build(concat!("SELECT ", columns!(), " FROM mails WHERE workspace_id = "));
    sql.push_bind(workspace.0);
    if let Some(state) = state {
        sql.push(" AND state = ").push_bind(state);
    }
    sql.push(" ORDER BY id DESC LIMIT CAST(").push_bind(most).push(" AS BIGINT)");
    conn.all(sql).await
}

/// How many letters of a kind were queued for a user since a moment.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lately(conn: &mut Conn, user: UserId, kind: &str, since: DateTime<Utc>) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_LATELY.bind(user.0).bind(kind).bind(since)).await?.n)
}

/// Whether a welcome went to an address since a moment.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn was_welcomed(
    conn: &mut Conn,
    workspace: WorkspaceId,
    recipient: &str,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let found: Option<(i32,)> = conn.opt(WELCOMED.bind(workspace.0).bind(recipient).bind(since)).await?;
    Ok(found.is_some())
}

/// How a workspace's queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Mails that wait.
    pub queued: i64,
    /// Those of them that could not be sent at the first try.
    pub late: i64,
    /// Mails that were given up and are still remembered.
    pub failed: i64,
}

/// How a workspace's queue stands.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn queue(conn: &mut Conn, workspace: WorkspaceId) -> Result<Queue, StoreError> {
    let mut count = [0; 3];
    for (slot, statement) in count.iter_mut().zip([COUNT_QUEUED, COUNT_LATE, COUNT_FAILED]) {
        *slot = conn.one::<Count>(statement.bind(workspace.0)).await?.n;
    }
    let [queued, late, failed] = count;
    Ok(Queue { queued, late, failed })
}

/// Forgets `most` mails that were done with before a moment; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn purge(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    tx.run(PURGE.bind(before).bind(most)).await
}
