//! `rules plan`, `rules apply`, `rules export`: rules as code, in a file under version control.

mod file;

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use self::file::Known;
use super::foresee::{TeamNames, counted, people, team_names};
use super::out::{remark, say, write};
use super::{At, CliError};
use crate::command::Preview;
use crate::command::ruleset::ApplyRules;
use crate::domain::access::Actor;
use crate::domain::event::Event;
use crate::domain::workspace::Workspace;
use crate::store::{groups, roles, rules, teams};
use crate::text::{counted_as, printable};

const PLAN_HELP: &str = "\
Shows what `rules apply` would do, and to whom; changes nothing. A line begins
with + for a rule to make, ~ for one to change, - for one to delete.

Examples:
  aisoule-bridge rules plan rules.toml --workspace Acme
  aisoule-bridge rules plan rules.toml --workspace Acme --prune

config/rules.example.toml shows all that a file can say.";

const APPLY_HELP: &str = "\
All in one transaction: where one rule of the file can't be, none is applied. A
second time there is nothing to do.

Examples:
  aisoule-bridge rules apply rules.toml --workspace Acme
  aisoule-bridge rules apply rules.toml --workspace Acme --prune --yes";

const EXPORT_HELP: &str = "\
Example:
  aisoule-bridge rules export --workspace Acme > rules.toml";

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Show what a file of rules would change, and for whom
    #[command(after_help = PLAN_HELP)]
    Plan(Wanted),
    /// Make the rules those of a file
    #[command(after_help = APPLY_HELP)]
    Apply {
        #[command(flatten)]
        wanted: Wanted,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
    /// Write the file for the rules that there are, to stdout
    #[command(after_help = EXPORT_HELP)]
    Export {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

/// A file of rules, and for which workspace.
#[derive(Debug, Args)]
pub struct Wanted {
    /// The file
    file: PathBuf,
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// Delete the rules that the file does not name
    #[arg(long)]
    prune: bool,
}

impl RulesCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Plan(wanted) => wanted.plan(at).await.map(drop),
            Self::Apply { wanted, yes } => {
                if !wanted.plan(at).await? {
                    return Ok(());
                }
                if !yes {
                    confirmed()?;
                }
                let workspace = at.workspace(&wanted.workspace).await?;
                let command = wanted.command(at, &workspace, wanted.prune).await?;
                let done = at.commands.execute(&Actor::operator(), command).await?;
                say!("Applied: {} added, {} changed, {} deleted.", done.created, done.changed, done.deleted)
            }
            Self::Export { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let known = known(at, &workspace).await?;
                let mut conn = at.store.read().await?;
                let rules = rules::of_workspace(&mut conn, workspace.id).await?;
                let mut bound = Vec::new();
                for id in rules.iter().filter_map(|rule| rule.group) {
                    bound.extend(groups::find(&mut conn, workspace.id, id).await?);
                }
                write(format_args!("{}", file::written(workspace.name.as_str(), &rules, &bound, &known)))
            }
        }
    }
}

async fn known(at: &At, workspace: &Workspace) -> Result<Known, CliError> {
    let mut conn = at.store.read().await?;
    let teams = teams::of_workspace(&mut conn, workspace.id).await?.into_iter().map(|(team, _)| team).collect();
    Ok(Known { roles: roles::of_workspace(&mut conn, workspace.id).await?, teams })
}

impl Wanted {
    async fn command(&self, at: &At, workspace: &Workspace, prune: bool) -> Result<ApplyRules, CliError> {
        let rules = file::read(&text(&self.file)?, &known(at, workspace).await?)?;
        Ok(ApplyRules { workspace: workspace.id, rules, prune })
    }

    /// Says what would change; false where nothing would.
    async fn plan(&self, at: &At) -> Result<bool, CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let names = team_names(at, &workspace).await?;
        let command = self.command(at, &workspace, self.prune).await?;
        let preview = at.commands.preview(&Actor::operator(), command).await?;
        let lines: Vec<String> = of_rules(&preview).filter_map(|event| line(event, &names)).collect();
        let count = |sign: &str| lines.iter().filter(|line| line.starts_with(sign)).count();
        if lines.is_empty() {
            say!("Nothing to do: the rules are what the file says.")?;
        } else {
            say!("{}\n", lines.join("\n"))?;
            let (adds, changes, deletes) = (count("+"), count("~"), count("-"));
            say!("{adds} to add, {changes} to change, {deletes} to delete; {}.", counted(preview.users()))?;
            people(&preview, &names)?;
        }
        if !self.prune {
            let pruned = at.commands.preview(&Actor::operator(), self.command(at, &workspace, true).await?).await;
            // Where pruning is refused, the file is none the worse for it.
            let beside =
                pruned.map_or(0, |preview| of_rules(&preview).filter(|event| event.name == "rule.deleted").count());
            if beside > 0 {
                remark(&format!(
                    "{} that the file does not name stays as it is; --prune deletes what is not named.",
                    counted_as(beside, "rule")
                ));
            }
        }
        Ok(!lines.is_empty())
    }
}

fn of_rules(preview: &Preview) -> impl Iterator<Item = &Event> {
    preview.events.iter().filter(|event| event.subject_kind == "rule")
}

/// One rule's difference, in a line.
fn line(event: &Event, names: &TeamNames) -> Option<String> {
    let shown = |name: &str, side: &str| {
        let value = event.changes.get(name)?.get(side)?;
        Some(match value {
            Value::String(text) => text.clone(),
            Value::Array(teams) if !teams.is_empty() => {
                teams.iter().map(|one| team(one, names)).collect::<Vec<_>>().join(", ")
            }
            Value::Null | Value::Array(_) => "none".into(),
            other => other.to_string(),
        })
    };
    let parts = |told: &dyn Fn(&str) -> Option<String>| {
        let parts = ["role", "priority", "teams"].iter().filter_map(|name| Some(format!("{name} {}", told(name)?)));
        parts.collect::<Vec<_>>().join(", ")
    };
    let (sign, told) = match event.name {
        "rule.created" => ("+", parts(&|name| shown(name, "new"))),
        "rule.updated" => ("~", parts(&|name| Some(format!("{} → {}", shown(name, "old")?, shown(name, "new")?)))),
        "rule.deleted" => ("-", parts(&|name| shown(name, "old"))),
        _ => return None,
    };
    Some(printable(&format!("{sign} {}: {told}", event.subject_name)).into_owned())
}

fn team(team: &Value, names: &TeamNames) -> String {
    let of = |name: &str| team.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} ({})", names.get(of("id")).map_or(of("id"), String::as_str), of("role"))
}

fn text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| CliError::Said(format!("{} can't be read: {error}", path.display())))
}

/// Asks whoever sits at the terminal.
fn confirmed() -> Result<(), CliError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(CliError::Said("nothing was applied: give --yes where nobody can be asked".into()));
    }
    remark("Apply this? Type yes:");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| CliError::Io("the answer can't be read", error))?;
    if answer.trim() == "yes" { Ok(()) } else { Err(CliError::Said("nothing was applied".into())) }
}
