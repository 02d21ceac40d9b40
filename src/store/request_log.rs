//! The request log: what identity providers sent and what they were told.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, like_contains, statements};
use super::tx::Tx;
use crate::ids::WorkspaceId;

statements! {
    FIND = "SELECT * FROM request_log WHERE workspace_id = $1 AND seq = $2";
    // Entries are written when they are answered, so that `at` follows `seq` but for as long as a request may take.
    LAST_BEFORE = "SELECT seq FROM request_log WHERE workspace_id = $1 AND at < $2 ORDER BY at DESC LIMIT 1";
    FIRST_AFTER = "SELECT seq FROM request_log WHERE workspace_id = $1 AND at > $2 ORDER BY at LIMIT 1";
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
        push_text(
            &mut sql,
            text,
            conn.is_postgres(),
            &[" OR path", " OR query", " OR request_body", " OR response_body"],
        );
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

/// What a page of a workspace's log is to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// From this status up to the next one: 400 to 600 is whatever failed.
    pub status: Option<(i64, i64)>,
    /// With this text in the path, the query, one of the bodies or the name of whoever asked.
    pub text: Option<String>,
    /// With this method.
    pub method: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
    /// Older than this row.
    pub before: Option<i64>,
}

/// One row of a page: an entry without its bodies.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Line {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub status: i64,
    pub micros: i64,
    pub actor_name: Option<String>,
    pub user_agent: Option<String>,
    pub note: Option<String>,
}

/// A page of a workspace's log, newest first.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Its rows.
    pub lines: Vec<Line>,
    /// Where an older page goes on; none where there is nothing older.
    pub older: Option<i64>,
    /// Whether the search stopped because it had looked at as many rows as it may.
    pub is_cut: bool,
}

/// How far a page was looked for.
#[derive(FromRow)]
struct Reach {
    looked: i64,
    last: Option<i64>,
}

#[derive(FromRow)]
struct Seq {
    seq: i64,
}

#[derive(FromRow)]
struct Body {
    seq: i64,
    response_body: Option<String>,
}

/// How many rows are looked at for a page: of those with a text in them, each is read as a whole.
const LOOKED: i64 = 20_000;
/// The same with a text.
const READ: i64 = 2_000;
/// Longer than any request takes.
const SLACK: TimeDelta = TimeDelta::minutes(2);

impl Search {
    /// The rows of a workspace that this narrows down to by an index, newest first, as many as are looked at.
    fn push_looked(&self, sql: &mut Sql, workspace: WorkspaceId, after: i64, before: i64) {
        sql.push(" FROM request_log WHERE workspace_id = ").push_bind(workspace.0);
        sql.push(" AND seq > ").push_bind(after).push(" AND seq < ").push_bind(before);
        if self.status.is_some_and(|(from, _)| from >= 400) {
            // In the words of the index request_log_failed, or it is not used.
            sql.push(" AND status >= 400");
        }
        let most = if self.text.is_some() { READ } else { LOOKED };
        sql.push(" ORDER BY seq DESC LIMIT ").push_bind(most);
    }

    /// What a row that is looked at has to be.
    fn push_wanted(&self, sql: &mut Sql, is_postgres: bool) {
        if let Some((from, to)) = self.status {
            sql.push(" AND status >= ").push_bind(from).push(" AND status < ").push_bind(to);
        }
        if let Some(method) = &self.method {
            sql.push(" AND method = ").push_bind(method.as_str());
        }
        if let Some(from) = self.from {
            sql.push(" AND at >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            sql.push(" AND at < ").push_bind(to);
        }
        if let Some(text) = &self.text {
            push_text(
                sql,
                text,
                is_postgres,
                &[" OR path", " OR query", " OR actor_name", " OR request_body", " OR response_body"],
            );
        }
    }

    /// Whether it wants anything but the newest.
    fn is_narrow(&self) -> bool {
        self.status.is_some() || self.text.is_some() || self.method.is_some() || self.to.is_some()
    }
}

/// ` AND (…)`: that a text stands in one of these columns.
fn push_text(sql: &mut Sql, text: &str, is_postgres: bool, columns: &[&'static str]) {
    // Both fold A to Z and nothing else, the columns of PostgreSQL being COLLATE "C".
    let like = if is_postgres { " ILIKE " } else { " LIKE " };
    let pattern = like_contains(text);
    sql.push(" AND (1 = 0");
    for column in columns {
        sql.push(column).push(like).push_bind(pattern.as_str()).push(" ESCAPE '\\'");
    }
    sql.push(")");
}

/// The statement by which a page is found between two rows, put after `start`. What is looked at comes newest first, and stays
/// in that order: to sort it once more would mean to look at all of it.
#[must_use]
pub fn listing(
    start: Sql,
    is_postgres: bool,
    workspace: WorkspaceId,
    search: &Search,
    (after, before): (i64, i64),
    most: i64,
) -> Sql {
    let mut sql = start;
    sql.push("SELECT seq, at, method, path, query, status, micros, actor_name, user_agent, note FROM (SELECT seq, at, method, path, query, status, micros, actor_name, user_agent, note");
    if search.text.is_some() {
        sql.push(", request_body, response_body");
    }
    search.push_looked(&mut sql, workspace, after, before);
    sql.push(") AS looked WHERE 1 = 1");
    search.push_wanted(&mut sql, is_postgres);
    sql.push(" LIMIT ").push_bind(most);
    sql
}

/// A page of a workspace's log. However many rows there are, it looks at no more than 20,000, and with a text at no more than
/// 2,000; [`Found::older`] is where to go on.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(conn: &mut Conn, workspace: WorkspaceId, search: &Search, most: i64) -> Result<Found, StoreError> {
    let after = match search.from {
        Some(from) => conn.opt::<Seq>(LAST_BEFORE.bind(workspace.0).bind(from - SLACK)).await?.map(|found| found.seq),
        None => None,
    };
    let end = match search.to {
        Some(to) => conn.opt::<Seq>(FIRST_AFTER.bind(workspace.0).bind(to + SLACK)).await?.map(|found| found.seq),
        None => None,
    };
    let after = after.unwrap_or(0);
    let before = search.before.unwrap_or(i64::MAX).min(end.unwrap_or(i64::MAX));
    let is_postgres = conn.is_postgres();
    let sql = listing(Sql::build(""), is_postgres, workspace, search, (after, before), most + 1);
    let mut lines: Vec<Line> = conn.all(sql).await?;
    lines.sort_by_key(|line| std::cmp::Reverse(line.seq));
    let whole = usize::try_from(most).unwrap_or(usize::MAX);
    if lines.len() > whole {
        lines.truncate(whole);
        return Ok(Found { older: lines.last().map(|line| line.seq), lines, is_cut: false });
    }
    if !search.is_narrow() {
        return Ok(Found { lines, ..Found::default() });
    }
    let mut sql = Sql::build("SELECT count(*) AS looked, min(seq) AS last FROM (SELECT seq");
    search.push_looked(&mut sql, workspace, after, before);
    sql.push(") AS looked");
    let reach: Reach = conn.one(sql).await?;
    let is_cut = reach.looked >= if search.text.is_some() { READ } else { LOOKED };
    Ok(Found { lines, older: reach.last.filter(|_| is_cut), is_cut })
}

/// What was answered, of some rows of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn answers(
    conn: &mut Conn,
    workspace: WorkspaceId,
    rows: &[i64],
) -> Result<HashMap<i64, String>, StoreError> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::build("SELECT seq, response_body FROM request_log WHERE workspace_id = ");
    sql.push_bind(workspace.0).push(" AND seq IN (").push_list(rows.iter().map(|seq| Arg::from(*seq))).push(")");
    let found: Vec<Body> = conn.all(sql).await?;
    Ok(found.into_iter().filter_map(|row| Some((row.seq, row.response_body?))).collect())
}

/// One entry of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, seq: i64) -> Result<Option<Entry>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(seq)).await
}

/// Deletes rows older than a moment, a thousand at the most; answers how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn purge(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.run(PURGE.bind(before)).await
}
