//! A change of somebody's membership of a team that is made of what was seen of all their teams together.

use serde_json::json;
use uuid::Uuid;

use super::{Change, Command, CommandError, Stamped, Subject};
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::version::Stamp;
use crate::ids::{TeamId, UserId, WorkspaceId};
use crate::store;

/// The change, of somebody whose teams were seen.
pub struct OfPerson<C> {
    /// Whose teams.
    pub user: UserId,
    /// What to do.
    pub command: C,
}

impl<C: Command> Command for OfPerson<C> {
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
        self.command.run(change).await
    }
}

impl<C: Command> Stamped for OfPerson<C> {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        change.workspace().await?;
        let rows = store::teams::of_user(change.tx, self.user).await?;
        Ok(stamp(rows.iter().map(|row| (TeamId(row.team_id), row.role(), row.source()))))
    }
}

/// In which state somebody's teams are: what they are in each, and why.
#[must_use]
pub fn stamp(memberships: impl IntoIterator<Item = (TeamId, TeamRole, TeamSource)>) -> Stamp {
    let mut all: Vec<_> = memberships.into_iter().collect();
    all.sort_unstable_by_key(|(team, _, _)| team.0);
    Stamp::of(&json!(all.iter().map(|(team, role, source)| (team.0, role.name(), source.name())).collect::<Vec<_>>()))
}
