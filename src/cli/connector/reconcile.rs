//! `connector reconcile`: where both sides differ, as a table or JSON; `--apply` has it mended.

use std::sync::Arc;

use clap::Args;

use super::existing;
use crate::app;
use crate::cli::out::{remark, say, write};
use crate::cli::table::table;
use crate::cli::{At, CliError};
use crate::connector::Registry;
use crate::connector::drift::{Finding, Report};
use crate::settings::Settings;
use crate::text::counted_as;
use crate::worker::connector::{Parts, reconcile};

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
        let (_, row) = existing(at, &self.workspace).await?;
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
        let report = reconcile::now(&parts, &row, self.apply).await.map_err(said)?;
        if self.json {
            say!("{}", serde_json::to_string_pretty(&report).unwrap_or_default())?;
        } else {
            shown(&report)?;
        }
        if self.deactivate_extra {
            for address in reconcile::deactivate_extra(&parts, &row, &report).await.map_err(said)? {
                remark(&format!("Deactivated on the remote side: {}", crate::text::printable(&address)));
            }
        }
        if self.apply && report.differences.iter().any(|one| one.local_id.is_some()) {
            remark("A running server mends what can be mended; see `connector work`.");
        }
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
