//! Passwords: links to set one.

use super::{Change, Command, CommandError, Subject};
use crate::domain::password_link::Purpose;
use crate::ids::{UserId, WorkspaceId};

/// A link that lets somebody set a password, once. The token itself was made outside and is not here, only its hash.
pub struct IssueLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose password.
    pub user: UserId,
    /// What for.
    pub purpose: Purpose,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
}

impl Command for IssueLink {
    /// Whether there is one now: not for somebody who may not work.
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "password.link"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        change.workspace().await?;
        Ok(true)
    }
}
