//! The outbox: what the outside will be told, written in the transaction that it tells of.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use crate::delivery::{Data, Event, VERSION, is_published};
use crate::domain::event;
use crate::ids::{EventId, WorkspaceId};

statements! {
    AFTER = "SELECT seq, id, at, event, subject_kind, subject_id, payload, trace FROM outbox WHERE workspace_id = $1 AND seq > $2 ORDER BY seq \
             LIMIT CAST($3 AS BIGINT)";
    AT = "SELECT seq, at FROM outbox WHERE workspace_id = $1 AND seq >= $2 ORDER BY seq LIMIT 1";
    LAST = "SELECT coalesce(max(seq), 0) AS n FROM outbox WHERE workspace_id = $1";
    FORGOTTEN = "SELECT seq AS n FROM forgotten_events WHERE workspace_id = $1";
    NOTE_FORGOTTEN = "INSERT INTO forgotten_events (workspace_id, seq) SELECT workspace_id, max(seq) FROM (SELECT workspace_id, seq FROM outbox \
                      WHERE workspace_id = $1 AND seq <= $2 ORDER BY seq LIMIT CAST($3 AS BIGINT)) AS gone WHERE 1 = 1 GROUP BY workspace_id \
                      ON CONFLICT (workspace_id) DO UPDATE SET seq = excluded.seq";
    OLDEST = "SELECT coalesce(min(seq), 0) AS n FROM outbox WHERE workspace_id = $1";
    OF_SUBJECT = "SELECT id, at, event, payload FROM outbox WHERE workspace_id = $1 AND subject_id = $2 ORDER BY seq";
}

/// One row to be written.
pub struct Row(Vec<Arg>);

impl Row {
    /// That `event` happened in a workspace at a moment, in the request of that trace context.
    #[must_use]
    pub fn new(workspace: WorkspaceId, at: DateTime<Utc>, event: &event::Event, trace: Option<&str>) -> Self {
        // So that every test of every change shows that the list is whole.
        debug_assert!(is_published(event.name), "{} is missing in delivery::CATALOGUE", event.name);
        Self(vec![
            Arg::from(EventId::fresh().0),
            Arg::from(workspace.0),
            Arg::from(at),
            Arg::from(event.name),
            Arg::from(event.subject_kind),
            Arg::from(event.subject_id.as_str()),
            Arg::from(event.changes.clone()),
            Arg::from(trace.map(str::to_owned)),
        ])
    }
}

/// One row as read.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Entry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub event: String,
    pub payload: Value,
}

/// Writes the rows of a transaction.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, rows: Vec<Row>) -> Result<(), StoreError> {
    let start = "INSERT INTO outbox (id, workspace_id, at, event, subject_kind, subject_id, payload, trace) VALUES ";
    tx.insert_many(start, rows.into_iter().map(|row| row.0).collect(), "").await?;
    Ok(())
}

/// What the outside will be told of one user, group, …, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_subject(conn: &mut Conn, workspace: WorkspaceId, subject: &str) -> Result<Vec<Entry>, StoreError> {
    conn.all(OF_SUBJECT.bind(workspace.0).bind(subject)).await
}

/// One row, as those who follow what happens see it.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Told {
    pub seq: i64,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub event: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub payload: Value,
    /// The W3C trace context (`traceparent`) of the request that it came from.
    pub trace: Option<String>,
}

impl Told {
    /// As the outside sees it.
    #[must_use]
    pub fn into_event(self, workspace: WorkspaceId) -> Event {
        let data = Data { kind: self.subject_kind, id: self.subject_id, changes: self.payload };
        let (id, event, cursor, timestamp) = (self.id, self.event, self.seq, self.at);
        Event { id, event, version: VERSION, cursor, timestamp, workspace_id: workspace.0, data }
    }
}

/// What happened in a workspace after the row of that place, oldest first. Rows of one workspace get their places in the
/// order of their commits, because each holds the workspace's lock from before to after: nothing is passed over.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn after(conn: &mut Conn, workspace: WorkspaceId, seq: i64, most: i64) -> Result<Vec<Told>, StoreError> {
    conn.all(AFTER.bind(workspace.0).bind(seq).bind(most)).await
}

/// The same of these events alone.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn after_of(
    conn: &mut Conn,
    workspace: WorkspaceId,
    seq: i64,
    events: &[&str],
    most: i64,
) -> Result<Vec<Told>, StoreError> {
    let mut sql = Sql::build(
        "SELECT seq, id, at, event, subject_kind, subject_id, payload, trace FROM outbox WHERE workspace_id = ",
    );
    sql.push_bind(workspace.0).push(" AND seq > ").push_bind(seq).push(" AND event IN (");
    sql.push_list(events.iter().copied().map(Arg::from))
        .push(") ORDER BY seq LIMIT CAST(")
        .push_bind(most)
        .push(" AS BIGINT)");
    conn.all(sql).await
}

/// The rows at several places of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn at(conn: &mut Conn, workspace: WorkspaceId, places: &[i64]) -> Result<Vec<Told>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql =
        Sql::build("SELECT seq, id, at, event, subject_kind, subject_id, payload, trace FROM outbox WHERE seq IN (");
    sql.push_list(places.iter().copied().map(Arg::from)).push(") AND workspace_id = ").push_bind(workspace.0);
    conn.all(sql).await
}

/// The place of the last row of a workspace; 0 where there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(LAST.bind(workspace.0)).await?.n)
}

/// The place of the oldest row of a workspace that is still kept; 0 where there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn oldest(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(OLDEST.bind(workspace.0)).await?.n)
}

#[derive(FromRow)]
struct Place {
    seq: i64,
    at: DateTime<Utc>,
}

/// The place before the first row of a workspace that is not older than a moment. Found in a few steps, because rows stand
/// in the order of time but for moments.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn before(conn: &mut Conn, workspace: WorkspaceId, moment: DateTime<Utc>) -> Result<i64, StoreError> {
    let (mut low, mut high) = (0, last(conn, workspace).await? + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match conn.opt::<Place>(AT.bind(workspace.0).bind(middle)).await? {
            Some(place) if place.at < moment => low = place.seq + 1,
            _ => high = middle,
        }
    }
    Ok(low - 1)
}

/// Notes that the oldest rows of a workspace up to a place are about to be forgotten, so many at the most.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note_forgotten(tx: &mut Tx, workspace: WorkspaceId, until: i64, most: i64) -> Result<(), StoreError> {
    tx.run(NOTE_FORGOTTEN.bind(workspace.0).bind(until).bind(most)).await?;
    Ok(())
}

/// The place of the last row of a workspace that was forgotten; 0 where none was.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forgotten(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    let found = conn.opt::<super::workspaces::Count>(FORGOTTEN.bind(workspace.0)).await?;
    Ok(found.map_or(0, |row| row.n))
}
