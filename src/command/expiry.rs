//! Telling Admins that a SCIM token ends: without another one nobody is provisioned or deprovisioned any more.

use serde_json::json;

use super::mails::{self, Letter};
use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::domain::expiry;
use crate::ids::{TokenId, WorkspaceId};
use crate::store::tokens;

/// Tells the Admins of a workspace that one of its tokens ends, where it is time to; gives whether it was.
pub struct WarnOfEnd {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which token.
    pub token: TokenId,
}

impl Command for WarnOfEnd {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "token.warn"
    }

    fn subject(&self) -> Subject {
        Subject::of("token", &self.token)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        change.workspace().await?;
        let Some(row) = tokens::end(change.tx, self.workspace, self.token).await? else { return Ok(false) };
        let stage = expiry::stage(row.created_at, row.expires_at, row.told_days, change.now);
        let Some(days) = stage else { return Ok(false) };
        tokens::set_told(change.tx, self.token, days).await?;
        let event = if days == 0 { "token.expired" } else { "token.expires" };
        let changes = json!({"expires_at": {"new": row.expires_at}});
        change.record(&Event::credential(event, "token", self.token.to_string(), &row.name, changes));
        let letter = Letter::TokenExpires { name: row.name, hint: row.hint, at: row.expires_at, days };
        mails::post_to_admins(change, letter).await?;
        Ok(true)
    }
}
