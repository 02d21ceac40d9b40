//! The audit log: rows are added at the end of the transaction that they tell of, numbered and chained, and never changed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, like_contains, like_literal, statements};
use super::tx::Tx;
use crate::domain::access::Actor;
use crate::domain::chain::{ChainKey, Link};
use crate::domain::event::Event;
use crate::ids::WorkspaceId;

statements! {
    OF_SUBJECT = "SELECT * FROM audit_log WHERE workspace_id = $1 AND subject_id = $2 ORDER BY seq";
    LINKS = "SELECT * FROM audit_log WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT $3";
    UNLINKED = "SELECT count(*) AS n FROM audit_log WHERE workspace_id = $1 AND number IS NULL";
    STRAY = "SELECT seq, at FROM audit_log WHERE workspace_id = $1 AND number IS NULL AND seq > \
             (SELECT seq FROM audit_log WHERE workspace_id = $1 AND number IS NOT NULL ORDER BY number LIMIT 1) ORDER BY seq LIMIT 1";
}

/// One row, as it is written and as it is read.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Row {
    pub workspace_id: Option<Uuid>,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub address: Option<String>,
    pub request_id: Uuid,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_name: String,
    /// JSON, as text, because the hash covers it byte for byte.
    pub changes: String,
    /// Its place in the chain of its workspace; none in rows from before there was one.
    pub number: Option<i64>,
    /// Its hash, which covers the row and the hash before it.
    pub hash: Option<Vec<u8>>,
    /// Its place in the log; 0 in a row that is yet to be written.
    pub seq: i64,
}

impl Row {
    /// That `actor` did `event` at a moment.
    #[must_use]
    pub fn new(workspace: Option<WorkspaceId>, at: DateTime<Utc>, actor: &Actor, event: &Event) -> Self {
        let subject = (event.subject_kind, event.subject_id.as_str(), event.subject_name.as_str());
        Self::told(workspace, at, actor, event.name.to_owned(), subject, &event.changes)
    }

    /// That `actor` did, or wanted to do, something to a subject (kind, id, name).
    #[must_use]
    pub fn told(
        workspace: Option<WorkspaceId>,
        at: DateTime<Utc>,
        actor: &Actor,
        action: String,
        (kind, id, name): (&str, &str, &str),
        changes: &Value,
    ) -> Self {
        Self {
            workspace_id: workspace.map(|id| id.0),
            at,
            actor_kind: actor.kind.to_owned(),
            actor_id: actor.id.clone(),
            actor_name: actor.name.clone(),
            address: actor.address.map(|address| address.to_string()),
            request_id: actor.request_id.0,
            action,
            subject_kind: kind.to_owned(),
            subject_id: id.to_owned(),
            subject_name: name.to_owned(),
            changes: changes.to_string(),
            number: None,
            hash: None,
            seq: 0,
        }
    }

    /// The hash that the row must have as number `number` of its workspace, after the row with the hash `previous`.
    #[must_use]
    pub fn expected_hash(&self, key: &ChainKey, previous: Option<&[u8]>, number: i64) -> [u8; 32] {
        let link = Link {
            workspace: self.workspace_id.unwrap_or_default(),
            number,
            at: self.at,
            actor_kind: &self.actor_kind,
            actor_id: self.actor_id.as_deref(),
            actor_name: &self.actor_name,
            address: self.address.as_deref(),
            request_id: self.request_id,
            action: &self.action,
            subject_kind: &self.subject_kind,
            subject_id: &self.subject_id,
            subject_name: &self.subject_name,
            changes: &self.changes,
        };
        key.hash(previous, &link)
    }

    fn into_args(self) -> Vec<Arg> {
        vec![
            Arg::Uuid(self.workspace_id),
            Arg::from(self.at),
            Arg::from(self.actor_kind),
            Arg::from(self.actor_id),
            Arg::from(self.actor_name),
            Arg::from(self.address),
            Arg::from(self.request_id),
            Arg::from(self.action),
            Arg::from(self.subject_kind),
            Arg::from(self.subject_id),
            Arg::from(self.subject_name),
            Arg::from(self.changes),
            Arg::from(self.number),
            Arg::from(self.hash),
        ]
    }
}

/// One row, for people to read.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Entry {
    /// Its place in the log, by which pages go on. Within a workspace it grows with the number.
    pub seq: i64,
    /// Its place in the chain of its workspace; none in rows from before there was one.
    pub number: Option<i64>,
    pub workspace_id: Option<Uuid>,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub address: Option<String>,
    pub request_id: Uuid,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_name: String,
    /// `{"attribute": {"old": …, "new": …}}`; a text where somebody made something else of it.
    pub changes: Value,
    pub hash: Option<Vec<u8>>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            number: row.number,
            workspace_id: row.workspace_id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            subject_name: row.subject_name,
            changes: serde_json::from_str(&row.changes).unwrap_or(Value::String(row.changes)),
            hash: row.hash,
        }
    }
}

/// Which rows are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// From this moment on.
    pub since: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
    /// This action, or all that begin so where it ends in `*`: `user.*`.
    pub action: Option<String>,
    /// With this text in the actor's name or address, A to Z in any case, or with exactly this as the actor's id or kind.
    pub actor: Option<String>,
    /// With exactly this as the subject's id or, where it is no id, with this text in the subject's name.
    pub subject: Option<String>,
}

impl Filter {
    fn push(&self, sql: &mut Sql, postgres: bool) {
        // Both fold A to Z and nothing else, the columns of PostgreSQL being COLLATE "C".
        let like = if postgres { " ILIKE " } else { " LIKE " };
        if let Some(since) = self.since {
            sql.push(" AND at >= ").push_bind(since);
        }
        if let Some(until) = self.until {
            sql.push(" AND at < ").push_bind(until);
        }
        match self.action.as_deref().map(|action| (action, action.strip_suffix('*'))) {
            Some((_, Some(start))) => {
                let pattern = format!("{}%", like_literal(start));
                sql.push(" AND action").push(like).push_bind(pattern.as_str()).push(" ESCAPE '\\'");
            }
            Some((action, None)) => {
                sql.push(" AND action = ").push_bind(action);
            }
            None => {}
        }
        if let Some(actor) = self.actor.as_deref() {
            let pattern = like_contains(actor);
            sql.push(" AND (actor_name").push(like).push_bind(pattern.as_str()).push(" ESCAPE '\\' OR address");
            sql.push(like).push_bind(pattern.as_str()).push(" ESCAPE '\\' OR actor_id = ").push_bind(actor);
            sql.push(" OR actor_kind = ").push_bind(actor).push(")");
        }
        match self.subject.as_deref() {
            Some(subject) if Uuid::try_parse(subject).is_ok() => {
                sql.push(" AND subject_id = ").push_bind(subject.to_ascii_lowercase());
            }
            Some(subject) => {
                sql.push(" AND (subject_id = ").push_bind(subject).push(" OR subject_name").push(like);
                sql.push_bind(like_contains(subject)).push(" ESCAPE '\\')");
            }
            None => {}
        }
    }
}

/// Writes the rows of a transaction.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, rows: Vec<Row>) -> Result<(), StoreError> {
    let start = "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, address, request_id, action, subject_kind, \
                 subject_id, subject_name, changes, number, hash) VALUES ";
    tx.insert_many(start, rows.into_iter().map(Row::into_args).collect(), "").await?;
    Ok(())
}

/// What is known of one user, group, …, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_subject(conn: &mut Conn, workspace: WorkspaceId, subject: &str) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = conn.all(OF_SUBJECT.bind(workspace.0).bind(subject)).await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// Rows of a workspace that fit, oldest first, after the row whose [`Entry::seq`] is `after`.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let after = after.map(|after| (" AND seq > ", after));
    read(conn, workspace, filter, after, " ORDER BY seq LIMIT ", limit).await
}

/// Rows of a workspace that fit, newest first, before the row whose [`Entry::seq`] is `before`.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn newest(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let before = before.map(|before| (" AND seq < ", before));
    read(conn, workspace, filter, before, " ORDER BY seq DESC LIMIT ", limit).await
}

async fn read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
    from: Option<(&'static str, i64)>,
    order: &'static str,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut sql = Sql::build("SELECT * FROM audit_log WHERE workspace_id = ");
    sql.push_bind(workspace.0);
    filter.push(&mut sql, conn.is_postgres());
    if let Some((text, seq)) = from {
        sql.push(text).push_bind(seq);
    }
    sql.push(order).push_bind(limit);
    let rows: Vec<Row> = conn.all(sql).await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// Who did the first thing that the log still tells of some subject.
#[derive(Debug, Clone, FromRow)]
pub struct FirstRow {
    /// The subject.
    pub subject_id: String,
    /// What was done: `group.created`, unless that is too long ago.
    pub action: String,
    /// See [`Row`] for this and the following.
    pub actor_kind: String,
    #[allow(missing_docs)]
    pub actor_name: String,
}

/// The first thing that the log still tells of each of these subjects, 100 at the most: one look into the index each.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn firsts(conn: &mut Conn, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<FirstRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build("");
    for (place, id) in ids.iter().take(100).enumerate() {
        sql.push(if place == 0 { "" } else { " UNION ALL " });
        sql.push(
            "SELECT * FROM (SELECT subject_id, action, actor_kind, actor_name FROM audit_log WHERE workspace_id = ",
        );
        sql.push_bind(workspace.0).push(" AND subject_id = ").push_bind(id.to_string()).push(" ORDER BY seq LIMIT 1)");
        // PostgreSQL wants a name for it.
        sql.push(" AS one");
    }
    conn.all(sql).await
}

/// The links of a workspace's chain after number `after`.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn links(conn: &mut Conn, workspace: WorkspaceId, after: i64, limit: i64) -> Result<Vec<Row>, StoreError> {
    conn.all(LINKS.bind(workspace.0).bind(after).bind(limit)).await
}

/// How many rows of a workspace are from before there was a chain.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unlinked(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(UNLINKED.bind(workspace.0)).await?.n)
}

/// A row without a number that stands after one with a number: nobody but a forger writes such a row.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn stray(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<(i64, DateTime<Utc>)>, StoreError> {
    conn.opt(STRAY.bind(workspace.0)).await
}
