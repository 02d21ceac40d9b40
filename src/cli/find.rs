//! What is named on the command line: a role, a team, a group or a rule, by its name or its id.

use super::{At, CliError};
use crate::command::CommandError;
use crate::domain::group::Group;
use crate::domain::role::Role;
use crate::domain::rule::Rule;
use crate::domain::team::{Team, TeamRole};
use crate::domain::workspace::Workspace;
use crate::ids::{GroupId, RoleId, RuleId, TeamId};
use crate::store::{Conn, groups, roles, rules, teams};
use crate::text::{printable, same};

impl At {
    /// The role of that name or id.
    pub(super) async fn role(&self, workspace: &Workspace, name: &str) -> Result<Role, CliError> {
        let all = roles::of_workspace(&mut self.store.read().await?, workspace.id).await?;
        let id = RoleId::parse(name);
        let found = all.iter().find(|role| Some(role.id) == id || same(&role.name, name)).cloned();
        found.ok_or_else(|| unknown("role", name, workspace, all.iter().map(|role| role.name.as_str())))
    }

    /// The team of that name or id.
    pub(super) async fn team(&self, workspace: &Workspace, name: &str) -> Result<Team, CliError> {
        let all = teams::of_workspace(&mut self.store.read().await?, workspace.id).await?;
        let id = TeamId::parse(name);
        let found = all.iter().find(|(team, _)| Some(team.id) == id || same(&team.name, name)).cloned();
        let names = all.iter().map(|(team, _)| team.name.as_str());
        found.map(|(team, _)| team).ok_or_else(|| unknown("team", name, workspace, names))
    }

    /// The team that a text such as `Night shift` or `Night shift:manager` names, and what one is there.
    pub(super) async fn team_and_role(
        &self,
        workspace: &Workspace,
        text: &str,
    ) -> Result<(TeamId, TeamRole), CliError> {
        let (name, role) = match text.rsplit_once(':') {
            Some((name, role)) if TeamRole::parse(role).is_some() => (name, TeamRole::parse(role)),
            _ => (text, None),
        };
        Ok((self.team(workspace, name).await?.id, role.unwrap_or(TeamRole::Agent)))
    }

    /// The rule of that id, else the one for the group of that name.
    pub(super) async fn rule(&self, workspace: &Workspace, name: &str) -> Result<Rule, CliError> {
        let all = rules::of_workspace(&mut self.store.read().await?, workspace.id).await?;
        if let Some(found) = RuleId::parse(name).and_then(|id| all.iter().find(|rule| rule.id == id)) {
            return Ok(found.clone());
        }
        let mut found = all.iter().filter(|rule| same(&rule.group_name, name));
        match (found.next(), found.next()) {
            (Some(rule), None) => Ok(rule.clone()),
            (Some(_), Some(_)) => Err(CliError::Said(format!(
                "several rules are for groups called \"{}\"; give an id, see `rule list`",
                printable(name)
            ))),
            (None, _) => Err(CliError::Said(format!(
                "there is no rule \"{}\" in {}; see `rule list`",
                printable(name),
                workspace.name.as_str()
            ))),
        }
    }
}

/// The group of that id, else the one of that name.
pub(super) async fn group(conn: &mut Conn, workspace: &Workspace, group: &str) -> Result<Group, CliError> {
    if let Some(id) = GroupId::parse(group)
        && let Some(found) = groups::find(conn, workspace.id, id).await?
    {
        return Ok(found);
    }
    let mut namesakes = groups::namesakes(conn, workspace.id, &crate::text::fold(group)).await?;
    let (name, here) = (printable(group), workspace.name.as_str());
    match (namesakes.pop(), namesakes.len() + 1) {
        (None, _) => Err(CliError::Said(format!("there is no group \"{name}\" in {here}; see `group list`"))),
        (Some(only), 1) => Ok(only),
        (Some(_), several) => Err(CliError::Said(format!(
            "{several} groups of {here} are called \"{name}\"; give an id, see `group list`"
        ))),
    }
}

fn unknown<'n>(kind: &str, name: &str, workspace: &Workspace, known: impl Iterator<Item = &'n str>) -> CliError {
    let known: Vec<_> = known.map(printable).collect();
    let known = if known.is_empty() { "there is none yet".into() } else { format!("there are {}", known.join(", ")) };
    CliError::Said(format!("there is no {kind} \"{}\" in {}; {known}", printable(name), workspace.name.as_str()))
}

/// A refusal that the flag `--overrule` lifts, in the command line's words.
pub(super) fn overrulable(error: CommandError) -> CliError {
    match error {
        CommandError::Owned { field, detail } => {
            CliError::Said(format!("{field}: {detail}; give --overrule to do it all the same, and keep it"))
        }
        other => other.into(),
    }
}
