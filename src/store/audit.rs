//! The audit log: rows are added at the end of the transaction that they tell of, and never changed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, statements};
use super::tx::Tx;
use crate::domain::access::Actor;
use crate::domain::event::Event;
use crate::ids::WorkspaceId;

statements! {
    OF_SUBJECT = "SELECT workspace_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, changes FROM audit_log \
                  WHERE workspace_id = $1 AND subject_id = $2 ORDER BY seq";
}

/// One row to be written.
pub struct Row(Vec<Arg>);

impl Row {
    /// That `actor` did `event` at a moment.
    #[must_use]
    pub fn new(workspace: Option<WorkspaceId>, at: DateTime<Utc>, actor: &Actor, event: &Event) -> Self {
        Self(vec![
            Arg::Uuid(workspace.map(|id| id.0)),
            Arg::from(at),
            Arg::from(actor.kind),
            Arg::from(actor.id.clone()),
            Arg::from(actor.name.as_str()),
            Arg::from(actor.address.map(|address| address.to_string())),
            Arg::from(actor.request_id.0),
            Arg::from(event.name),
            Arg::from(event.subject_kind),
            Arg::from(event.subject_id.as_str()),
            Arg::from(event.subject_name.as_str()),
            Arg::from(event.changes.to_string()),
        ])
    }
}

/// One row as read.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Entry {
    pub workspace_id: Option<Uuid>,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_name: String,
    pub changes: serde_json::Value,
}

#[derive(FromRow)]
struct Read {
    workspace_id: Option<Uuid>,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: String,
    action: String,
    subject_kind: String,
    subject_id: String,
    subject_name: String,
    changes: String,
}

impl TryFrom<Read> for Entry {
    type Error = StoreError;

    fn try_from(row: Read) -> Result<Self, StoreError> {
        let corrupt = |_| StoreError::Corrupt(format!("audit row on {}: changes", row.subject_id));
        Ok(Self {
            changes: serde_json::from_str(&row.changes).map_err(corrupt)?,
            workspace_id: row.workspace_id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            action: row.action,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            subject_name: row.subject_name,
        })
    }
}

/// Writes the rows of a transaction.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, rows: Vec<Row>) -> Result<(), StoreError> {
    let start = "INSERT INTO audit_log (workspace_id, at, actor_kind, actor_id, actor_name, address, request_id, action, subject_kind, \
                 subject_id, subject_name, changes) VALUES ";
    tx.insert_many(start, rows.into_iter().map(|row| row.0).collect(), "").await?;
    Ok(())
}

/// What is known of one user, group, …, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_subject(conn: &mut Conn, workspace: WorkspaceId, subject: &str) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Read> = conn.all(OF_SUBJECT.bind(workspace.0).bind(subject)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
