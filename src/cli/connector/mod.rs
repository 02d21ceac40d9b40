//! `connector add`, `show`, `pause`, `resume`, `key`, `remove`, `claim`, `work`, `reconcile`: the remote AIsoule workspace
//! that is kept equal to one here.

mod reconcile;

use clap::{Args, Subcommand};

use crate::app;
use crate::cli::out::{remark, say, stdin_secret, write};
use crate::cli::table::table;
use crate::cli::token::when;
use crate::cli::{At, CliError};
use crate::command::connectors::{
    ClaimAccount, CreateConnector, RemoveConnector, Switch, SwitchConnector, UpdateConnector,
};
use crate::connector::profile::SHIPPED;
use crate::domain::access::Actor;
use crate::domain::workspace::Workspace;
use crate::ids::{TeamId, UserId};
use crate::settings::Settings;
use crate::store::connectors::{self, ConnectorRow, WorkRow};
use crate::store::{people, teams};

const ADD_HELP: &str = "\
The API key of the remote workspace is read from stdin, so that it stands in no
history. It must be allowed to read and write users, roles and teams there.

Example:
  aisoule-bridge connector add --workspace Acme < key
  aisoule-bridge connector reconcile --workspace Acme
      see where both sides differ; --apply mends it";

/// The longest key, in bytes.
const LONGEST: usize = 1_000;

#[derive(Debug, Subcommand)]
pub enum ConnectorCommand {
    /// Keep a remote AIsoule workspace equal to one here; its API key on stdin
    #[command(after_help = ADD_HELP)]
    Add(Add),
    /// Show how the connector of a workspace stands
    Show(In),
    /// Send nothing for a while; what changes is remembered
    Pause(In),
    /// Go on, also with what was stuck
    Resume(In),
    /// Read another API key from stdin, and go on where it was stopped
    Key(In),
    /// Remove the connector; nothing changes on the remote side
    Remove(In),
    /// Make the remote account with a user's address theirs
    Claim {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// Their address, userName or id
        #[arg(long)]
        user: String,
    },
    /// List what has not arrived on the remote side yet, and why
    Work {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// Only what needs a decision
        #[arg(long)]
        stuck: bool,
        /// So many at the most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        last: i64,
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Compare both sides and say where they differ; without --apply nothing is changed
    Reconcile(reconcile::Reconcile),
}

/// A workspace.
#[derive(Debug, Args)]
pub struct In {
    /// The workspace
    #[arg(long)]
    workspace: String,
}

#[derive(Debug, Args)]
pub struct Add {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// A profile of the settings: [connectors.<name>]
    #[arg(long, default_value = SHIPPED)]
    profile: String,
    /// Where the API is; without: where the profile says
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Every remote account with somebody's address becomes theirs
    #[arg(long)]
    adopt: bool,
}

impl ConnectorCommand {
    pub(in crate::cli) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(at, settings).await,
            Self::Show(within) => show(at, &within.workspace).await,
            Self::Pause(within) => {
                switch(at, &within.workspace, Switch::Pause).await?;
                say!("Paused; what changes is remembered.")
            }
            Self::Resume(within) => {
                switch(at, &within.workspace, Switch::Resume).await?;
                say!("Resumed.")
            }
            Self::Key(within) => key(at, settings, &within.workspace).await,
            Self::Remove(within) => {
                let (workspace, _) = existing(at, &within.workspace).await?;
                at.commands.execute(&Actor::operator(), RemoveConnector { workspace: workspace.id }).await?;
                say!("Removed; nothing has changed on the remote side.")
            }
            Self::Claim { workspace, user } => {
                let (workspace, _) = existing(at, &workspace).await?;
                let user = at.user(&workspace, &user).await?;
                let command = ClaimAccount { workspace: workspace.id, user: user.id };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("The remote account with the address of {} becomes theirs.", user.full_name())
            }
            Self::Work { workspace, stuck, last, json } => {
                let (workspace, _) = existing(at, &workspace).await?;
                let rows = connectors::list(&mut at.store.read().await?, workspace.id, stuck, last).await?;
                work(at, &workspace, &rows, json).await
            }
            Self::Reconcile(command) => command.run(at, settings).await,
        }
    }
}

impl Add {
    async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let missing = || CliError::Said(format!("the settings have no profile [connectors.{}]", self.profile));
        let profile = settings.connector(&self.profile).ok_or_else(missing)?;
        let base_url = self.base_url.unwrap_or(profile.base_url);
        let api_key = sealed(at, settings, &workspace, &base_url).await?;
        let loopback = settings.allows_loopback();
        let (workspace, profile) = (workspace.id, self.profile);
        let command = CreateConnector { workspace, profile, base_url, api_key, adopts: self.adopt, loopback };
        let row = at.commands.execute(&Actor::operator(), command).await?;
        remark("A running server brings everybody over; see `connector show` and `connector work`.");
        say!("Connected to {}.", row.base_url)
    }
}

async fn sealed(at: &At, settings: &Settings, workspace: &Workspace, base_url: &str) -> Result<Vec<u8>, CliError> {
    let master = app::unlock(settings, &at.store).await?;
    let key = stdin_secret(LONGEST)?;
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(CliError::Said("the key on stdin must have 1 to 1,000 printable characters without spaces".into()));
    }
    Ok(master.seal(&connectors::place(workspace.id, base_url), key.as_bytes())?)
}

async fn key(at: &At, settings: &Settings, name: &str) -> Result<(), CliError> {
    let (workspace, row) = existing(at, name).await?;
    let api_key = Some(sealed(at, settings, &workspace, &row.base_url).await?);
    let loopback = settings.allows_loopback();
    let (profile, base_url, adopts) = (None, None, None);
    let command = UpdateConnector { workspace: workspace.id, profile, base_url, api_key, adopts, loopback };
    at.commands.execute(&Actor::operator(), command).await?;
    say!("The connector uses another key from now on.")
}

async fn switch(at: &At, name: &str, to: Switch) -> Result<(), CliError> {
    let (workspace, _) = existing(at, name).await?;
    at.commands.execute(&Actor::operator(), SwitchConnector { workspace: workspace.id, to }).await?;
    Ok(())
}

/// The workspace of that name with its connector.
async fn existing(at: &At, name: &str) -> Result<(Workspace, ConnectorRow), CliError> {
    let workspace = at.workspace(name).await?;
    let row = connectors::find(&mut at.store.read().await?, workspace.id).await?;
    let missing =
        || CliError::Said(format!("{} has no connector; see `connector add --help`", workspace.name.as_str()));
    let row = row.ok_or_else(missing)?;
    Ok((workspace, row))
}

async fn show(at: &At, name: &str) -> Result<(), CliError> {
    let (workspace, row) = existing(at, name).await?;
    let backlog = connectors::backlog(&mut at.store.read().await?, workspace.id).await?;
    say!("remote     {}", row.base_url)?;
    say!("profile    {}", row.profile)?;
    say!("adopts     {}", if row.adopts { "every account with somebody's address" } else { "what is claimed" })?;
    say!("state      {}", row.state)?;
    if let Some(problem) = &row.problem {
        say!("problem    {}", crate::text::printable(problem))?;
    }
    say!("waiting    {}", backlog.waiting)?;
    say!("stuck      {}", backlog.stuck)?;
    say!("oldest     {}", when(backlog.oldest))?;
    say!("succeeded  {}", when(row.last_success_at))?;
    say!("compared   {}", when(row.reconciled_at))
}

async fn work(at: &At, workspace: &Workspace, rows: &[WorkRow], json: bool) -> Result<(), CliError> {
    if json {
        for row in rows {
            say!("{}", serde_json::to_string(row).unwrap_or_default())?;
        }
        return Ok(());
    }
    let mut shown = Vec::with_capacity(rows.len());
    let mut conn = at.store.read().await?;
    for row in rows {
        let name = if row.kind == "team" {
            teams::find(&mut conn, workspace.id, TeamId(row.local_id)).await?.map(|(team, _)| team.name)
        } else {
            people::find(&mut conn, workspace.id, UserId(row.local_id)).await?.map(|person| person.user_name)
        };
        shown.push(vec![
            row.kind.clone(),
            name.unwrap_or_else(|| row.local_id.to_string()),
            when(Some(row.since)),
            row.attempts.to_string(),
            if row.is_stuck { "needs a decision".into() } else { when(Some(row.due_at)) },
            row.problem.clone().unwrap_or_default(),
        ]);
    }
    write(format_args!("{}", table(&["KIND", "WHO", "SINCE", "TRIES", "NEXT TRY", "PROBLEM"], &shown)))
}
