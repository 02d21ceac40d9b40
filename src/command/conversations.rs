//! Making conversations, assigning them, and writing in them.

use serde_json::json;

use super::{Change, Command, CommandError, Subject, people};
use crate::domain::event::Event;
use crate::domain::user::Standing;
use crate::ids::{ConversationId, EntryId, UserId, WorkspaceId};
use crate::store;
use crate::store::conversations::{Conversation, Entry};

/// A new conversation.
pub struct CreateConversation {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: ConversationId,
    /// What it is about.
    pub subject: String,
    /// Who is to answer it.
    pub assignee: Option<UserId>,
}

impl Command for CreateConversation {
    type Output = Conversation;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "conversation.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("conversation", &self.subject)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Conversation, CommandError> {
        change.workspace().await?;
        let assignee_name = assignable(change, self.workspace, self.assignee).await?;
        let conversation = Conversation {
            id: self.id.0,
            subject: super::named("subject", &self.subject)?,
            assignee_id: self.assignee.map(|id| id.0),
            assignee_name,
            created_at: change.now,
            updated_at: change.now,
        };
        store::conversations::insert(change.tx, self.workspace, &conversation).await?;
        let changes = json!({"assignee": {"old": null, "new": self.assignee}});
        let subject = conversation.subject.as_str();
        change.record(&Event::of("conversation", "conversation.created", self.id.0, subject, changes));
        Ok(conversation)
    }
}

/// A conversation's being given to somebody, or to nobody.
pub struct AssignConversation {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: ConversationId,
    /// Who is to answer it.
    pub assignee: Option<UserId>,
}

impl Command for AssignConversation {
    type Output = Conversation;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "conversation.assign"
    }

    fn subject(&self) -> Subject {
        Subject::of("conversation", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Conversation, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        let assignee_name = assignable(change, self.workspace, self.assignee).await?;
        let assignee_id = self.assignee.map(|id| id.0);
        if old.assignee_id == assignee_id {
            return Ok(old);
        }
        let now = change.now;
        store::conversations::assign(change.tx, self.id, self.assignee, now).await?;
        let name = if assignee_id.is_some() { "conversation.assigned" } else { "conversation.unassigned" };
        let changes = json!({"assignee": {"old": old.assignee_id, "new": assignee_id}});
        change.record(&Event::of("conversation", name, self.id.0, &old.subject, changes));
        Ok(Conversation { assignee_id, assignee_name, updated_at: change.now, ..old })
    }
}

/// Something written in a conversation: to the customer, or a note for colleagues.
pub struct Write {
    /// Where.
    pub workspace: WorkspaceId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// The id that it gets.
    pub id: EntryId,
    /// `message` or `note`.
    pub kind: &'static str,
    /// Who writes it; none: the workspace's own key.
    pub author: Option<UserId>,
    /// What is written.
    pub body: String,
}

impl Command for Write {
    type Output = Entry;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "conversation.write"
    }

    fn subject(&self) -> Subject {
        Subject::of("conversation", &self.conversation)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Entry, CommandError> {
        let conversation = existing(change, self.workspace, self.conversation).await?;
        let length = self.body.chars().count();
        if length == 0 || length > 10_000 || self.body.contains('\0') {
            return Err(CommandError::Invalid { attribute: "body", detail: "has 1 to 10,000 characters".into() });
        }
        let author_name = match self.author {
            Some(author) => people::existing(change, self.workspace, author).await?.full_name(),
            None => change.actor().name.clone(),
        };
        let entry = Entry {
            id: self.id.0,
            kind: self.kind.to_owned(),
            author_id: self.author.map(|id| id.0),
            author_name,
            body: self.body.clone(),
            created_at: change.now,
        };
        store::conversations::insert_entry(change.tx, self.id, self.conversation, &entry).await?;
        // What was written is in the conversation; the log says that something was.
        let changes = json!({"kind": {"new": self.kind}});
        let subject = conversation.subject.as_str();
        change.record(&Event::of("conversation", "conversation.written", self.conversation.0, subject, changes));
        Ok(entry)
    }
}

async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<Conversation, CommandError> {
    change.workspace().await?;
    store::conversations::find(change.tx, workspace, id).await?.ok_or(CommandError::NotFound)
}

/// The name of whoever is to get a conversation: somebody of this workspace who may work.
async fn assignable(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    assignee: Option<UserId>,
) -> Result<Option<String>, CommandError> {
    let Some(id) = assignee else { return Ok(None) };
    let refuse = |detail: &str| CommandError::Invalid { attribute: "assignee_id", detail: detail.into() };
    match people::existing(change, workspace, id).await {
        Ok(user) if user.standing == Standing::Active => Ok(Some(user.full_name())),
        Ok(user) => Err(refuse(&format!("{} is not active", user.full_name()))),
        Err(CommandError::NotFound) => Err(refuse("there is no such user in this workspace")),
        Err(error) => Err(error),
    }
}
