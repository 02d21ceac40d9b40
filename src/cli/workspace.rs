//! `workspace create`, `workspace set`, `workspace list`.

use clap::{Args, Subcommand};

use super::out::{say, write};
use super::table::table;
use super::{At, CliError, one_of};
use crate::command::workspaces::{CreateWorkspace, UpdateWorkspace};
use crate::domain::access::Actor;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::store::workspaces;

const POLICIES: &[(&str, SeatPolicy)] =
    &[("reject", SeatPolicy::Reject), ("park", SeatPolicy::Park), ("overage", SeatPolicy::Overage)];

#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Make a workspace, with nobody in it
    Create(Create),
    /// Change a workspace's plan, seats or policies; who waits for a seat that this frees gets it at once
    #[command(alias = "update")]
    Set(Set),
    /// List the workspaces and their seats
    List,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Its name, unique
    name: String,
    /// Its plan: free-trial (1 seat), growth (5), scale (10), or one of your own file of plans
    #[arg(long)]
    plan: String,
    /// Seats of its own, instead of the plan's
    #[arg(long, value_name = "N")]
    seats: Option<i64>,
    /// What happens when every seat is taken: reject the user, park them until a seat frees, or allow it as overage
    #[arg(long, value_name = "reject|park|overage", default_value = "reject", value_parser = one_of(POLICIES))]
    seat_policy: SeatPolicy,
}

#[derive(Debug, Args)]
pub struct Set {
    /// Its name
    name: String,
    /// Another plan
    #[arg(long)]
    plan: Option<String>,
    /// Seats of its own, or `plan` for the plan's
    #[arg(long, value_name = "N|plan", value_parser = seats)]
    seats: Option<SeatsOf>,
    /// What happens when every seat is taken
    #[arg(long, value_name = "reject|park|overage", value_parser = one_of(POLICIES))]
    seat_policy: Option<SeatPolicy>,
    /// Whether identity providers may set passwords
    #[arg(long, value_name = "accept|refuse", value_parser = one_of(&[("accept", true), ("refuse", false)]))]
    scim_passwords: Option<bool>,
    /// For how many days the audit log is kept
    #[arg(long, value_name = "N|forever", value_parser = days)]
    audit_days: Option<DaysOf>,
}

/// A number of days, or no end.
#[derive(Debug, Clone, Copy)]
struct DaysOf(Option<i64>);

fn days(text: &str) -> Result<DaysOf, String> {
    if text == "forever" {
        return Ok(DaysOf(None));
    }
    text.parse().map(|number| DaysOf(Some(number))).map_err(|_| "must be a number or forever".into())
}

/// A number of seats, or the plan's.
#[derive(Debug, Clone, Copy)]
struct SeatsOf(Option<i64>);

fn seats(text: &str) -> Result<SeatsOf, String> {
    if text == "plan" {
        return Ok(SeatsOf(None));
    }
    text.parse().map(|number| SeatsOf(Some(number))).map_err(|_| "must be a number or plan".into())
}

impl WorkspaceCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Create(create) => {
                let name = WorkspaceName::parse(&create.name).map_err(CliError::Said)?;
                let Create { plan, seats, seat_policy, .. } = create;
                let command = CreateWorkspace { name, plan, seats, seat_policy };
                let made = at.commands.execute(&Actor::operator(), command).await?;
                say!("{}", described(at, &made))?;
            }
            Self::Set(set) => {
                let id = at.workspace(&set.name).await?.id;
                let Set { plan, seats, seat_policy, scim_passwords, audit_days, .. } = set;
                let (seats, audit_days) = (seats.map(|seats| seats.0), audit_days.map(|days| days.0));
                let command = UpdateWorkspace { id, plan, seats, seat_policy, scim_passwords, audit_days };
                let changed = at.commands.execute(&Actor::operator(), command).await?;
                say!("{}", described(at, &changed))?;
            }
            Self::List => {
                let mut rows = Vec::new();
                let mut conn = at.store.read().await?;
                for workspace in workspaces::list(&mut conn).await? {
                    let counted = workspaces::recount(&mut conn, workspace.id).await?;
                    let seats = workspace.seats(&at.plans);
                    rows.push(vec![
                        workspace.name.as_str().to_owned(),
                        workspace.plan_title(&at.plans).to_owned(),
                        format!("{} of {}", seats.used, seats.limit),
                        counted.waiting.to_string(),
                        workspace.seat_policy.name().to_owned(),
                        counted.protected.to_string(),
                        workspace.users.to_string(),
                        workspace.groups.to_string(),
                    ]);
                }
                write(format_args!(
                    "{}",
                    table(&["WORKSPACE", "PLAN", "SEATS", "WAITING", "POLICY", "PROTECTED", "USERS", "GROUPS"], &rows)
                ))?;
            }
        }
        Ok(())
    }
}

fn described(at: &At, workspace: &Workspace) -> String {
    let seats = workspace.seats(&at.plans);
    let (name, plan) = (workspace.name.as_str(), workspace.plan_title(&at.plans));
    format!(
        "Workspace {name}: plan {plan}, {} of {} seats used, policy {}.",
        seats.used,
        seats.limit,
        workspace.seat_policy.name()
    )
}
