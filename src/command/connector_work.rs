//! What a connector does: turning what happened into work, and noting what became of it. Nothing here is told to anybody:
//! what was decided was told when it was.

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use super::connectors::existing;
use super::mails::{Letter, post_to_admins};
use super::{Change, Command, CommandError, Subject};
use crate::ids::{ReportId, RoleId, TeamId, UserId, WorkspaceId};
use crate::store::connector_links::{self, LinkRow};
use crate::store::connectors::{self, NewWork, WorkRow};
use crate::store::{moment, outbox};

/// What happened to a user by which nothing changes that the other side knows.
const BESIDES: [&str; 4] =
    ["user.password_changed", "user.password_removed", "user.password_reset", "user.reset_requested"];
/// What happens to somebody who leaves.
const LEAVING: [&str; 3] = ["user.deactivated", "user.deleted", "user.parked"];

/// Turns what happened since the last time into work; gives whether there is more of it.
pub struct Feed {
    /// Where.
    pub workspace: WorkspaceId,
    /// So many events at the most.
    pub most: i64,
}

impl Command for Feed {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.feed"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let Some(row) = connectors::find(change.tx, self.workspace).await? else { return Ok(false) };
        let told = outbox::after(change.tx, self.workspace, row.cursor, self.most).await?;
        let Some(last) = told.last().map(|told| told.seq) else { return Ok(false) };
        if row.cursor > 0 && outbox::oldest(change.tx, self.workspace).await? > row.cursor {
            // What came next may be forgotten: everybody is looked at.
            connectors::fill(change.tx, self.workspace).await?;
        }
        let mut work: Vec<NewWork> = Vec::new();
        for told in &told {
            if told.event == "role.updated" {
                let role = RoleId::parse(&told.subject_id);
                let holders = match role {
                    Some(role) => connector_links::holders(change.tx, self.workspace, role).await?,
                    None => Vec::new(),
                };
                for local_id in holders {
                    if !work.iter().any(|one| one.local_id == local_id) {
                        work.push(NewWork { kind: "user", local_id, rank: 1, seq: told.seq, since: told.at });
                    }
                }
                continue;
            }
            let kind = match told.subject_kind.as_str() {
                "user" if !BESIDES.contains(&told.event.as_str()) => "user",
                "team" => "team",
                _ => continue,
            };
            let id = if kind == "user" {
                UserId::parse(&told.subject_id).map(|id| id.0)
            } else {
                TeamId::parse(&told.subject_id).map(|id| id.0)
            };
            let Some(local_id) = id else { continue };
            let rank = i64::from(!LEAVING.contains(&told.event.as_str()));
            match work.iter_mut().find(|one| (one.kind, one.local_id) == (kind, local_id)) {
                Some(one) => (one.rank, one.seq) = (one.rank.min(rank), told.seq),
                None => work.push(NewWork { kind, local_id, rank, seq: told.seq, since: told.at }),
            }
        }
        connectors::put(change.tx, self.workspace, &work, change.now).await?;
        connectors::advance(change.tx, self.workspace, row.cursor, last).await?;
        Ok(i64::try_from(told.len()).unwrap_or_default() >= self.most)
    }
}

/// Takes or keeps a connector for one bridge for so many seconds; false where another bridge has it, or it does not run.
pub struct LeaseConnector {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which bridge.
    pub holder: Uuid,
    /// For how many seconds; 0: give it back.
    pub seconds: i64,
}

impl Command for LeaseConnector {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.lease"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        if self.seconds == 0 {
            connectors::release(change.tx, self.workspace, self.holder).await?;
            return Ok(false);
        }
        let now = moment::now(change.tx, change.now).await?;
        let until = now + TimeDelta::seconds(self.seconds);
        Ok(connectors::lease(change.tx, self.workspace, self.holder, until, now).await?)
    }
}

/// Notes what is known of a link, or with none that there is none; false, and nothing noted, where another bridge has
/// the connector by now.
pub struct KeepLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose link, where it is to be forgotten.
    pub of: (&'static str, Uuid),
    /// What is known.
    pub link: Option<LinkRow>,
    /// Which bridge, and for how many seconds it keeps the connector.
    pub lease: (Uuid, i64),
}

impl Command for KeepLink {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.link"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let (holder, seconds) = self.lease;
        let row = connectors::find(change.tx, self.workspace).await?;
        if row.and_then(|row| row.lease) != Some(holder) {
            return Ok(false);
        }
        let now = moment::now(change.tx, change.now).await?;
        if !connectors::lease(change.tx, self.workspace, holder, now + TimeDelta::seconds(seconds), now).await? {
            return Ok(false);
        }
        match &self.link {
            Some(link) => connector_links::put(change.tx, link).await?,
            None => connector_links::forget(change.tx, self.workspace, self.of.0, self.of.1).await?,
        }
        Ok(true)
    }
}

/// What became of a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Both sides are equal in it.
    Done,
    /// It is tried again after so many seconds.
    Later {
        /// How many.
        seconds: i64,
        /// Why.
        problem: String,
    },
    /// It waits for somebody's decision.
    Stuck(String),
}

/// Notes what became of a piece of work, unless it has changed again since.
pub struct SettleWork {
    /// The work, as it was begun.
    pub work: WorkRow,
    /// What became of it.
    pub fate: Fate,
    /// What is known of the link afterwards, where that is new.
    pub link: Option<LinkRow>,
    /// Whether the other side has one more Admin: whoever could not leave for being the last one is tried at once.
    pub promoted: bool,
    /// Which bridge did it; where it has the connector no more, nothing is noted.
    pub holder: Uuid,
}

impl Command for SettleWork {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(WorkspaceId(self.work.workspace_id))
    }

    fn name(&self) -> &'static str {
        "connector.settle"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.work.workspace_id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let (workspace, now) = (WorkspaceId(self.work.workspace_id), change.now);
        if connectors::find(change.tx, workspace).await?.and_then(|row| row.lease) != Some(self.holder) {
            return Ok(());
        }
        if let Some(link) = &self.link {
            connector_links::put(change.tx, link).await?;
        }
        match &self.fate {
            Fate::Done => {
                connectors::done(change.tx, &self.work).await?;
                connectors::succeeded(change.tx, workspace, now).await?;
            }
            Fate::Later { seconds, problem } => {
                let due = now + TimeDelta::seconds(*seconds);
                connectors::failed(change.tx, &self.work, due, problem, false).await?;
            }
            Fate::Stuck(problem) => connectors::failed(change.tx, &self.work, now, problem, true).await?,
        }
        if self.promoted {
            connectors::wake(change.tx, workspace, now).await?;
        }
        Ok(())
    }
}

/// Keeps what a comparison found, and puts what is to be mended into the set of work.
pub struct KeepReport {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id of the report.
    pub id: ReportId,
    /// What was found.
    pub report: Value,
    /// What is to be mended: kinds and ids of users and teams.
    pub mend: Vec<(&'static str, Uuid)>,
    /// Of whom it is not certain any more in which remote teams they are.
    pub unsure: Vec<(Uuid, Vec<String>)>,
    /// Whether what differs is mended.
    pub applied: bool,
}

impl Command for KeepReport {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connector.report"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let row = existing(change, self.workspace).await?;
        for (user, teams) in &self.unsure {
            let Some(mut link) = connector_links::find(change.tx, self.workspace, "user", *user).await? else {
                continue;
            };
            let known = link.teams.as_deref().and_then(|teams| serde_json::from_str(teams).ok());
            let mut known: crate::connector::plan::Teams = known.unwrap_or_default();
            known.extend(teams.iter().map(|team| (team.clone(), crate::connector::plan::UNSURE.to_owned())));
            link.teams = serde_json::to_string(&known).ok();
            connector_links::put(change.tx, &link).await?;
        }
        let work = self.mend.iter().map(|(kind, local_id)| NewWork {
            kind,
            local_id: *local_id,
            rank: 1,
            seq: row.cursor,
            since: change.now,
        });
        connectors::put(change.tx, self.workspace, &work.collect::<Vec<_>>(), change.now).await?;
        connector_links::report(change.tx, self.workspace, self.id, change.now, &self.report).await?;
        connectors::set_reconciled(change.tx, self.workspace, change.now, self.applied).await?;
        if row.state == "running" && row.problem.is_some() {
            post_to_admins(change, Letter::ConnectorResumed { url: row.base_url }).await?;
        }
        Ok(())
    }
}
