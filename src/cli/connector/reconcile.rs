//! `connector reconcile`: where both sides differ, as a table or JSON; `--apply` has it mended.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::existing;
use crate::app;
use crate::cli::out::{remark, say, write};
use crate::cli::table::table;
use crate::cli::{At, CliError};
use crate::command::connectors::AskForComparison;
use crate::connector::Registry;
use crate::connector::drift::{Finding, Report};
use crate::domain::access::Actor;
use crate::domain::workspace::Workspace;
use crate::settings::Settings;
use crate::store::connectors::ConnectorRow;
use crate::store::{connector_links, moment};
use crate::text::counted_as;
use crate::worker::connector::turn::Turn;
use crate::worker::connector::{Parts, reconcile};

/// How often it is looked whether a server has compared.
const LOOK: Duration = Duration::from_millis(250);
/// What was asked with the same key a moment ago, by a server or a command that has ended, is over then.
const SECOND: Duration = Duration::from_secs(1);
/// For so long after its lease was over another server may take the connector.
const GONE: TimeDelta = TimeDelta::seconds(5);

#[derive(Debug, Args)]
pub struct Reconcile {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// Have a running server mend what differs; nobody is deleted
    #[arg(long)]
    apply: bool,
    /// With --apply: let nobody log in any more there who is not known here, but for Admins
    #[arg(long, requires = "apply")]
    deactivate_extra: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(super) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        let (workspace, row) = existing(at, &self.workspace).await?;
        // One that does not run asks nothing.
        let is_running = row.state == "running";
        let mut turn = if is_running { Turn::take(&at.commands, workspace.id).await? } else { None };
        if is_running && turn.is_none() {
            turn = self.asked(at, &workspace).await?;
            if turn.is_none() {
                return Ok(());
            }
        }
        let done = self.by_itself(at, settings, &row).await;
        if let Some(turn) = turn {
            turn.end().await?;
        }
        done
    }

    /// Has the server that has the connector compare: it asks with the same key, and both together would ask too often.
    /// Where that server goes away, the connector is taken over.
    async fn asked(&self, at: &At, workspace: &Workspace) -> Result<Option<Turn>, CliError> {
        let name = workspace.name.as_str();
        if self.deactivate_extra {
            return Err(CliError::Said(format!(
                "a running server asks with the same key: `connector pause --workspace {name}`, then this, then \
                 `connector resume --workspace {name}`"
            )));
        }
        let newest = async || connector_links::reports(&mut at.store.read().await?, workspace.id, 1).await;
        let before = newest().await?.first().map(|report| report.id);
        let ask = AskForComparison { workspace: workspace.id, apply: self.apply };
        at.commands.execute(&Actor::operator(), ask).await?;
        remark("A running server compares, at the pace of the key.");
        loop {
            tokio::time::sleep(LOOK).await;
            let (_, row) = existing(at, &self.workspace).await?;
            if row.state != "running" {
                let problem = row.problem.unwrap_or_else(|| format!("it is {}", row.state));
                return Err(CliError::Said(format!("the connector does not run: {problem}")));
            }
            let report = newest().await?.into_iter().next().filter(|report| Some(report.id) != before);
            if let (None, Some(report)) = (&row.wanted, report) {
                let report = serde_json::from_str(&report.report).map_err(|error| CliError::Said(error.to_string()))?;
                self.told(&report)?;
                self.promised(&report);
                return Ok(None);
            }
            let now = moment::now(&mut at.store.read().await?, at.clock.now()).await?;
            if row.leased_until.is_none_or(|until| until + GONE < now)
                && let Some(turn) = Turn::take(&at.commands, workspace.id).await?
            {
                return Ok(Some(turn));
            }
        }
    }

    fn told(&self, report: &Report) -> Result<(), CliError> {
        if self.json { say!("{}", serde_json::to_string_pretty(report).unwrap_or_default()) } else { shown(report) }
    }

    fn promised(&self, report: &Report) {
        if self.apply && report.differences.iter().any(|one| one.local_id.is_some()) {
            remark("A running server mends what can be mended; see `connector work`.");
        }
    }

    async fn by_itself(self, at: &At, settings: &Settings, row: &ConnectorRow) -> Result<(), CliError> {
        tokio::time::sleep(SECOND).await;
        let parts = Parts {
            store: at.store.clone(),
            commands: at.commands.clone(),
            clock: at.clock.clone(),
            master: app::unlock(settings, &at.store).await?,
            outbound: settings.outbound(),
            settings: settings.clone(),
            limits: Registry::default(),
        };
        let parts = Arc::new(parts);
        let said = |error: reconcile::Uncompared| CliError::Said(error.to_string());
        let report = reconcile::now(&parts, row, self.apply).await.map_err(said)?;
        self.told(&report)?;
        if self.deactivate_extra {
            for address in reconcile::deactivate_extra(&parts, row, &report).await.map_err(said)? {
                remark(&format!("Deactivated on the remote side: {}", crate::text::printable(&address)));
            }
        }
        self.promised(&report);
        Ok(())
    }
}

fn shown(report: &Report) -> Result<(), CliError> {
    let row = |one: &Finding| {
        vec![
            one.kind.name().to_owned(),
            one.what.clone(),
            one.name.clone(),
            one.field.clone().unwrap_or_default(),
            one.here.clone().unwrap_or_default(),
            one.there.clone().unwrap_or_default(),
            one.note.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = report.differences.iter().map(row).collect();
    if rows.is_empty() {
        say!("Both sides are equal.")?;
    } else {
        let heads = ["DIFFERS", "WHAT", "WHO", "FIELD", "HERE", "THERE", "NOTE"];
        write(format_args!("{}", table(&heads, &rows)))?;
    }
    let (users, accounts) = (counted_as(count(report.users), "user"), counted_as(count(report.accounts), "account"));
    say!("{users} here, {accounts} there, {} compared.", counted_as(count(report.teams), "team"))?;
    if report.waiting > 0 {
        say!("{} left out, because they are about to be changed there.", report.waiting)?;
    }
    Ok(())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
