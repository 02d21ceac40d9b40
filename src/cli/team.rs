//! `team …`: teams, and who belongs to them.

use clap::{Args, Subcommand};

use super::find::overrulable;
use super::out::{say, write};
use super::table::table;
use super::token::when;
use super::user::BOOLEANS;
use super::{At, CliError, one_of};
use crate::command::CommandError;
use crate::command::teams::{AddToTeam, CreateTeam, DeleteTeam, ReleaseFromTeam, RemoveFromTeam, UpdateTeam};
use crate::domain::access::Actor;
use crate::domain::team::{Strategy, Team, TeamRole, TeamSource};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::ids::TeamId;
use crate::store::teams;

const STRATEGIES: &[(&str, Strategy)] =
    &[("round_robin", Strategy::RoundRobin), ("load_balanced", Strategy::LoadBalanced), ("manual", Strategy::Manual)];
const ROLES: &[(&str, TeamRole)] = &[("agent", TeamRole::Agent), ("manager", TeamRole::Manager)];

const CREATE_HELP: &str = "\
Example:
  aisoule-bridge team create \"Night shift\" --workspace Acme --strategy load_balanced";

const EDIT_HELP: &str = "\
Example:
  aisoule-bridge team edit \"Night shift\" --workspace Acme --name Nights --active false";

const ADD_HELP: &str = "\
Whoever is added by hand stays, whatever the rules say.

Examples:
  aisoule-bridge team add \"Night shift\" anna@acme.org --workspace Acme
  aisoule-bridge team add \"Night shift\" anna@acme.org --workspace Acme --role manager";

const REMOVE_HELP: &str = "\
Where a rule gives the team to a group that the person is in, say --overrule:
they are kept out then, until `team release`.

Example:
  aisoule-bridge team remove \"Night shift\" anna@acme.org --workspace Acme";

#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// List a workspace's teams
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Make a team
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// Change a team
    #[command(after_help = EDIT_HELP)]
    Edit(Edit),
    /// Delete a team that no rule gives; its members stay what they are
    Delete(Which),
    /// List a team's members, and why they are
    Members(Which),
    /// Put somebody into a team by hand
    #[command(after_help = ADD_HELP)]
    Add {
        #[command(flatten)]
        member: Member,
        /// What they are there
        #[arg(long, value_name = "agent|manager", default_value = "agent", value_parser = one_of(ROLES))]
        role: TeamRole,
    },
    /// Take somebody out of a team by hand
    #[command(after_help = REMOVE_HELP)]
    Remove {
        #[command(flatten)]
        member: Member,
        /// That it is meant where a rule gives them the team
        #[arg(long)]
        overrule: bool,
    },
    /// Leave somebody's membership of a team to the rules again
    Release(Member),
}

#[derive(Debug, Args)]
pub struct Which {
    /// The team, by name or id
    team: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
}

#[derive(Debug, Args)]
pub struct Member {
    #[command(flatten)]
    which: Which,
    /// The user, by address, userName or id
    #[arg(value_name = "NAME")]
    user: String,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Its name, unique
    name: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// How conversations are dealt out: to each in turn, to whoever has the fewest, or by hand
    #[arg(long, value_name = "round_robin|load_balanced|manual", default_value = "round_robin", value_parser = one_of(STRATEGIES))]
    strategy: Strategy,
}

#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    which: Which,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another description
    #[arg(long)]
    description: Option<String>,
    /// Another way of dealing out conversations
    #[arg(long, value_name = "round_robin|load_balanced|manual", value_parser = one_of(STRATEGIES))]
    strategy: Option<Strategy>,
    /// Whether conversations are dealt out to it
    #[arg(long, value_name = "true|false", value_parser = one_of(BOOLEANS))]
    active: Option<bool>,
}

impl Which {
    async fn find(&self, at: &At) -> Result<(Workspace, Team), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let team = at.team(&workspace, &self.team).await?;
        Ok((workspace, team))
    }
}

impl Member {
    async fn find(&self, at: &At) -> Result<(Workspace, Team, User), CliError> {
        let (workspace, team) = self.which.find(at).await?;
        let user = at.user(&workspace, &self.user).await?;
        Ok((workspace, team, user))
    }
}

impl TeamCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let operator = Actor::operator();
        match self {
            Self::List { workspace } => list(at, &workspace).await,
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?.id;
                let Create { name, description, strategy, .. } = create;
                let command = CreateTeam { workspace, id: TeamId::fresh(), name, description, strategy };
                say!("{}", told(&at.commands.execute(&operator, command).await?))
            }
            Self::Edit(edit) => {
                let (workspace, team) = edit.which.find(at).await?;
                let Edit { name, description, strategy, active: is_active, .. } = edit;
                let command =
                    UpdateTeam { workspace: workspace.id, id: team.id, name, description, strategy, is_active };
                say!("{}", told(&at.commands.execute(&operator, command).await?))
            }
            Self::Delete(which) => {
                let (workspace, team) = which.find(at).await?;
                at.commands.execute(&operator, DeleteTeam { workspace: workspace.id, id: team.id }).await?;
                say!("Deleted the team {}.", team.name)
            }
            Self::Members(which) => members(at, &which).await,
            Self::Add { member, role } => {
                let (workspace, team, user) = member.find(at).await?;
                let command = AddToTeam { workspace: workspace.id, team: team.id, user: user.id, role };
                at.commands.execute(&operator, command).await?;
                say!("{} is in {} as {}.", crate::text::printable(&user.full_name()), team.name, role.name())
            }
            Self::Remove { member, overrule } => {
                let (workspace, team, user) = member.find(at).await?;
                let command = RemoveFromTeam { workspace: workspace.id, team: team.id, user: user.id, overrule };
                let done = at.commands.execute(&operator, command).await;
                done.map_err(|error| no_member(error, &user, &team, "is no member of"))?;
                say!("{} is no longer in {}.", crate::text::printable(&user.full_name()), team.name)
            }
            Self::Release(member) => {
                let (workspace, team, user) = member.find(at).await?;
                let command = ReleaseFromTeam { workspace: workspace.id, team: team.id, user: user.id };
                let done = at.commands.execute(&operator, command).await;
                done.map_err(|error| no_member(error, &user, &team, "is neither put into nor kept out of"))?;
                say!("The rules decide whether {} is in {}.", crate::text::printable(&user.full_name()), team.name)
            }
        }
    }
}

fn no_member(error: CommandError, user: &User, team: &Team, what: &str) -> CliError {
    match error {
        CommandError::NotFound => CliError::Said(format!("{} {what} {}", user.full_name(), team.name)),
        other => overrulable(other),
    }
}

async fn list(at: &At, workspace: &str) -> Result<(), CliError> {
    let workspace = at.workspace(workspace).await?;
    let mut conn = at.store.read().await?;
    let mut rows = Vec::new();
    for (team, members) in teams::of_workspace(&mut conn, workspace.id).await? {
        let rules = teams::rules(&mut conn, team.id).await?;
        let state = if team.is_active { "active" } else { "inactive" }.to_owned();
        let (members, rules, strategy) = (members.to_string(), rules.to_string(), team.strategy.name().to_owned());
        rows.push(vec![team.name, members, rules, strategy, state, team.description, team.id.to_string()]);
    }
    let heading = ["TEAM", "MEMBERS", "RULES", "STRATEGY", "STATE", "DESCRIPTION", "ID"];
    write(format_args!("{}", table(&heading, &rows)))
}

async fn members(at: &At, which: &Which) -> Result<(), CliError> {
    let (_, team) = which.find(at).await?;
    let members = teams::members(&mut at.store.read().await?, team.id).await?;
    let row = |member: &teams::MemberRow| {
        let because = if member.source == TeamSource::Rule.name() { "a rule" } else { "a hand" };
        let available = match (member.is_active, member.is_available) {
            (false, _) => "inactive",
            (true, true) => "available",
            (true, false) => "unavailable",
        };
        let role = member.kind.clone();
        vec![
            member.name.clone(),
            member.email.clone(),
            role,
            because.into(),
            available.into(),
            when(Some(member.added_at)),
        ]
    };
    let rows: Vec<_> = members.iter().map(row).collect();
    write(format_args!("{}", table(&["NAME", "EMAIL", "ROLE", "BECAUSE OF", "STATE", "SINCE"], &rows)))
}

fn told(team: &Team) -> String {
    let state = if team.is_active { "" } else { ", inactive" };
    format!("Team {}, {}{state}.", team.name, team.strategy.name())
}
