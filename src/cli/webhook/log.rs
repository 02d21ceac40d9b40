//! `webhook deliveries`, `replay` and `discard`: what an endpoint was told, telling it again, or not any more.

use chrono::{DateTime, Utc};
use clap::Args;

use super::Which;
use crate::cli::out::{say, write};
use crate::cli::table::table;
use crate::cli::token::when;
use crate::cli::{At, CliError, one_of};
use crate::command::deliveries::{Replay as Again, Replayed};
use crate::command::discard::{Discard as Command, Discarded};
use crate::domain::access::Actor;
use crate::ids::DeliveryId;
use crate::store::deliveries::{self, Delivery, Wanted};

const STATES: &[(&str, &str)] =
    &[("waiting", "waiting"), ("delivered", "delivered"), ("dead", "dead"), ("discarded", "discarded")];

#[derive(Debug, Args)]
pub struct Log {
    #[command(flatten)]
    which: Which,
    /// In this state only
    #[arg(long, value_name = "waiting|delivered|dead|discarded", value_parser = one_of(STATES))]
    state: Option<&'static str>,
    /// Of this event only
    #[arg(long)]
    event: Option<String>,
    /// So many at the most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    last: i64,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

// One delivery, or all that were given up. (A doc comment would become the help of the command.)
#[derive(Debug, Args)]
struct Chosen {
    /// This delivery: its id, as `webhook deliveries` shows it
    #[arg(long, value_name = "ID")]
    delivery: Option<String>,
    /// All that were given up
    #[arg(long, conflicts_with = "delivery")]
    dead: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    chosen: Chosen,
    /// What happened from this moment on: 2026-11-25T08:00:00Z
    #[arg(long, value_name = "TIME", requires = "to", conflicts_with_all = ["delivery", "dead"])]
    from: Option<DateTime<Utc>>,
    /// Until before this moment
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    chosen: Chosen,
}

/// A delivery's id, as people give it.
fn named(id: &str) -> Result<DeliveryId, CliError> {
    let unknown = || CliError::Said(format!("\"{id}\" is no delivery's id; see `webhook deliveries`"));
    DeliveryId::parse(id).ok_or_else(unknown)
}

/// So many deliveries, in words.
fn counted(count: u64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

impl Log {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let (_, endpoint) = self.which.find(at).await?;
        let wanted = Wanted { state: self.state, event: self.event.as_deref(), before: None };
        let rows = deliveries::list(&mut at.store.read().await?, endpoint.id, &wanted, self.last).await?;
        if self.json {
            for d in &rows {
                let line = serde_json::json!({
                    "id": d.id, "event_id": d.event_id, "event": d.event, "event_cursor": d.seq, "origin": d.origin, "state": d.state,
                    "attempts": d.attempts, "status": d.status, "micros": d.micros, "problem": d.problem,
                    "happened_at": d.happened_at, "tried_at": d.tried_at, "done_at": d.done_at,
                });
                say!("{line}")?;
            }
            return Ok(());
        }
        let row = |d: &Delivery| {
            let status = d.status.map(|status| status.to_string()).unwrap_or_default();
            vec![
                d.id.to_string(),
                when(Some(d.happened_at)),
                d.event.clone(),
                d.origin.clone(),
                d.state.clone(),
                d.attempts.to_string(),
                status,
                d.problem.clone().unwrap_or_default(),
            ]
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        let heads = ["ID", "HAPPENED", "EVENT", "BECAUSE OF", "STATE", "TRIES", "STATUS", "PROBLEM"];
        write(format_args!("{}", table(&heads, &rows)))
    }
}

impl Replay {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let what = match (&self.chosen.delivery, self.chosen.dead, self.from, self.to) {
            (Some(id), ..) => Replayed::Delivery(named(id)?),
            (None, true, ..) => Replayed::Dead,
            (None, false, Some(from), Some(to)) => Replayed::Range { from, to },
            _ => return Err(CliError::Said("say what: --delivery ID, --dead, or --from TIME --to TIME".into())),
        };
        let (workspace, endpoint) = self.which.find(at).await?;
        let command = Again { workspace: workspace.id, endpoint: endpoint.id, what };
        let count = at.commands.execute(&Actor::operator(), command).await?;
        say!("{} due; a running server makes them.", counted(count))
    }
}

impl Discard {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let what = match (&self.chosen.delivery, self.chosen.dead) {
            (Some(id), _) => Discarded::Delivery(named(id)?),
            (None, true) => Discarded::Dead,
            (None, false) => return Err(CliError::Said("say what: --delivery ID or --dead".into())),
        };
        let (workspace, endpoint) = self.which.find(at).await?;
        let command = Command { workspace: workspace.id, endpoint: endpoint.id, what };
        let count = at.commands.execute(&Actor::operator(), command).await?;
        say!("{} discarded.", counted(count))
    }
}
