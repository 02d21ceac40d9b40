//! A change that is made only of what somebody saw, so that nobody undoes unknowingly what somebody else did meanwhile.

use uuid::Uuid;

use super::{Change, Command, CommandError, Subject};
use crate::domain::version::Stamp;
use crate::ids::{UserId, WorkspaceId};

/// A change of something that has a [`Stamp`].
pub trait Stamped: Command {
    /// The stamp of what it changes as that is now, locked until the transaction ends.
    fn stamp(&self, change: &mut Change<'_>) -> impl Future<Output = Result<Stamp, CommandError>> + Send;
}

/// The change, as long as what it changes is as it was seen; else [`CommandError::VersionMismatch`].
pub struct Unchanged<C> {
    /// What to do.
    pub command: C,
    /// In which state it was seen.
    pub seen: Stamp,
}

impl<C: Stamped> Command for Unchanged<C> {
    type Output = C::Output;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.command.workspace()
    }

    fn begins_with(&self) -> Option<UserId> {
        self.command.begins_with()
    }

    fn alone(&self) -> Option<Uuid> {
        self.command.alone()
    }

    fn name(&self) -> &'static str {
        self.command.name()
    }

    fn subject(&self) -> Subject {
        self.command.subject()
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<C::Output, CommandError> {
        if self.command.stamp(change).await? != self.seen {
            return Err(CommandError::VersionMismatch);
        }
        self.command.run(change).await
    }
}
