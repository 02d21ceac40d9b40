//! `webhook add`, `list`, `show`, `update`, `test`, `rotate`, `remove`, `deliveries`, `replay`, `discard`: who is told what happens.

mod log;

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::app;
use crate::cli::out::{remark, say, write};
use crate::cli::table::table;
use crate::cli::token::when;
use crate::cli::{At, CliError};
use crate::command::deliveries::SendTest;
use crate::command::endpoints::{CreateEndpoint, DeleteEndpoint, LONGEST_OVERLAP, RotateSecret, Seal, UpdateEndpoint};
use crate::domain::access::Actor;
use crate::domain::endpoint::Endpoint;
use crate::domain::workspace::Workspace;
use crate::ids::EndpointId;
use crate::settings::Settings;
use crate::store::deliveries::{self, Delivery};
use crate::store::endpoints;

const ADD_HELP: &str = "\
The endpoint's id and its secret are printed on stdout, a line each; the secret
is shown this once. What the receiver does with it is in docs/webhooks.md.

Examples:
  aisoule-bridge webhook add --workspace Acme --name crm \\
      --url https://crm.acme.org/hooks/aisoule
  aisoule-bridge webhook add --workspace Acme --name pager \\
      --url https://pager.acme.org/in --event 'seat.*' --event user.parked";

/// How long is waited for what becomes of a test.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often is looked for it.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Make an endpoint; prints its id and its secret, once
    #[command(after_help = ADD_HELP)]
    Add {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Where events are posted to: https
        #[arg(long)]
        url: String,
        /// An event, or all that begin so: user.activated, 'user.*'; say it again for each; without: all
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
    },
    /// List a workspace's endpoints
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Show an endpoint, and how much waits for it
    Show(Which),
    /// Change an endpoint; what is not said stays
    Update {
        #[command(flatten)]
        which: Which,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another address
        #[arg(long)]
        url: Option<String>,
        /// Other events; say it again for each
        #[arg(long = "event", value_name = "EVENT", conflicts_with = "all_events")]
        events: Vec<String>,
        /// All events
        #[arg(long)]
        all_events: bool,
        /// Tell it what happens again
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
        /// Tell it nothing
        #[arg(long)]
        disable: bool,
    },
    /// Send an endpoint a test, and say what became of it
    Test(Which),
    /// Replace the secret; prints the new one, once
    Rotate {
        #[command(flatten)]
        which: Which,
        /// For how many hours the old one is signed with too
        #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=LONGEST_OVERLAP))]
        overlap_hours: i64,
    },
    /// Delete an endpoint with its log and all that waits
    Remove(Which),
    /// Show what an endpoint was told, the newest first
    Deliveries(log::Log),
    /// Deliver again: one delivery, all that were given up, or what happened in a time
    Replay(log::Replay),
    /// Be reminded no more of what was given up: one delivery, or all; they stay in the log
    Discard(log::Discard),
}

#[derive(Debug, Args)]
pub struct Which {
    /// The endpoint: its name or id
    endpoint: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
}

impl Which {
    async fn find(&self, at: &At) -> Result<(Workspace, Endpoint), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let all = endpoints::list(&mut at.store.read().await?, workspace.id).await?;
        let names: Vec<String> = all.iter().map(|endpoint| endpoint.name.clone()).collect();
        let is_it = |one: &Endpoint| {
            Some(one.id) == EndpointId::parse(&self.endpoint) || crate::text::same(&one.name, &self.endpoint)
        };
        let found = all.into_iter().find(is_it).ok_or_else(|| {
            let known =
                if names.is_empty() { "there is none yet".into() } else { format!("there are: {}", names.join(", ")) };
            CliError::Said(format!("there is no endpoint \"{}\" in {}; {known}", self.endpoint, self.workspace))
        })?;
        Ok((workspace, found))
    }
}

impl WebhookCommand {
    pub(in crate::cli) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Add { workspace, name, url, events } => {
                let (workspace, seal) = (at.workspace(&workspace).await?.id, seal(at, settings).await?);
                let command = CreateEndpoint { workspace, name, url: url.into(), events, seal };
                let made = at.commands.execute(&Actor::operator(), command).await?;
                remark(&format!("{} is told what happens from now on.", made.endpoint.shown_url));
                say!("{}\n{}", made.endpoint.id, made.secret.reveal())
            }
            Self::List { workspace, json } => list(at, &workspace, json).await,
            Self::Show(which) => show(at, &which).await,
            Self::Update { which, name, url, events, all_events, enable, disable } => {
                let (workspace, endpoint) = which.find(at).await?;
                let events = if all_events { Some(Vec::new()) } else { Some(events).filter(|some| !some.is_empty()) };
                let (workspace, id, url) = (workspace.id, endpoint.id, url.map(Into::into));
                let enabled = if enable { Some(true) } else { disable.then_some(false) };
                let seal = seal(at, settings).await?;
                let command = UpdateEndpoint { workspace, id, name, url, events, enabled, seal };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("Done.")
            }
            Self::Test(which) => test(at, &which).await,
            Self::Rotate { which, overlap_hours } => {
                let (workspace, endpoint) = which.find(at).await?;
                let (workspace, id, seal) = (workspace.id, endpoint.id, seal(at, settings).await?);
                let command = RotateSecret { workspace, id, overlap_hours, seal };
                let secret = at.commands.execute(&Actor::operator(), command).await?;
                if overlap_hours > 0 {
                    remark(&format!(
                        "Both are signed with for {overlap_hours} hours; then the old one is worth nothing."
                    ));
                }
                say!("{}", secret.reveal())
            }
            Self::Remove(which) => {
                let (workspace, endpoint) = which.find(at).await?;
                let command = DeleteEndpoint { workspace: workspace.id, id: endpoint.id };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("Removed.")
            }
            Self::Deliveries(log) => log.run(at).await,
            Self::Replay(replay) => replay.run(at).await,
            Self::Discard(discard) => discard.run(at).await,
        }
    }
}

async fn seal(at: &At, settings: &Settings) -> Result<Seal, CliError> {
    let loopback = settings.allows_loopback();
    Ok(Seal { master: app::unlock(settings, &at.store).await?, loopback })
}

/// The filter of an endpoint, for people.
fn events(endpoint: &Endpoint) -> String {
    if endpoint.events.is_empty() { "all".to_owned() } else { endpoint.events.join(", ") }
}

async fn list(at: &At, workspace: &str, json: bool) -> Result<(), CliError> {
    let workspace = at.workspace(workspace).await?;
    let mut conn = at.store.read().await?;
    let mut rows = Vec::new();
    for endpoint in endpoints::list(&mut conn, workspace.id).await? {
        let counts = deliveries::counts(&mut conn, endpoint.id).await?;
        let (e, id) = (&endpoint, endpoint.id.to_string());
        if json {
            let line = serde_json::json!({
                "id": id, "name": e.name, "url": e.shown_url, "events": e.events, "state": e.state, "problem": e.problem,
                "waiting": counts.waiting, "dead": counts.dead, "oldest_waiting_at": counts.oldest,
                "last_success_at": e.last_success_at, "last_failure_at": e.last_failure_at,
            });
            say!("{line}")?;
            continue;
        }
        let last = when(e.last_success_at);
        let [waiting, dead] = [counts.waiting, counts.dead].map(|count| count.to_string());
        rows.push(vec![id, e.name.clone(), e.shown_url.clone(), events(e), e.state.name().into(), waiting, dead, last]);
    }
    if json {
        return Ok(());
    }
    let heads = ["ID", "NAME", "ADDRESS", "EVENTS", "STATE", "WAITING", "DEAD", "LAST SUCCESS"];
    write(format_args!("{}", table(&heads, &rows)))
}

async fn show(at: &At, which: &Which) -> Result<(), CliError> {
    let (_, endpoint) = which.find(at).await?;
    let counts = deliveries::counts(&mut at.store.read().await?, endpoint.id).await?;
    let e = &endpoint;
    let oldest = counts.oldest.map(|oldest| format!(", the oldest since {}", when(Some(oldest)))).unwrap_or_default();
    let mut lines = vec![
        ("id", e.id.to_string()),
        ("name", e.name.clone()),
        ("address", e.shown_url.clone()),
        ("events", events(e)),
        ("state", e.state.name().to_owned()),
        ("waiting", format!("{}{oldest}", counts.waiting)),
        ("dead", counts.dead.to_string()),
        ("last success", when(e.last_success_at)),
        ("last failure", when(e.last_failure_at)),
    ];
    lines.extend(e.problem.clone().map(|problem| ("problem", problem)));
    lines.extend(e.failing_since.map(|since| ("failing since", when(Some(since)))));
    lines.extend(e.old_secret_until.map(|until| ("old secret until", when(Some(until)))));
    for (what, value) in lines {
        say!("{what:<18}{}", crate::text::printable(&value))?;
    }
    Ok(())
}

/// What became of a delivery, in words.
fn fate(delivery: &Delivery) -> String {
    let status = delivery.status.map(|status| format!("{status}, ")).unwrap_or_default();
    let millis = delivery.micros.unwrap_or_default() / 1_000;
    format!("{status}{millis} ms")
}

async fn test(at: &At, which: &Which) -> Result<(), CliError> {
    let (workspace, endpoint) = which.find(at).await?;
    let command = SendTest { workspace: workspace.id, endpoint: endpoint.id };
    let id = at.commands.execute(&Actor::operator(), command).await?;
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        let found = deliveries::find(&mut at.store.read().await?, workspace.id, id).await?;
        let found = found.ok_or_else(|| CliError::Said("the endpoint is gone".into()))?;
        match (found.state.as_str(), &found.problem) {
            ("delivered", _) => return say!("Delivered: {}.", fate(&found)),
            (_, Some(problem)) => {
                let problem = crate::text::printable(problem);
                return Err(CliError::Said(format!("{} was not reached: {problem}", endpoint.name)));
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
    let said = "nothing was sent yet: does a server run? `webhook deliveries` shows what becomes of it";
    Err(CliError::Said(said.into()))
}
