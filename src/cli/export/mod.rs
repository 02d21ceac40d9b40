//! `export`: a workspace's users as a table, users and groups as SCIM has them, or all of it for another bridge. It is read
//! and written a page at a time.

mod bridge;
mod resources;
mod table;

use std::fs::OpenOptions;
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use super::{At, CliError, one_of};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::store::{Conn, statements, transfer};

pub(super) const HELP: &str = "\
csv     users, for spreadsheets and for `import`
scim    users and groups that identity providers see, one JSON object a line
bridge  the whole workspace, for `import` into another bridge or database:
        roles, teams, users, groups, rules, memberships; passwords only with
        --with-secrets

Examples:
  aisoule-bridge export --workspace Acme > people.csv
  aisoule-bridge export --workspace Acme --format scim --output acme.jsonl
  aisoule-bridge export --workspace Acme --format bridge --with-secrets --output acme.bridge";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Scim,
    Bridge,
}

const FORMATS: &[(&str, Format)] = &[("csv", Format::Csv), ("scim", Format::Scim), ("bridge", Format::Bridge)];

#[derive(Debug, Args)]
pub struct ExportCommand {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// In which form
    #[arg(long, value_name = "csv|scim|bridge", default_value = "csv", value_parser = one_of(FORMATS))]
    format: Format,
    /// Into this file, which only its owner can read; nothing said: to stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With the hashes of passwords
    #[arg(long)]
    with_secrets: bool,
}

/// Where an export goes.
struct Sink(Box<dyn Write + Send>);

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.0.write_all(bytes).map_err(failed)
    }

    /// Writes one value on one line.
    fn line(&mut self, value: &Value) -> Result<(), CliError> {
        serde_json::to_writer(&mut self.0, value).map_err(|error| failed(error.into()))?;
        self.write(b"\n")
    }
}

fn failed(error: std::io::Error) -> CliError {
    match error.kind() {
        ErrorKind::BrokenPipe => CliError::Unheard,
        _ => CliError::Io("the export can't be written", error),
    }
}

impl ExportCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        if self.with_secrets && self.format != Format::Bridge {
            return Err(CliError::Said("--with-secrets goes with --format bridge alone".into()));
        }
        let workspace = at.workspace(&self.workspace).await?;
        let sink: Box<dyn Write + Send> = match &self.output {
            None => Box::new(BufWriter::new(std::io::stdout())),
            Some(path) => {
                let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
                Box::new(BufWriter::new(file.map_err(failed)?))
            }
        };
        let mut sink = Sink(sink);
        let mut conn = at.store.read().await?;
        // All of it as it was at one moment, whatever the server does meanwhile.
        conn.run(statements::SNAPSHOT).await?;
        let done = match self.format {
            Format::Csv => table::write(&mut conn, &workspace, &mut sink).await,
            Format::Scim => resources::write(&mut conn, &workspace, &mut sink).await,
            Format::Bridge => bridge::write(&mut conn, &workspace, &mut sink, self.with_secrets).await,
        };
        conn.run(statements::ROLLBACK).await?;
        done?;
        sink.0.flush().map_err(failed)
    }
}

/// Users, a page at a time: the protected accounts first, then the others, each in the order in which they came.
struct People {
    protected: Option<bool>,
    after: Uuid,
}

impl People {
    const fn of(protected: bool) -> Self {
        Self { protected: Some(protected), after: Uuid::nil() }
    }

    /// The next page; an empty one at the end.
    async fn page(&mut self, conn: &mut Conn, workspace: &Workspace) -> Result<Vec<User>, CliError> {
        while let Some(protected) = self.protected {
            let rows = transfer::users(conn, workspace.id, protected, self.after).await?;
            if let Some(last) = rows.last() {
                self.after = last.shown.id;
                return Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?);
            }
            (self.protected, self.after) = (protected.then_some(false), Uuid::nil());
        }
        Ok(Vec::new())
    }
}
