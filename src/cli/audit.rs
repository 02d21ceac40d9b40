//! `audit verify`, `audit export`, `audit list`.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};

use super::out::{self, remark, say};
use super::table::table;
use super::{At, CliError, one_of};
use crate::domain::workspace::Workspace;
use crate::query::export::Format;
use crate::store::audit::{self, Entry, Filter};
use crate::store::chain::{self, Whole};
use crate::store::workspaces;
use crate::text::{counted_as, hex};

/// How many rows are read at once.
const BATCH: i64 = 500;
/// How much of a change a table shows.
const SHOWN: usize = 60;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no row was edited or taken out, and say by which hash to know the log again
    Verify(Verify),
    /// Write the log to stdout, oldest row first
    Export(Export),
    /// Show the newest rows
    List(List),
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Of this workspace only
    #[arg(long)]
    workspace: Option<String>,
    /// Only the rows after this number; those before are believed, such as rows from under a master key that is lost
    #[arg(long, value_name = "NUMBER", requires = "workspace")]
    after: Option<i64>,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// One JSON object a line, or a table that no spreadsheet takes for formulas
    #[arg(long, value_name = "jsonl|csv", default_value = "jsonl", value_parser = one_of(&[("jsonl", Format::Jsonl), ("csv", Format::Csv)]))]
    format: Format,
    #[command(flatten)]
    wanted: Wanted,
}

#[derive(Debug, Args)]
pub struct List {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// So many at the most, the newest of them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    last: i64,
    #[command(flatten)]
    wanted: Wanted,
}

#[derive(Debug, Args)]
struct Wanted {
    /// From this moment on: 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<DateTime<Utc>>,
    /// Before this moment
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<DateTime<Utc>>,
    /// This action, or all that begin so: user.created, user.*
    #[arg(long)]
    action: Option<String>,
    /// By whom: a part of their name or address, or their id or kind
    #[arg(long, value_name = "TEXT")]
    actor: Option<String>,
    /// About whom or what: an id, or a part of the name
    #[arg(long, value_name = "ID|NAME")]
    subject: Option<String>,
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let date = || text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    moment.or_else(date).ok_or_else(|| "must be a date such as 2026-01-31, or 2026-01-31T12:00:00Z".into())
}

impl From<Wanted> for Filter {
    fn from(wanted: Wanted) -> Self {
        let Wanted { since, until, action, actor, subject } = wanted;
        Self { since, until, action, actor, subject }
    }
}

impl AuditCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Verify(verify) => verify.run(at).await,
            Self::Export(export) => export.run(at).await,
            Self::List(list) => list.run(at).await,
        }
    }
}

impl Verify {
    async fn run(self, at: &At) -> Result<(), CliError> {
        let key = at.store.keeper().key()?;
        let all = match &self.workspace {
            Some(name) => vec![at.workspace(name).await?],
            None => workspaces::list(&mut at.store.read().await?).await?,
        };
        let mut broken = 0;
        for workspace in &all {
            let mut conn = at.store.read().await?;
            let found = match self.after {
                None => chain::verify(&mut conn, key, workspace.id).await?,
                Some(after) => chain::verify_after(&mut conn, key, workspace.id, after)
                    .await?
                    .ok_or_else(|| CliError::Said(format!("there is no row {after} in {}", workspace.name.as_str())))?,
            };
            broken += usize::from(found.is_err());
            match found {
                Ok(whole) => say!("{}", well(workspace, &whole))?,
                Err(broken) => say!("{}: BROKEN: {}", workspace.name.as_str(), broken)?,
            }
        }
        if broken > 0 { Err(CliError::Altered(broken)) } else { Ok(()) }
    }
}

impl Export {
    async fn run(self, at: &At) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?.id;
        let (format, filter) = (self.format, Filter::from(self.wanted));
        out::write(format_args!("{}", format.heading()))?;
        let mut after = None;
        loop {
            let entries = audit::page(&mut at.store.read().await?, workspace, &filter, after, BATCH).await?;
            let lines: String = entries.iter().map(|entry| format.line(entry)).collect();
            out::write(format_args!("{lines}"))?;
            after = entries.last().map(|entry| entry.seq).or(after);
            if i64::try_from(entries.len()).unwrap_or(0) < BATCH {
                return Ok(());
            }
        }
    }
}

impl List {
    async fn run(self, at: &At) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?.id;
        let filter = Filter::from(self.wanted);
        let mut entries = audit::newest(&mut at.store.read().await?, workspace, &filter, None, self.last).await?;
        entries.reverse();
        if entries.is_empty() {
            remark("Nothing was logged that fits.");
            return Ok(());
        }
        let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
        out::write(format_args!("{}", table(&["NUMBER", "AT", "WHO", "FROM", "ACTION", "WHAT", "CHANGES"], &rows)))
    }
}

fn row(entry: &Entry) -> Vec<String> {
    let name = if entry.subject_name.is_empty() { &entry.subject_id } else { &entry.subject_name };
    let mut changes: String = entry.changes.to_string().chars().take(SHOWN + 1).collect();
    if changes.chars().count() > SHOWN {
        changes = changes.chars().take(SHOWN).chain(['…']).collect();
    }
    vec![
        entry.number.map(|number| number.to_string()).unwrap_or_default(),
        entry.at.format("%Y-%m-%d %H:%M:%S").to_string(),
        format!("{} {}", entry.actor_kind, entry.actor_name),
        entry.address.clone().unwrap_or_default(),
        entry.action.clone(),
        format!("{} {name}", entry.subject_kind),
        changes,
    ]
}

fn well(workspace: &Workspace, whole: &Whole) -> String {
    let name = workspace.name.as_str();
    let mut text = match (&whole.since, &whole.head) {
        (Some(since), Some(head)) => {
            let rows = if whole.rows == 1 { "1 row".into() } else { format!("{} rows", thousands(whole.rows)) };
            format!("{name}: {rows}, whole since {}; head {}", when(*since), hex(head))
        }
        _ => format!("{name}: no rows"),
    };
    if let Some(pruned) = whole.pruned {
        let _ = write!(text, "; rows up to number {} went when their time was over", thousands(pruned));
    }
    if whole.unlinked > 0 {
        let rows = counted_as(whole.unlinked, "row");
        let _ = write!(text, "; {rows} from before the chain, which nothing proves");
    }
    text
}

fn when(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A number as people read it: 1,204.
fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_are_read_by_people() {
        let shown = [0, 12, 999, 1_204, 1_000_000].map(thousands);
        assert_eq!(shown, ["0", "12", "999", "1,204", "1,000,000"]);
        assert_eq!(moment("2026-01-31").unwrap(), moment("2026-01-31T01:00:00+01:00").unwrap());
        assert!(moment("yesterday").is_err());
    }
}
