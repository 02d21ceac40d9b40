//! `/conversations`: what customers asked, and who answers.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, named, success};
use super::shape::{Listed, Page};
use crate::command::conversations::{AssignConversation, CreateConversation, Write};
use crate::ids::{ConversationId, EntryId, UserId};
use crate::store::conversations::{self as rows, Whose};

/// Which conversations to list.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ConversationQuery")]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Those of one user; `none`: those that nobody has.
    assignee_id: Option<String>,
    /// Which page, from 1.
    page: Option<i64>,
    /// Conversations on a page: 50, where nothing is said, 200 at the most.
    limit: Option<i64>,
}

/// A conversation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Conversation {
    id: Uuid,
    subject: String,
    /// Who is to answer it.
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Conversation {
    const PLURAL: &'static str = "conversations";
}

impl From<rows::Conversation> for Conversation {
    fn from(row: rows::Conversation) -> Self {
        Self {
            id: row.id,
            subject: row.subject,
            assignee_id: row.assignee_id,
            assignee_name: row.assignee_name,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A message to the customer, or a note for colleagues.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    id: Uuid,
    /// `message` or `note`.
    kind: String,
    author_id: Option<Uuid>,
    /// The author's name at the time.
    author_name: String,
    body: String,
    created_at: DateTime<Utc>,
}

impl From<rows::Entry> for Entry {
    fn from(row: rows::Entry) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            author_id: row.author_id,
            author_name: row.author_name,
            body: row.body,
            created_at: row.created_at,
        }
    }
}

/// A conversation with everything that was written in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WholeConversation")]
pub struct Whole {
    #[serde(flatten)]
    conversation: Conversation,
    /// Messages and notes, oldest first.
    entries: Vec<Entry>,
}

/// A new conversation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// 1 to 100 characters.
    subject: String,
    /// Who is to answer it: somebody active.
    assignee_id: Option<String>,
}

/// Who is to answer a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Somebody active; null: nobody.
    assignee_id: Option<String>,
}

/// Something to write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// 1 to 10,000 characters.
    body: String,
}

fn assignee(id: Option<&str>) -> Result<Option<UserId>, Failure> {
    id.map(|id| named("assignee_id", id, UserId::parse)).transpose()
}

/// `GET /conversations`
pub async fn list(call: Call) -> Answer {
    let query: Query = call.query()?;
    let page = Page::of(query.page, query.limit)?;
    let whose = match query.assignee_id.as_deref() {
        None => Whose::Anybodys,
        Some("none") => Whose::Nobodys,
        Some(id) => Whose::Of(named("assignee_id", id, UserId::parse)?),
    };
    let mut conn = call.read().await?;
    let (rows, total) = rows::page(&mut conn, call.workspace(), whose, page.offset(), page.limit).await?;
    success(&page.list(rows.into_iter().map(Conversation::from).collect(), total))
}

/// `GET /conversations/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, ConversationId::parse)?;
    let mut conn = call.read().await?;
    let found = rows::find(&mut conn, call.workspace(), id).await?.ok_or_else(Failure::not_found)?;
    let entries = rows::entries(&mut conn, id).await?.into_iter().map(Entry::from).collect();
    success(&Whole { conversation: found.into(), entries })
}

/// `POST /conversations`
pub async fn create(call: Call) -> Answer {
    let new: NewConversation = call.body()?;
    let assignee = assignee(new.assignee_id.as_deref())?;
    if assignee.is_some() && !call.caller.permissions.has("chat:assign") {
        return Err(Failure::forbidden("chat:assign"));
    }
    let (workspace, id) = (call.workspace(), ConversationId::fresh());
    let made = call.execute(CreateConversation { workspace, id, subject: new.subject, assignee }).await?;
    created(&Conversation::from(made))
}

/// `PUT /conversations/{id}`
pub async fn assign(call: Call) -> Answer {
    let id = call.id(0, ConversationId::parse)?;
    let wanted: Assignment = call.body()?;
    let assignee = assignee(wanted.assignee_id.as_deref())?;
    let assigned = call.execute(AssignConversation { workspace: call.workspace(), id, assignee }).await?;
    success(&Conversation::from(assigned))
}

/// `POST /conversations/{id}/messages`
pub async fn message(call: Call) -> Answer {
    write(call, "message").await
}

/// `POST /conversations/{id}/notes`
pub async fn note(call: Call) -> Answer {
    write(call, "note").await
}

async fn write(call: Call, kind: &'static str) -> Answer {
    let conversation = call.id(0, ConversationId::parse)?;
    let Text { body } = call.body()?;
    let (workspace, author) = (call.workspace(), call.caller.user);
    let command = Write { workspace, conversation, id: EntryId::fresh(), kind, author, body };
    created(&Entry::from(call.execute(command).await?))
}
