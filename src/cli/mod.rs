//! The command line: what there is to say, and which file does it.

mod audit;
mod cell;
mod client;
mod connector;
mod demo;
mod doctor;
mod export;
mod find;
mod foresee;
mod group;
mod import;
mod key;
mod keys;
mod log;
mod mail;
mod migrate;
mod out;
mod role;
mod rule;
mod rules;
mod seats;
mod serve;
mod setup_link;
mod sso;
mod table;
mod team;
mod token;
mod user;
mod webhook;
mod workspace;

pub use out::remark;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::app::{self, StartError};
use crate::clock::Clock;
use crate::command::{CommandError, Commands};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::ids::UserId;
use crate::sealed::KeyError;
use crate::settings::{LogFormat, Settings, SettingsError};
use crate::store::{Store, StoreError, users, workspaces};

const AFTER_HELP: &str = "\
First steps:
  aisoule-bridge demo
      see it all at once; nothing is kept
  aisoule-bridge workspace create Acme --plan growth
      make a customer's workspace
  aisoule-bridge token create --workspace Acme --name okta
      print a token for Okta or Entra ID
  aisoule-bridge serve
      serve SCIM at http://127.0.0.1:8080/scim/v2
  aisoule-bridge log --workspace Acme --status 4xx
      see what a provider sent that failed
  aisoule-bridge audit list --workspace Acme --action 'user.*'
      see who changed what; `audit verify` finds a row that was altered
  aisoule-bridge group members Support --workspace Acme
      see who is in a group, also through groups in it
  aisoule-bridge user show anna@acme.org --workspace Acme
      see why somebody has the role and the teams that they have
  aisoule-bridge import people.csv --workspace Acme --dry-run
      see what a file of people would change
  aisoule-bridge rules plan rules.toml --workspace Acme
      see whom a file of rules would change

Settings come from --config FILE (see config/bridge.example.toml), then from
the environment:
  BRIDGE_LISTEN        where to listen: 127.0.0.1:8080
  BRIDGE_DATABASE_URL  sqlite://data/bridge.db or postgres://…
  BRIDGE_PUBLIC_URL    the address that providers reach: https://…
  BRIDGE_MASTER_KEY    base64 of 32 bytes, seals secrets in the database
  BRIDGE_LOG           info, or directives: warn,aisoule_bridge=debug
  BRIDGE_LOG_FORMAT    pretty or json
  BRIDGE_MAIL          folder, smtp or none
  BRIDGE_SMTP_PASSWORD the password for the mail server

Every command works on the same database while the server runs.";

/// The SCIM 2.0 provisioning bridge for AIsoule.
///
/// Okta and Microsoft Entra ID push users and groups to it; it decides roles, teams, activation and seats.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub struct Arguments {
    /// A file of settings.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server; the default when no command is given
    Serve,
    /// Show everything at once on a throwaway database, then stay up
    Demo(demo::Demo),
    /// Make and change workspaces
    #[command(subcommand)]
    Workspace(workspace::WorkspaceCommand),
    /// Make and revoke tokens for identity providers
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Make and revoke OAuth clients: providers that use client credentials, and programs that people sign in to
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Make and revoke keys for the REST API
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Let people sign in at their company's provider
    #[command(subcommand)]
    Sso(sso::SsoCommand),
    /// Let a company's IT admin connect their own provider by a link, without an account
    #[command(subcommand)]
    SetupLink(setup_link::SetupLinkCommand),
    /// Keep a remote AIsoule workspace equal to one here, and see where both differ
    #[command(subcommand)]
    Connector(connector::ConnectorCommand),
    /// See and renew the keys that sign tokens
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// See, make and change users by hand
    #[command(subcommand)]
    User(user::UserCommand),
    /// See, make and change roles
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// See, make and change teams, and who is in them
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// See, make and change rules: what a group gives to those who are in it
    #[command(subcommand)]
    Rule(rule::RuleCommand),
    /// Keep rules in a file: plan, apply, export
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// See the seats, and who waits for one
    #[command(subcommand)]
    Seats(seats::SeatsCommand),
    /// See groups, and everybody who is in one, also through groups in it
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Bring users, groups or a whole workspace in from a file
    #[command(after_help = import::HELP)]
    Import(import::ImportCommand),
    /// Write users, groups or a whole workspace to a file
    #[command(after_help = export::HELP)]
    Export(export::ExportCommand),
    /// Bring the database's schema up to date, as `serve` does at its start
    Migrate,
    /// Check settings, database and counters, say what is wrong, who is stuck and why, and what to do about it
    Doctor {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show what identity providers sent and what they were told
    Log(log::Log),
    /// See what was written to whom, send it again, try the settings
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Tell other programs what happens: endpoints, what they were told, telling them again
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Show who changed what, export it, and check that nobody altered it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
}

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Starting.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A change that was not made.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Random bytes or keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A password.
    #[error(transparent)]
    Password(#[from] crate::password::PasswordError),
    /// Reading, writing, listening.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// What was said on the command line can't be meant.
    #[error("{0}")]
    Said(String),
    /// The demo's own HTTP requests.
    #[error("the demo could not talk to its own server: {0}")]
    Demo(String),
    /// `doctor` found something.
    #[error("{0} of the checks failed")]
    Unwell(usize),
    /// `audit verify` found something.
    #[error("{} altered", if *.0 == 1 { "an audit log was".to_owned() } else { format!("{} audit logs were", .0) })]
    Altered(usize),
    /// Nobody reads the answer any more.
    #[error("nobody reads the answer")]
    Unheard,
}

/// Does what the command line says.
///
/// # Errors
/// [`CliError`], in words for whoever typed it.
pub async fn run(arguments: Arguments) -> Result<(), CliError> {
    let mut settings = Settings::load(arguments.config.as_deref(), |name| std::env::var(name).ok())?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(settings).await,
        Command::Demo(demo) => {
            let set = std::env::var("BRIDGE_LOG").ok().filter(|log| !log.is_empty());
            settings.log = set.unwrap_or_else(|| "warn".into());
            demo.run(settings).await
        }
        Command::Migrate => migrate::run(&settings).await,
        Command::Doctor { json } => doctor::run(&settings, json).await,
        other => {
            log_to_stderr(&settings);
            let at = At::open(&settings).await?;
            if !matches!(other, Command::Log(_) | Command::Group(_)) {
                at.unlock(&settings).await;
            }
            let done = match other {
                Command::Workspace(command) => command.run(&at).await,
                Command::Token(command) => command.run(&at).await,
                Command::Client(command) => command.run(&at).await,
                Command::Key(command) => command.run(&at).await,
                Command::Sso(command) => command.run(&at, &settings).await,
                Command::SetupLink(command) => command.run(&at, &settings).await,
                Command::Connector(command) => command.run(&at, &settings).await,
                Command::Keys(command) => command.run(&at, &settings).await,
                Command::User(command) => command.run(&at).await,
                Command::Role(command) => command.run(&at).await,
                Command::Team(command) => command.run(&at).await,
                Command::Rule(command) => command.run(&at).await,
                Command::Rules(command) => command.run(&at).await,
                Command::Seats(command) => command.run(&at).await,
                Command::Group(command) => command.run(&at).await,
                Command::Import(command) => command.run(&at).await,
                Command::Export(command) => command.run(&at).await,
                Command::Log(log) => log.run(&at).await,
                Command::Mail(command) => command.run(&at, &settings).await,
                Command::Webhook(command) => command.run(&at, &settings).await,
                Command::Audit(command) => command.run(&at).await,
                Command::Serve | Command::Demo(_) | Command::Migrate | Command::Doctor { .. } => Ok(()),
            };
            at.store.close().await;
            done
        }
    }
}

/// The database that a command works on.
struct At {
    store: Store,
    commands: Commands,
    clock: Clock,
    plans: std::sync::Arc<crate::domain::plan::Plans>,
}

impl At {
    async fn open(settings: &Settings) -> Result<Self, CliError> {
        let plans = std::sync::Arc::new(app::plans(settings)?);
        let (store, clock) = (app::open_store(settings).await?, Clock::real());
        let commands = Commands::new(store.clone(), clock.clone(), std::sync::Arc::clone(&plans));
        let commands = commands.with_mail(app::posting(settings));
        Ok(Self { store, commands, clock, plans })
    }

    /// Finds the key under which changes are written down. Who only reads does well without.
    async fn unlock(&self, settings: &Settings) {
        if let Err(error) = app::unlock(settings, &self.store).await {
            self.store.keeper().take(Err(error.to_string()));
        }
    }

    /// The workspace of that name.
    async fn workspace(&self, name: &str) -> Result<Workspace, CliError> {
        let mut conn = self.store.read().await?;
        let found = workspaces::find_by_name(&mut conn, &crate::text::fold(name)).await?;
        if let Some(found) = found {
            return Ok(found);
        }
        let all = workspaces::list(&mut conn).await?;
        let names: Vec<&str> = all.iter().map(|workspace| workspace.name.as_str()).collect();
        let known =
            if names.is_empty() { "there is none yet".to_owned() } else { format!("there are: {}", names.join(", ")) };
        Err(CliError::Said(format!("there is no workspace \"{name}\"; {known}")))
    }
}

impl At {
    /// The user of that address, userName or id.
    async fn user(&self, workspace: &Workspace, name: &str) -> Result<User, CliError> {
        let mut conn = self.store.read().await?;
        let found = match UserId::parse(name) {
            Some(id) => users::find(&mut conn, workspace.id, id).await?,
            None => users::find_by_name(&mut conn, workspace.id, &crate::text::fold(name)).await?,
        };
        let missing = || CliError::Said(format!("there is no user \"{name}\" in {}", workspace.name.as_str()));
        found.ok_or_else(missing)
    }
}

/// Sends log lines to stderr, so that stdout holds nothing but what a command answers.
fn log_to_stderr(settings: &Settings) {
    use tracing_subscriber::EnvFilter;
    use tracing_subscriber::fmt;
    // The settings were checked: it is a filter.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
    let is_terminal = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).with_ansi(is_terminal);
    // Where nobody reads the log, there is nobody to tell either.
    let lines = lines.log_internal_errors(false);
    // Only the first of a process counts: tests start several.
    let _ = match settings.log_format {
        LogFormat::Pretty => lines.compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

/// Parses one of several names.
fn one_of<T: Copy + Send + Sync + 'static>(
    known: &'static [(&'static str, T)],
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        found.ok_or_else(|| format!("must be one of {}", names.join(", ")))
    }
}
