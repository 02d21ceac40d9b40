//! Making, editing and deleting teams, and who belongs to them by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Change, Command, CommandError, Stamped, Subject, evaluate, people};
use crate::domain::event::{Event, difference};
use crate::domain::rule;
use crate::domain::team::{Strategy, Team, TeamRole, TeamSource};
use crate::domain::version::Stamp;
use crate::ids::{GroupId, TeamId, UserId, WorkspaceId};
use crate::store;

/// A new team.
pub struct CreateTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: TeamId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How conversations are dealt out.
    pub strategy: Strategy,
}

impl Command for CreateTeam {
    type Output = Team;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("team", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Team, CommandError> {
        change.workspace().await?;
        let team = Team {
            id: self.id,
            workspace_id: self.workspace,
            name: super::named("name", &self.name)?,
            description: super::described("description", &self.description)?,
            strategy: self.strategy,
            is_active: true,
            created_at: change.now,
            updated_at: change.now,
        };
        if !store::teams::insert(change.tx, &team).await? {
            return Err(CommandError::Clash { kind: "team", attribute: "name" });
        }
        change.record(&event("team.created", &team, difference(&json!({}), &described(&team))));
        Ok(team)
    }
}

/// Other terms for a team; what is `None` stays.
pub struct UpdateTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: TeamId,
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Another way of dealing out conversations.
    pub strategy: Option<Strategy>,
    /// Whether conversations are dealt out to it.
    pub is_active: Option<bool>,
}

impl Command for UpdateTeam {
    type Output = Team;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("team", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Team, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        let mut new = old.clone();
        if let Some(name) = &self.name {
            new.name = super::named("name", name)?;
        }
        if let Some(description) = &self.description {
            new.description = super::described("description", description)?;
        }
        new.strategy = self.strategy.unwrap_or(old.strategy);
        new.is_active = self.is_active.unwrap_or(old.is_active);
        if new == old {
            return Ok(old);
        }
        new.updated_at = change.now;
        if !store::teams::update(change.tx, &new).await? {
            return Err(CommandError::Clash { kind: "team", attribute: "name" });
        }
        change.record(&event("team.updated", &new, difference(&described(&old), &described(&new))));
        Ok(new)
    }
}

impl Stamped for UpdateTeam {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id).await?))
    }
}

/// The end of a team that no rule gives; its members stay what they are.
pub struct DeleteTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: TeamId,
}

impl Command for DeleteTeam {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("team", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let team = existing(change, self.workspace, self.id).await?;
        let rules = store::teams::rules(change.tx, self.id).await?;
        if rules > 0 {
            return Err(CommandError::InUse { kind: "team", name: team.name, users: 0, rules });
        }
        for member in store::teams::members(change.tx, self.id).await? {
            let left = BTreeSet::from([self.id]);
            change.record(&evaluate::team_change(UserId(member.user_id), &member.name, &BTreeMap::new(), &left));
        }
        store::teams::delete(change.tx, self.id).await?;
        change.record(&event("team.deleted", &team, difference(&described(&team), &json!({}))));
        Ok(())
    }
}

/// A user's being put into a team by hand, whatever the rules say.
pub struct AddToTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which team.
    pub team: TeamId,
    /// Who.
    pub user: UserId,
    /// What they are there.
    pub role: TeamRole,
}

impl Command for AddToTeam {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.add_member"
    }

    fn subject(&self) -> Subject {
        Subject::of("team", &self.team)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        existing(change, self.workspace, self.team).await?;
        let user = people::existing(change, self.workspace, self.user).await.map_err(|error| match error {
            CommandError::NotFound => {
                CommandError::Invalid { attribute: "user_id", detail: "there is no such user in this workspace".into() }
            }
            other => other,
        })?;
        let before = store::teams::membership(change.tx, self.team, self.user).await?;
        let is_same = |row: &store::teams::Membership| row.source() == TeamSource::Hand && row.role() == self.role;
        if before.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        let (team, at) = (self.team, change.now);
        store::teams::put(change.tx, team, self.user, self.role, TeamSource::Hand, at).await?;
        let joined = BTreeMap::from([(team, self.role)]);
        change.record(&evaluate::team_change(self.user, &user.full_name(), &joined, &BTreeSet::new()));
        Ok(())
    }
}

impl Stamped for AddToTeam {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        stamp_of_member(change, self.workspace, self.team, self.user).await
    }
}

/// A user's being taken out of a team by hand.
pub struct RemoveFromTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which team.
    pub team: TeamId,
    /// Who.
    pub user: UserId,
    /// Whether they are to be kept out although a rule would have them in.
    pub overrule: bool,
}

impl Command for RemoveFromTeam {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.remove_member"
    }

    fn subject(&self) -> Subject {
        Subject::of("team", &self.team)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        existing(change, self.workspace, self.team).await?;
        let membership = store::teams::membership(change.tx, self.team, self.user).await?;
        let member = membership.filter(|row| row.source() != TeamSource::KeptOut).ok_or(CommandError::NotFound)?;
        let user = people::existing(change, self.workspace, self.user).await?;
        if is_given(change, self.workspace, self.team, self.user).await? {
            if !self.overrule {
                return Err(CommandError::Owned {
                    field: "team",
                    detail: "a rule gives this team to a group that the person is in".into(),
                });
            }
            let (role, at) = (member.role(), change.now);
            store::teams::put(change.tx, self.team, self.user, role, TeamSource::KeptOut, at).await?;
        } else {
            store::teams::remove(change.tx, self.team, self.user).await?;
        }
        let left = BTreeSet::from([self.team]);
        change.record(&evaluate::team_change(self.user, &user.full_name(), &BTreeMap::new(), &left));
        Ok(())
    }
}

impl Stamped for RemoveFromTeam {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        stamp_of_member(change, self.workspace, self.team, self.user).await
    }
}

/// Leaves a user's membership of a team to the rules again.
pub struct ReleaseFromTeam {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which team.
    pub team: TeamId,
    /// Who.
    pub user: UserId,
}

impl Command for ReleaseFromTeam {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "team.release_member"
    }

    fn subject(&self) -> Subject {
        Subject::of("team", &self.team)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        existing(change, self.workspace, self.team).await?;
        let membership = store::teams::membership(change.tx, self.team, self.user).await?;
        let kept = membership.filter(|row| row.source() != TeamSource::Rule).ok_or(CommandError::NotFound)?;
        let user = people::existing(change, self.workspace, self.user).await?;
        store::teams::remove(change.tx, self.team, self.user).await?;
        if kept.source() == TeamSource::Hand {
            let left = BTreeSet::from([self.team]);
            change.record(&evaluate::team_change(self.user, &user.full_name(), &BTreeMap::new(), &left));
        }
        evaluate::evaluate(change, &[self.user.0]).await
    }
}

impl Stamped for ReleaseFromTeam {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        stamp_of_member(change, self.workspace, self.team, self.user).await
    }
}

/// Whether the rules give a team to a user.
async fn is_given(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    team: TeamId,
    user: UserId,
) -> Result<bool, CommandError> {
    let nested = change.workspace().await?.nested > 0;
    let rules = change.tx.rules(workspace).await?;
    let rows = store::rules::belongings(change.tx, workspace, &[user.0], nested).await?;
    let groups = rows.into_iter().map(|row| GroupId(row.group_id)).collect();
    Ok(rule::given(&rules, &groups).teams.contains_key(&team))
}

/// The team of that id, of this workspace.
pub(super) async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: TeamId,
) -> Result<Team, CommandError> {
    change.workspace().await?;
    Ok(store::teams::find(change.tx, workspace, id).await?.ok_or(CommandError::NotFound)?.0)
}

/// In which state a team's terms are.
#[must_use]
pub fn stamp(team: &Team) -> Stamp {
    Stamp::of(&described(team))
}

/// In which state somebody's membership of a team is: what they are and why; none: they are no member.
#[must_use]
pub fn membership_stamp(membership: Option<(TeamRole, TeamSource)>) -> Stamp {
    Stamp::of(&json!(membership.map(|(role, source)| (role.name(), source.name()))))
}

async fn stamp_of_member(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    team: TeamId,
    user: UserId,
) -> Result<Stamp, CommandError> {
    existing(change, workspace, team).await?;
    let row = store::teams::membership(change.tx, team, user).await?;
    Ok(membership_stamp(row.map(|row| (row.role(), row.source()))))
}

fn event(name: &'static str, team: &Team, changes: Value) -> Event {
    Event::of("team", name, team.id.0, &team.name, changes)
}

fn described(team: &Team) -> Value {
    json!({
        "name": team.name,
        "description": team.description,
        "assignment_strategy": team.strategy,
        "is_active": team.is_active,
    })
}
