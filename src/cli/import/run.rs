//! The import itself: things are gathered into batches, each a transaction, and what becomes of each is counted.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::item::{Item, Source};
use super::progress::Progress;
use super::tally::{Seen, Tally};
use crate::cli::CliError;
use crate::command::import::{Import, Manner, MembershipRow, Outcome, Row, Says};
use crate::command::rules::ForGroup;
use crate::command::{CommandError, Commands, Rehearsal, Subject};
use crate::domain::access::Actor;
use crate::domain::group::NewMember;
use crate::ids::{GroupId, UserId, WorkspaceId};
use crate::store::StoreError;
use crate::text::printable;

/// How many rows share a transaction.
const BATCH: usize = 256;
/// How often a batch is tried for which the database has no time.
const TRIES: u32 = 5;

/// Where changes go: into the database, or into a rehearsal.
pub enum Stage {
    /// Into the database.
    Real(Commands),
    /// Into a transaction that is undone.
    Rehearsal(Box<Rehearsal>),
}

impl Stage {
    async fn run(&mut self, make: &(dyn Fn() -> Import + Sync)) -> Result<Vec<Outcome>, CommandError> {
        match self {
            Self::Rehearsal(rehearsal) => rehearsal.run(&make()).await,
            Self::Real(commands) => {
                let mut tries = 0;
                loop {
                    tries += 1;
                    match commands.execute(&Actor::operator(), make()).await {
                        // It does not matter whether it was made after all: a second time changes nothing.
                        Err(CommandError::Store(StoreError::Busy(_))) if tries < TRIES => {}
                        other => return other,
                    }
                }
            }
        }
    }
}

impl Stage {
    /// Notes in the audit log that a row was refused; a rehearsal leaves no trace.
    async fn refused(&self, workspace: WorkspaceId, waiting: &Waiting, error: &CommandError) {
        let Self::Real(commands) = self else { return };
        let (kind, name) = match &waiting.row {
            Row::User(row) => ("user", named(&row.says)),
            Row::Group(profile) => ("group", profile.display_name.clone()),
            _ => ("workspace", String::new()),
        };
        let sentence = format!("line {}: {error}", waiting.line);
        let subject = Subject { kind, id: String::new(), name };
        commands.refused(&Actor::operator(), Some(workspace), "import", subject, sentence).await;
    }
}

/// What the file calls somebody.
fn named(says: &Says) -> String {
    match says {
        Says::Whole(profile) => profile.user_name.clone(),
        Says::Fields { user_name, email, .. } => {
            let email = || email.as_ref().map(|email| email.as_str().to_owned());
            user_name.clone().or_else(email).unwrap_or_default()
        }
    }
}

/// A row that waits for its batch.
struct Waiting {
    line: u64,
    /// The file's id for it, for what names it later.
    id: Option<String>,
    row: Row,
}

/// An import under way.
pub struct Run {
    pub(super) stage: Stage,
    workspace: WorkspaceId,
    manner: Manner,
    batch: Vec<Waiting>,
    /// The ids here of the file's users and groups.
    ids: HashMap<String, Uuid>,
    seen: Seen,
    pub(super) tally: Tally,
    pub(super) progress: Progress,
}

impl Run {
    pub(super) fn new(stage: Stage, workspace: WorkspaceId, manner: Manner, progress: Progress) -> Self {
        let (batch, ids) = (Vec::new(), HashMap::new());
        Self { stage, workspace, manner, batch, ids, seen: Seen::default(), tally: Tally::default(), progress }
    }

    /// Brings in everything.
    ///
    /// # Errors
    /// [`CliError`] where the database fails; what was brought in until then stays.
    pub(super) async fn all(&mut self, source: &mut dyn Source) -> Result<(), CliError> {
        while let Some((line, said)) = source.next() {
            match said {
                Err(why) => self.failed(line, &why),
                Ok(items) => {
                    for item in items {
                        self.take(line, item).await?;
                    }
                }
            }
            if self.batch.len() >= BATCH {
                self.settle().await?;
                self.progress.at(source.position(), line, self.tally.rows, self.tally.failed);
            }
        }
        self.settle().await
    }

    fn failed(&mut self, line: u64, why: &str) {
        self.tally.fail();
        self.progress.say(&format!("line {line}: {}", printable(why)));
    }

    async fn take(&mut self, line: u64, item: Item) -> Result<(), CliError> {
        if self.batch.last().is_some_and(|last| !Tally::is_alike(&last.row, &item)) {
            self.settle().await?;
        }
        if let Item::User { row, .. } = &item
            && let Some((what, first)) = self.seen.twice(row, line)
        {
            self.failed(line, &format!("has the same {what} as line {first}"));
            return Ok(());
        }
        match self.row(item) {
            Ok((id, row)) => self.batch.push(Waiting { line, id, row }),
            Err(why) => self.failed(line, &why),
        }
        Ok(())
    }

    /// The id here of what the file calls so; an id of this database may also be named outright.
    fn id(&self, name: &str) -> Result<Uuid, String> {
        let known = self.ids.get(name).copied().or_else(|| UserId::parse(name).map(|id| id.0));
        known.ok_or_else(|| format!("names \"{name}\", and there is no such user or group in the file"))
    }

    fn row(&self, item: Item) -> Result<(Option<String>, Row), String> {
        Ok(match item {
            Item::Role(row) => (None, Row::Role(row)),
            Item::Team(row) => (None, Row::Team(row)),
            Item::User { id, row } => (id, Row::User(row)),
            Item::Manager { user, manager } => {
                (None, Row::Manager { user: UserId(self.id(&user)?), manager: UserId(self.id(&manager)?) })
            }
            Item::Group { id, profile } => (id, Row::Group(profile)),
            Item::Rule { group, mut row } => {
                if let Some(group) = group {
                    row.group = ForGroup::Id(GroupId(self.id(&group)?));
                }
                (None, Row::Rule(row))
            }
            Item::Members { group, members } => {
                let member = |name: &String| Ok(NewMember { id: self.id(name)?, kind: None });
                let members = members.iter().map(member).collect::<Result<_, String>>()?;
                (None, Row::Members { group: GroupId(self.id(&group)?), members })
            }
            Item::Membership { team, user, role, kept_out } => {
                let user = UserId(self.id(&user)?);
                (None, Row::Membership(MembershipRow { team, user, role, kept_out }))
            }
        })
    }

    /// Brings in what waits.
    async fn settle(&mut self) -> Result<(), CliError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        match self.bring(&batch).await {
            Ok(outcomes) => {
                for (waiting, outcome) in batch.into_iter().zip(outcomes) {
                    self.note(waiting, outcome).await;
                }
            }
            Err(CommandError::Store(error)) => return Err(self.stopped(batch.first(), error)),
            // One of them was refused half-way, and the batch with it.
            Err(_) => {
                for waiting in batch {
                    let outcome = match self.bring(std::slice::from_ref(&waiting)).await {
                        Ok(mut outcomes) => outcomes.pop().unwrap_or(Err(CommandError::NotFound)),
                        Err(CommandError::Store(error)) => return Err(self.stopped(Some(&waiting), error)),
                        Err(error) => Err(error),
                    };
                    self.note(waiting, outcome).await;
                }
            }
        }
        Ok(())
    }

    async fn bring(&mut self, batch: &[Waiting]) -> Result<Vec<Outcome>, CommandError> {
        let rows: Arc<[Row]> = batch.iter().map(|waiting| waiting.row.clone()).collect();
        let (workspace, manner) = (self.workspace, self.manner);
        self.stage.run(&|| Import { workspace, rows: Arc::clone(&rows), manner }).await
    }

    fn stopped(&self, at: Option<&Waiting>, error: StoreError) -> CliError {
        let line = at.map_or(0, |waiting| waiting.line);
        self.progress.say(&format!("Stopped at line {line}; run the same command again to go on."));
        CliError::Store(error)
    }

    async fn note(&mut self, waiting: Waiting, outcome: Outcome) {
        match outcome {
            Ok((what, id)) => {
                if let Some(name) = waiting.id {
                    self.ids.insert(name, id);
                }
                self.tally.note(&waiting.row, what);
            }
            Err(error) => {
                if error.is_refusal() {
                    self.stage.refused(self.workspace, &waiting, &error).await;
                }
                self.failed(waiting.line, &said(&error));
            }
        }
    }
}

/// A refusal in the command line's words.
fn said(error: &CommandError) -> String {
    match error {
        CommandError::Owned { field, detail } => {
            format!("{field}: {detail}; give --as-provider or --overrule to change it all the same")
        }
        other => other.to_string(),
    }
}
