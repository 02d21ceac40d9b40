//! Roles, teams, groups, rules and who belongs to what, brought in.

use std::collections::{BTreeMap, BTreeSet};

use super::{Batch, Outcome, What, since};
use crate::command::groups::{CreateGroup, EditGroup};
use crate::command::roles::{CreateRole, UpdateRole};
use crate::command::rules::ForGroup;
use crate::command::ruleset::{Applied, ApplyRules, WantedRule};
use crate::command::teams::{AddToTeam, CreateTeam, UpdateTeam};
use crate::command::{Change, Command, CommandError, evaluate, people};
use crate::domain::group::{GroupProfile, MemberEdit, NewMember};
use crate::domain::permission::Permissions;
use crate::domain::team::{Strategy, TeamRole, TeamSource};
use crate::domain::version::Expected;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, UserId};
use crate::store;
use crate::text;

/// A role.
#[derive(Debug, Clone)]
pub struct RoleRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What its holders may do; nothing is said of a built-in role.
    pub permissions: Option<Permissions>,
    /// Whether new users get it when nothing says otherwise.
    pub is_default: bool,
}

/// A team.
#[derive(Debug, Clone)]
pub struct TeamRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How conversations are dealt out.
    pub strategy: Strategy,
    /// Whether they are dealt out at all.
    pub is_active: bool,
}

/// A rule, its role and teams by name.
#[derive(Debug, Clone)]
pub struct RuleRow {
    /// For whom.
    pub group: ForGroup,
    /// The role that it gives.
    pub role: Option<String>,
    /// Of several rules with a role, the one with the highest priority decides.
    pub priority: i64,
    /// The teams that it gives.
    pub teams: Vec<(String, TeamRole)>,
}

/// Somebody in a team, or kept out of it.
#[derive(Debug, Clone)]
pub struct MembershipRow {
    /// The team's name.
    pub team: String,
    /// Who.
    pub user: UserId,
    /// What they are there.
    pub role: TeamRole,
    /// Whether they are kept out.
    pub kept_out: bool,
}

impl Batch {
    pub(super) async fn role(&self, change: &mut Change<'_>, row: &RoleRow) -> Outcome {
        let (workspace, before) = (self.workspace, change.recorded());
        let roles = change.tx.roles(workspace).await?;
        let old = roles.iter().find(|role| text::same(&role.name, &row.name)).map(|role| (role.id, role.is_system));
        let is_default = row.is_default.then_some(true);
        match (old, row.permissions) {
            (Some((id, is_system)), permissions) => {
                let description = (!is_system).then(|| row.description.clone());
                let permissions = permissions.filter(|_| !is_system);
                UpdateRole { workspace, id, name: None, description, permissions, is_default }.run(change).await?;
                Ok((since(change, before), id.0))
            }
            (None, Some(permissions)) => {
                let (id, name, description) = (RoleId::fresh(), row.name.clone(), row.description.clone());
                let is_default = row.is_default;
                CreateRole { workspace, id, name, description, permissions, is_default }.run(change).await?;
                Ok((What::Created, id.0))
            }
            (None, None) => Err(CommandError::Invalid {
                attribute: "role",
                detail: format!("there is no built-in role \"{}\"", row.name),
            }),
        }
    }

    pub(super) async fn team(&mut self, change: &mut Change<'_>, row: &TeamRow) -> Outcome {
        let (workspace, before) = (self.workspace, change.recorded());
        let (description, strategy) = (row.description.clone(), row.strategy);
        let old = match self.team_named(change, &row.name).await {
            Ok(id) => Some(id),
            Err(CommandError::Invalid { .. }) => None,
            Err(error) => return Err(error),
        };
        let id = old.unwrap_or_else(TeamId::fresh);
        if old.is_none() {
            self.teams = None;
            let name = row.name.clone();
            CreateTeam { workspace, id, name, description: description.clone(), strategy }.run(change).await?;
        }
        let (description, strategy, is_active) = (Some(description), Some(strategy), Some(row.is_active));
        UpdateTeam { workspace, id, name: None, description, strategy, is_active }.run(change).await?;
        Ok((if old.is_none() { What::Created } else { since(change, before) }, id.0))
    }

    pub(super) async fn group(&self, change: &mut Change<'_>, profile: &GroupProfile) -> Outcome {
        let (workspace, before) = (self.workspace, change.recorded());
        let mut old = None;
        if let Some(external_id) = &profile.external_id {
            old = store::groups::find_by_external_id(change.tx, workspace, external_id).await?;
        }
        if old.is_none() {
            let called = store::groups::namesakes(change.tx, workspace, &profile.display_name_key()).await?;
            let same =
                |id: &Option<String>| id.is_none() || profile.external_id.is_none() || *id == profile.external_id;
            let mut called = called.into_iter().filter(|group| same(&group.profile.external_id));
            old = called.next().filter(|_| called.next().is_none());
        }
        let Some(old) = old else {
            let (id, profile) = (GroupId::fresh(), profile.clone());
            CreateGroup { workspace, id, profile, members: Vec::new() }.run(change).await?;
            return Ok((What::Created, id.0));
        };
        let mut wanted = profile.clone();
        wanted.external_id = wanted.external_id.or_else(|| old.profile.external_id.clone());
        let edit = Box::new(move |_: &_| Ok(wanted.clone()));
        EditGroup { workspace, id: old.id, expected: Expected::Any, edit, members: Vec::new() }.run(change).await?;
        Ok((since(change, before), old.id.0))
    }

    pub(super) async fn members(&self, change: &mut Change<'_>, group: GroupId, members: &[NewMember]) -> Outcome {
        let (workspace, before) = (self.workspace, change.recorded());
        let edit = Box::new(|group: &crate::domain::group::Group| Ok(group.profile.clone()));
        let members = vec![MemberEdit::Add(members.to_vec())];
        EditGroup { workspace, id: group, expected: Expected::Any, edit, members }.run(change).await?;
        Ok((since(change, before), group.0))
    }

    pub(super) async fn rule(&mut self, change: &mut Change<'_>, row: &RuleRow) -> Outcome {
        let mut teams = BTreeMap::new();
        for (name, role) in &row.teams {
            teams.insert(self.team_named(change, name).await?, *role);
        }
        let role = match &row.role {
            None => None,
            Some(name) => Some(super::people::role_named(change, self.workspace, name).await?.id),
        };
        let wanted = WantedRule {
            label: "rule".into(),
            group: row.group.clone(),
            role,
            priority: row.priority,
            teams,
            // Whoever can bring in a whole workspace has read what it gives.
            grants_admin: true,
        };
        let command = ApplyRules { workspace: self.workspace, rules: vec![wanted], prune: false };
        let Applied { created, changed, .. } = command.run(change).await?;
        let what = match (created, changed) {
            (0, 0) => What::Unchanged,
            (0, _) => What::Changed,
            _ => What::Created,
        };
        Ok((what, RuleId::fresh().0))
    }

    pub(super) async fn membership(&mut self, change: &mut Change<'_>, row: &MembershipRow) -> Outcome {
        let (workspace, before) = (self.workspace, change.recorded());
        let team = self.team_named(change, &row.team).await?;
        if !row.kept_out {
            AddToTeam { workspace, team, user: row.user, role: row.role }.run(change).await?;
            return Ok((since(change, before), row.user.0));
        }
        let user = people::existing(change, workspace, row.user).await?;
        let held = store::teams::membership(change.tx, team, row.user).await?;
        if held.is_some_and(|held| held.source() == TeamSource::KeptOut) {
            return Ok((What::Unchanged, row.user.0));
        }
        let now = change.now;
        store::teams::put(change.tx, team, row.user, row.role, TeamSource::KeptOut, now).await?;
        let left = BTreeSet::from([team]);
        change.record(&evaluate::team_change(row.user, &user.full_name(), &BTreeMap::new(), &left));
        Ok((What::Changed, row.user.0))
    }
}
