//! `rule …`: what a group gives to those who are in it.

use clap::{ArgGroup, Args, Subcommand};

use super::foresee::foresee;
use super::out::{say, write};
use super::table::table;
use super::{At, CliError};
use crate::command::rules::{CreateRule, DeleteRule, ForGroup, UpdateRule};
use crate::command::{Command, CommandError};
use crate::domain::access::Actor;
use crate::domain::rule::Rule;
use crate::domain::workspace::Workspace;
use crate::ids::{GroupId, RuleId};
use crate::store::{roles, rules, teams};

const CREATE_HELP: &str = "\
A rule for a group that there is not yet waits for the first one of that name,
and stays with it. Of several rules with a role the highest priority decides.

Examples:
  aisoule-bridge rule create --workspace Acme --group Support --role agent --preview
  aisoule-bridge rule create --workspace Acme --group Leads --role manager --priority 20 \\
      --team \"Night shift:manager\" --team Day
  aisoule-bridge rule create --workspace Acme --group Directors --role admin --grants-admin";

const EDIT_HELP: &str = "\
--team replaces all teams of the rule. The group stays for ever: for another
one, make another rule.

Examples:
  aisoule-bridge rule edit Support --workspace Acme --priority 30 --preview
  aisoule-bridge rule edit Support --workspace Acme --no-role --team \"Night shift\"";

const DELETE_HELP: &str = "\
Whoever had a role or a team because of it gets what the other rules give.

Example:
  aisoule-bridge rule delete Support --workspace Acme --preview";

#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// List a workspace's rules, the one that decides first at the top
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Make a rule
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// Change what a rule gives
    #[command(after_help = EDIT_HELP)]
    Edit(Edit),
    /// Delete a rule
    #[command(after_help = DELETE_HELP)]
    Delete {
        #[command(flatten)]
        which: Which,
        /// Only say who would change
        #[arg(long)]
        preview: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("for").required(true).args(["group", "group_id"]))]
pub struct Create {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// The group, by its name
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// The group, by its id
    #[arg(long, value_name = "ID")]
    group_id: Option<String>,
    /// The role that it gives, by name or id
    #[arg(long)]
    role: Option<String>,
    /// Of several rules with a role, the one with the highest decides
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    priority: i64,
    /// A team that it gives, by name or id, as agent; with `:manager` at its end as manager
    #[arg(long = "team", value_name = "TEAM[:manager]")]
    teams: Vec<String>,
    /// That it is meant that everybody in the group becomes an Admin
    #[arg(long)]
    grants_admin: bool,
    /// Only say who would change
    #[arg(long)]
    preview: bool,
}

#[derive(Debug, Args)]
pub struct Which {
    /// The rule, by the name of its group or by its id
    rule: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct Edit {
    #[command(flatten)]
    which: Which,
    /// Another role, by name or id
    #[arg(long, conflicts_with = "no_role")]
    role: Option<String>,
    /// No role any more
    #[arg(long)]
    no_role: bool,
    /// Another priority
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i64>,
    /// All the teams that it gives from now on
    #[arg(long = "team", value_name = "TEAM[:manager]", conflicts_with = "no_teams")]
    teams: Vec<String>,
    /// No teams any more
    #[arg(long)]
    no_teams: bool,
    /// That it is meant that everybody in the group becomes an Admin
    #[arg(long)]
    grants_admin: bool,
    /// Only say who would change
    #[arg(long)]
    preview: bool,
}

impl RuleCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::List { workspace } => list(at, &workspace).await,
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?;
                let command = create.command(at, &workspace).await?;
                done(at, &workspace, command, create.preview, "Made").await
            }
            Self::Edit(edit) => {
                let workspace = at.workspace(&edit.which.workspace).await?;
                let command = edit.command(at, &workspace).await?;
                done(at, &workspace, command, edit.preview, "Changed").await
            }
            Self::Delete { which, preview } => {
                let workspace = at.workspace(&which.workspace).await?;
                let rule = at.rule(&workspace, &which.rule).await?;
                let command = DeleteRule { workspace: workspace.id, id: rule.id };
                if preview {
                    return foresee(at, &workspace, command).await;
                }
                at.commands.execute(&Actor::operator(), command).await?;
                say!("Deleted the rule for {}.", crate::text::printable(&rule.group_name))
            }
        }
    }
}

async fn done<C: Command<Output = Rule>>(
    at: &At,
    workspace: &Workspace,
    command: C,
    preview: bool,
    what: &str,
) -> Result<(), CliError> {
    if preview {
        return foresee(at, workspace, command).await.map_err(flagged);
    }
    let rule = at.commands.execute(&Actor::operator(), command).await.map_err(|error| flagged(error.into()))?;
    let waits = if rule.group.is_none() { ", which waits for a group of that name" } else { "" };
    say!("{what} the rule for {}{waits}: {}", crate::text::printable(&rule.group_name), rule.id)
}

/// The refusal of a rule that makes Admins, in the command line's words.
fn flagged(error: CliError) -> CliError {
    match error {
        CliError::Command(CommandError::Invalid { attribute: "grants_admin", .. }) => {
            CliError::Said("this makes everybody in the group an Admin; give --grants-admin where that is meant".into())
        }
        other => other,
    }
}

impl Create {
    async fn command(&self, at: &At, workspace: &Workspace) -> Result<CreateRule, CliError> {
        let group = match (&self.group_id, &self.group) {
            (Some(id), _) => ForGroup::Id(
                GroupId::parse(id)
                    .ok_or_else(|| CliError::Said(format!("\"{id}\" is no group's id; see `group list`")))?,
            ),
            (None, name) => ForGroup::Name(name.clone().unwrap_or_default()),
        };
        let mut teams = std::collections::BTreeMap::new();
        for team in &self.teams {
            teams.extend([at.team_and_role(workspace, team).await?]);
        }
        let role = match &self.role {
            Some(role) => Some(at.role(workspace, role).await?.id),
            None => None,
        };
        let (id, priority, grants_admin) = (RuleId::fresh(), self.priority, self.grants_admin);
        Ok(CreateRule { workspace: workspace.id, id, group, role, priority, teams, grants_admin })
    }
}

impl Edit {
    async fn command(&self, at: &At, workspace: &Workspace) -> Result<UpdateRule, CliError> {
        let id = at.rule(workspace, &self.which.rule).await?.id;
        let role = match &self.role {
            Some(role) => Some(Some(at.role(workspace, role).await?.id)),
            None => self.no_role.then_some(None),
        };
        let mut teams = std::collections::BTreeMap::new();
        for team in &self.teams {
            teams.extend([at.team_and_role(workspace, team).await?]);
        }
        let teams = (self.no_teams || !teams.is_empty()).then_some(teams);
        let (priority, grants_admin) = (self.priority, self.grants_admin);
        Ok(UpdateRule { workspace: workspace.id, id, role, priority, teams, grants_admin })
    }
}

async fn list(at: &At, workspace: &str) -> Result<(), CliError> {
    let workspace = at.workspace(workspace).await?;
    let mut conn = at.store.read().await?;
    let roles = roles::of_workspace(&mut conn, workspace.id).await?;
    let teams = teams::of_workspace(&mut conn, workspace.id).await?;
    let team = |id, role: crate::domain::team::TeamRole| {
        let name = teams.iter().find(|(team, _)| team.id == id).map(|(team, _)| team.name.as_str());
        format!("{} ({})", name.unwrap_or_default(), role.name())
    };
    let row = |rule: &Rule| {
        let role = roles.iter().find(|role| Some(role.id) == rule.role).map(|role| role.name.clone());
        let state = rule.group.map_or_else(|| "waits for the group".to_owned(), |id| id.to_string());
        let teams: Vec<_> = rule.teams.iter().map(|(id, role)| team(*id, *role)).collect();
        let priority = rule.priority.to_string();
        vec![rule.group_name.clone(), role.unwrap_or_default(), priority, teams.join(", "), state, rule.id.to_string()]
    };
    let rows: Vec<_> = rules::of_workspace(&mut conn, workspace.id).await?.iter().map(row).collect();
    write(format_args!("{}", table(&["GROUP", "ROLE", "PRIORITY", "TEAMS", "GROUP ID", "ID"], &rows)))
}
