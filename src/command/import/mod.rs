//! Bringing in many things at once: a command a batch, an outcome a row. What is there already is changed where it
//! differs and left alone where it does not, so that the same rows can be brought in again at any time.

mod people;
mod things;

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

pub use people::{Kept, Says, UserRow};
pub use things::{MembershipRow, RoleRow, RuleRow, TeamRow};

use super::{Change, Command, CommandError, Subject};
use crate::domain::group::{GroupProfile, NewMember};
use crate::ids::{GroupId, TeamId, UserId, WorkspaceId};
use crate::store;
use crate::text;

/// One thing to bring in.
#[derive(Debug, Clone)]
pub enum Row {
    /// A role, known by its name.
    Role(RoleRow),
    /// A team, known by its name.
    Team(TeamRow),
    /// A person, known by their externalId, else by their userName or address.
    User(Box<UserRow>),
    /// To whom somebody reports.
    Manager {
        /// Who.
        user: UserId,
        /// To whom.
        manager: UserId,
    },
    /// A group, known by its externalId, else by its name.
    Group(GroupProfile),
    /// A rule, known by its group.
    Rule(RuleRow),
    /// Members of a group; those whom it has besides stay.
    Members {
        /// The group.
        group: GroupId,
        /// Whom it has.
        members: Vec<NewMember>,
    },
    /// Somebody's being in a team, or kept out of it, by hand.
    Membership(MembershipRow),
}

/// On whose behalf things are brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// A provider's: it keeps the people from then on.
    pub as_provider: bool,
    /// By hand, and meant also where a provider says otherwise.
    pub overrule: bool,
    /// Whether newcomers are told how they log in.
    pub welcome: bool,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Created,
    /// It was there and differed.
    Changed,
    /// It was there and did not differ.
    Unchanged,
    /// Somebody new who waits for a seat, or somebody who came to wait for one.
    Parked,
}

/// What became of a row, and the id of what it is about.
pub type Outcome = Result<(What, Uuid), CommandError>;

/// A batch of rows. A row that is refused leaves the others alone. Where one is refused after it had begun, the whole
/// batch is: bring each in alone then.
pub struct Import {
    /// Where.
    pub workspace: WorkspaceId,
    /// What.
    pub rows: Arc<[Row]>,
    /// On whose behalf.
    pub manner: Manner,
}

impl Command for Import {
    type Output = Vec<Outcome>;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "import"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Vec<Outcome>, CommandError> {
        change.workspace().await?;
        change.set_welcome(self.manner.welcome);
        let mut batch = Batch { workspace: self.workspace, manner: self.manner, teams: None };
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for row in self.rows.iter() {
            let mark = change.tx.mark();
            outcomes.push(match batch.row(change, row).await {
                Err(error @ CommandError::Store(_)) => return Err(error),
                Err(error) if change.tx.wrote_since(&mark) => return Err(error),
                outcome => outcome,
            });
        }
        Ok(outcomes)
    }
}

/// What the rows of a batch share.
struct Batch {
    workspace: WorkspaceId,
    manner: Manner,
    /// The teams by their folded names, once one was asked for.
    teams: Option<HashMap<String, TeamId>>,
}

impl Batch {
    async fn row(&mut self, change: &mut Change<'_>, row: &Row) -> Outcome {
        match row {
            Row::Role(row) => self.role(change, row).await,
            Row::Team(row) => self.team(change, row).await,
            Row::User(row) => self.user(change, row).await,
            Row::Manager { user, manager } => self.manager(change, *user, *manager).await,
            Row::Group(profile) => self.group(change, profile).await,
            Row::Rule(row) => self.rule(change, row).await,
            Row::Members { group, members } => self.members(change, *group, members).await,
            Row::Membership(row) => self.membership(change, row).await,
        }
    }

    /// The team of that name.
    async fn team_named(&mut self, change: &mut Change<'_>, name: &str) -> Result<TeamId, CommandError> {
        if self.teams.is_none() {
            let teams = store::teams::of_workspace(change.tx, self.workspace).await?;
            self.teams = Some(teams.into_iter().map(|(team, _)| (text::fold(&team.name), team.id)).collect());
        }
        let found = self.teams.as_ref().and_then(|teams| teams.get(&text::fold(name)).copied());
        found
            .ok_or_else(|| CommandError::Invalid { attribute: "teams", detail: format!("there is no team \"{name}\"") })
    }
}

/// Changed where more was recorded than before.
fn since(change: &Change<'_>, before: usize) -> What {
    if change.recorded() > before { What::Changed } else { What::Unchanged }
}
