//! The teams of somebody: put in by hand, taken out, left to the rules.

use std::borrow::Cow;

use super::parts::{self, Choice};
use super::person;
use crate::command::memberships::{OfPerson, stamp};
use crate::command::teams::{AddToTeam, ReleaseFromTeam, RemoveFromTeam};
use crate::command::{Command, CommandError, Unchanged};
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::user::User;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::Frame;
use crate::ids::TeamId;
use crate::query::explanation::{Explanation, TeamReason};
use crate::store::{Conn, StoreError};

/// A membership, for people.
pub struct Membership {
    /// The team.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What they are there.
    pub kind: String,
    /// Why.
    pub why: String,
    /// Whether a rule gives it.
    pub is_given: bool,
    /// Whether they can be taken out.
    pub may_remove: bool,
    /// Whether it was decided by hand and can be left to the rules.
    pub may_release: bool,
}

impl Membership {
    fn of(frame: &Frame, reason: &TeamReason) -> Self {
        let (groups, is_given) = (reason.groups.join(", "), !reason.groups.is_empty());
        let why = match reason.source {
            TeamSource::Hand if is_given => frame.fill("users-team-hand-too").with("groups", groups).to_string(),
            TeamSource::Hand => frame.say("users-team-hand").into_owned(),
            TeamSource::Rule => frame.fill("users-team-rule").with("groups", groups).to_string(),
            TeamSource::KeptOut => frame.fill("users-team-kept-out").with("groups", groups).to_string(),
        };
        let kind = match (reason.source, reason.role) {
            (TeamSource::KeptOut, _) => "users-team-out",
            (_, TeamRole::Agent) => "users-team-agent",
            (_, TeamRole::Manager) => "users-team-manager",
        };
        Self {
            id: reason.team.to_string(),
            name: reason.name.clone(),
            kind: frame.say(kind).into_owned(),
            why,
            is_given,
            may_remove: reason.source != TeamSource::KeptOut,
            may_release: reason.source == TeamSource::KeptOut || reason.source == TeamSource::Hand && is_given,
        }
    }
}

/// The teams of somebody, for people.
#[derive(Default)]
pub struct Teams {
    /// Those that they are in, or are kept out of.
    pub memberships: Vec<Membership>,
    /// Those that they could be put into.
    pub others: Vec<Choice>,
    /// Whether they are to lead the one that is chosen.
    pub leads: bool,
    /// Of which state of all of them the forms are made.
    pub seen: String,
}

impl Teams {
    /// What they are in each of them now, for whoever saw something else.
    pub fn stands(&self, frame: &Frame) -> Vec<(Cow<'static, str>, String)> {
        if self.memberships.is_empty() {
            return vec![frame.stand("users-teams", "")];
        }
        self.memberships.iter().map(|one| (Cow::Owned(one.name.clone()), one.kind.clone())).collect()
    }
}

/// The teams of somebody. What was chosen in the form stays so.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of(asked: &Asked, conn: &mut Conn, frame: &Frame, explanation: &Explanation) -> Result<Teams, StoreError> {
    if !frame.may("teams:read") {
        return Ok(Teams::default());
    }
    let memberships: Vec<Membership> = explanation.teams.iter().map(|reason| Membership::of(frame, reason)).collect();
    let mut others = parts::teams(conn, frame, asked.text("team")).await?;
    others.retain(|choice| memberships.iter().all(|one| one.id != choice.id || !one.may_remove));
    let seen = stamp(explanation.teams.iter().map(|one| (one.team, one.role, one.source))).to_string();
    Ok(Teams { memberships, others, leads: asked.text("kind") == TeamRole::Manager.name(), seen })
}

fn team(asked: &Asked) -> Result<TeamId, CommandError> {
    asked.field("team").and_then(TeamId::parse).ok_or(CommandError::NotFound)
}

/// Makes the change, as long as the teams of that person are what the form was made of.
async fn execute(asked: &Asked, user: &User, command: impl Command<Output = ()>, done: &str) -> Answer {
    let command = OfPerson { user: user.id, command };
    let outcome = asked.execute(Unchanged { command, seen: Stamp::sent(asked.text("seen")) }).await;
    person::after(asked, user, outcome, done).await
}

/// `POST /settings/users/{id}/teams/add`
pub async fn add(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let role = asked.field("kind").and_then(TeamRole::parse).unwrap_or(TeamRole::Agent);
    let command = AddToTeam { workspace: user.workspace_id, team: team(&asked)?, user: user.id, role };
    execute(&asked, &user, command, "joined").await
}

/// `POST /settings/users/{id}/teams/remove`
pub async fn remove(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let (team, overrule) = (team(&asked)?, asked.is_on("overrule"));
    execute(&asked, &user, RemoveFromTeam { workspace: user.workspace_id, team, user: user.id, overrule }, "left").await
}

/// `POST /settings/users/{id}/teams/release`
pub async fn release(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let command = ReleaseFromTeam { workspace: user.workspace_id, team: team(&asked)?, user: user.id };
    execute(&asked, &user, command, "released").await
}
