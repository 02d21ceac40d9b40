//! Clients that are to be told that a session ended: who tells them, and when that is done.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::command::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::ids::{NoticeId, WorkspaceId};
use crate::store;
use crate::store::logout_notices::NoticeRow;

/// Takes a notice, so that no other bridge delivers it until then; false where another one has it.
pub struct LeaseNotice {
    /// The notice as it was seen.
    pub notice: NoticeRow,
    /// When it is due again.
    pub until: DateTime<Utc>,
}

impl Command for LeaseNotice {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "client.lease_notice"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.notice.client_id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        Ok(store::logout_notices::lease(change.tx, &self.notice, self.until).await?)
    }
}

/// How a notice came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The client was told, or needs not be.
    Told,
    /// It could not be told, for that reason, and will not be.
    Failed(String),
}

/// Drops a notice. That a client was not told is noted: somebody may still be signed in there.
pub struct DropNotice {
    /// The notice.
    pub notice: NoticeRow,
    /// How it came to its end.
    pub ending: Ending,
}

impl Command for DropNotice {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(WorkspaceId(self.notice.workspace_id))
    }

    fn name(&self) -> &'static str {
        "client.drop_notice"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.notice.client_id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let notice = &self.notice;
        store::logout_notices::delete(change.tx, NoticeId(notice.id)).await?;
        if let Ending::Failed(reason) = &self.ending {
            let changes = json!({"user_id": {"old": notice.user_id}, "reason": {"new": reason}});
            let (id, name) = (notice.client_id.clone(), notice.name.as_str());
            change.record(&Event::credential("client.logout_not_told", "client", id, name, changes));
        }
        Ok(())
    }
}
