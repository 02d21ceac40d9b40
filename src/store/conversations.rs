//! Statements on conversations and what was written in them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, Sql, statements};
use super::tx::Tx;
use crate::ids::{ConversationId, EntryId, ReviewId, UserId, WorkspaceId};

statements! {
    FIND = "SELECT c.id, c.subject, c.assignee_id, u.full_name AS assignee_name, c.created_at, c.updated_at FROM conversations c \
            LEFT JOIN users u ON u.id = c.assignee_id WHERE c.workspace_id = $1 AND c.id = $2";
    BELONGINGS = "SELECT (EXISTS (SELECT 1 FROM conversations WHERE workspace_id = $1) OR EXISTS (SELECT 1 FROM api_keys WHERE workspace_id = $1) \
                  OR EXISTS (SELECT 1 FROM sessions WHERE workspace_id = $1) OR EXISTS (SELECT 1 FROM password_links WHERE workspace_id = $1) \
                  OR EXISTS (SELECT 1 FROM grants WHERE workspace_id = $1)) AS is_any, \
                  (EXISTS (SELECT 1 FROM conversations WHERE assignee_id = $2) OR EXISTS (SELECT 1 FROM api_keys WHERE user_id = $2) \
                  OR EXISTS (SELECT 1 FROM sessions WHERE user_id = $2) OR EXISTS (SELECT 1 FROM password_links WHERE user_id = $2) \
                  OR EXISTS (SELECT 1 FROM grants WHERE user_id = $2)) AS is_theirs";
    INSERT = "INSERT INTO conversations (id, workspace_id, subject, assignee_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)";
    ASSIGN = "UPDATE conversations SET assignee_id = $2, updated_at = $3 WHERE id = $1";
    UNASSIGN_ALL = "UPDATE conversations SET assignee_id = NULL, updated_at = $2 WHERE assignee_id = $1 RETURNING id, subject";
    COUNT_OF_ONES_TO_GO = "SELECT count(*) AS n FROM conversations WHERE assignee_id IN \
                           (SELECT user_id FROM review_items WHERE review_id = $1 AND decision = 'deactivate' AND name_key >= '' AND applied_at IS NULL)";
    COUNT_OF = "SELECT count(*) AS n FROM conversations WHERE assignee_id = $1";
    ENTRIES = "SELECT id, kind, author_id, author_name, body, created_at FROM conversation_entries WHERE conversation_id = $1 ORDER BY id";
    INSERT_ENTRY = "INSERT INTO conversation_entries (id, conversation_id, kind, author_id, author_name, body, created_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";
}

/// A conversation.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Conversation {
    pub id: Uuid,
    pub subject: String,
    pub assignee_id: Option<Uuid>,
    pub assignee_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A message or a note.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Entry {
    pub id: Uuid,
    /// `message` or `note`.
    pub kind: String,
    pub author_id: Option<Uuid>,
    /// The author's name at the time.
    pub author_name: String,
    pub body: String,
    pub created_at: DateTime<Utc>,
}

/// A conversation that lost its assignee.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Unassigned {
    pub id: Uuid,
    pub subject: String,
}

/// Which conversations to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All.
    Anybodys,
    /// Those of one user.
    Of(UserId),
    /// Those that nobody has.
    Nobodys,
}

/// The conversation of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(id.0)).await
}

/// A page of conversations, the newest first, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    whose: Whose,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Conversation>, i64), StoreError> {
    let narrowed = |sql: &mut Sql| {
        sql.push_bind(workspace.0);
        match whose {
            Whose::Anybodys => {}
            Whose::Of(user) => {
                sql.push(" AND c.assignee_id = ").push_bind(user.0);
            }
            Whose::Nobodys => {
                sql.push(" AND c.assignee_id IS NULL");
            }
        }
    };
    let mut count = Sql::build("SELECT count(*) AS n FROM conversations c WHERE c.workspace_id = ");
    narrowed(&mut count);
    let mut rows = Sql::build(
        "SELECT c.id, c.subject, c.assignee_id, u.full_name AS assignee_name, c.created_at, c.updated_at FROM conversations c \
         LEFT JOIN users u ON u.id = c.assignee_id WHERE c.workspace_id = ",
    );
    narrowed(&mut rows);
    rows.push(" ORDER BY c.id DESC LIMIT CAST(").push_bind(limit).push(" AS BIGINT) OFFSET CAST(");
    rows.push_bind(offset).push(" AS BIGINT)");
    let total = conn.one::<super::workspaces::Count>(count).await?.n;
    Ok((conn.all(rows).await?, total))
}

/// Stores a new conversation.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, conversation: &Conversation) -> Result<(), StoreError> {
    let sql = INSERT.bind(conversation.id).bind(workspace.0).bind(conversation.subject.as_str());
    let sql = sql.bind(conversation.assignee_id).bind(conversation.created_at).bind(conversation.updated_at);
    tx.note_belonging();
    tx.run(sql).await?;
    Ok(())
}

/// Gives a conversation to somebody, or to nobody.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn assign(
    tx: &mut Tx,
    id: ConversationId,
    assignee: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(ASSIGN.bind(id.0).bind(assignee.map(|id| id.0)).bind(at)).await?;
    Ok(())
}

#[derive(FromRow)]
struct Belongings {
    is_any: bool,
    is_theirs: bool,
}

/// Whether anybody in a workspace has a conversation, API key, session, link or grant, and whether one person does.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn belongings(conn: &mut Conn, workspace: WorkspaceId, user: UserId) -> Result<(bool, bool), StoreError> {
    let Belongings { is_any, is_theirs } = conn.one(BELONGINGS.bind(workspace.0).bind(user.0)).await?;
    Ok((is_any, is_theirs))
}

/// Takes every conversation from a user; answers which they were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unassign_all(tx: &mut Tx, user: UserId, at: DateTime<Utc>) -> Result<Vec<Unassigned>, StoreError> {
    tx.returning_beside(UNASSIGN_ALL.bind(user.0).bind(at)).await
}

/// How many conversations a user has.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn count_of(conn: &mut Conn, user: UserId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(COUNT_OF.bind(user.0)).await?.n)
}

/// How many conversations those have whom a review is yet to take their access from.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn count_to_go(conn: &mut Conn, review: ReviewId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(COUNT_OF_ONES_TO_GO.bind(review.0)).await?.n)
}

/// What was written in a conversation, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn entries(conn: &mut Conn, id: ConversationId) -> Result<Vec<Entry>, StoreError> {
    conn.all(ENTRIES.bind(id.0)).await
}

/// Stores a message or a note.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_entry(tx: &mut Tx, id: EntryId, within: ConversationId, entry: &Entry) -> Result<(), StoreError> {
    let sql = INSERT_ENTRY.bind(id.0).bind(within.0).bind(entry.kind.as_str()).bind(entry.author_id);
    tx.run(sql.bind(entry.author_name.as_str()).bind(entry.body.as_str()).bind(entry.created_at)).await?;
    Ok(())
}
