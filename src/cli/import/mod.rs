//! `import`: users from a table, users and groups as SCIM has them, or a whole workspace from another bridge.

mod bridge;
mod item;
mod lines;
mod progress;
mod resource;
mod run;
mod table;
mod tally;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::Args;

pub use self::bridge::FORM;
use self::item::Source;
use self::lines::Lines;
use self::progress::Progress;
use self::run::{Run, Stage};
use self::table::Table;
use super::out::{remark, say};
use super::{At, CliError, one_of};
use crate::command::import::Manner;
use crate::domain::access::Actor;

pub(super) const HELP: &str = "\
FILE is a CSV file of users, with a heading of these columns, in any order:
  email, user_name, full_name, role, teams, active, external_id, protected
or SCIM: users and groups, one JSON object a line or a ListResponse; or what
`export --format bridge` wrote: a whole workspace.

Who is there already, by external_id, else by user_name or email, is changed
where they differ. So a file can be imported again, also after an interruption.
A line that can't be is told with its number and does not stop the others.

Examples:
  aisoule-bridge import people.csv --workspace Acme --dry-run
  aisoule-bridge import people.csv --workspace Acme
  aisoule-bridge import okta.jsonl --workspace Acme --as-provider
  aisoule-bridge import acme.bridge --workspace Acme";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    /// SCIM, or another bridge's: each line says which.
    Json,
}

const FORMATS: &[(&str, Format)] = &[("csv", Format::Csv), ("scim", Format::Json), ("bridge", Format::Json)];

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct ImportCommand {
    /// The file
    file: PathBuf,
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What the file is; nothing said: what it looks like
    #[arg(long, value_name = "csv|scim|bridge", value_parser = one_of(FORMATS))]
    format: Option<Format>,
    /// Say what would happen, line by line, and undo it
    #[arg(long)]
    dry_run: bool,
    /// On behalf of an identity provider, which keeps these people from then on
    #[arg(long)]
    as_provider: bool,
    /// By hand, and meant also where an identity provider says otherwise
    #[arg(long, conflicts_with = "as_provider")]
    overrule: bool,
    /// Tell newcomers by mail how they log in
    #[arg(long)]
    welcome: bool,
}

impl ImportCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let unreadable = |error| CliError::Said(format!("{} can't be read: {error}", self.file.display()));
        let file = File::open(&self.file).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let mut file = BufReader::with_capacity(1 << 16, file);
        let first = file.fill_buf().map_err(unreadable)?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let looks = if matches!(first, Some(b'{' | b'[')) { Format::Json } else { Format::Csv };
        let mut source: Box<dyn Source + Send> = match self.format.unwrap_or(looks) {
            Format::Csv => Box::new(Table::open(file)?),
            Format::Json => Box::new(Lines::new(file)),
        };
        let manner = Manner { as_provider: self.as_provider, overrule: self.overrule, welcome: self.welcome };
        let stage = if self.dry_run {
            Stage::Rehearsal(Box::new(at.commands.rehearse(&Actor::operator()).await?))
        } else {
            Stage::Real(at.commands.clone())
        };
        let progress = Progress::begin(&self.file, size, workspace.name.as_str(), self.dry_run);
        let mut run = Run::new(stage, workspace.id, manner, progress);
        let done = run.all(&mut *source).await;
        if let Stage::Rehearsal(rehearsal) = run.stage {
            rehearsal.end().await;
        }
        done?;
        run.progress.end();
        for line in run.tally.told() {
            say!("{line}")?;
        }
        if self.dry_run {
            remark("This was a dry run: nothing was changed.");
        }
        match (run.tally.failed, run.tally.rows) {
            (0, _) => Ok(()),
            (failed, rows) => Err(CliError::Said(format!("{failed} of {rows} rows were not imported"))),
        }
    }
}
