//! One connector at work: takes what is due, several at once but nobody twice, and settles what became of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Bad, Catalogue, LEASE, LOOK, Parts, Session, reconcile, team, user};
use crate::command::CommandError;
use crate::command::connector_work::{Fate, Feed, LeaseConnector, SettleWork};
use crate::command::connectors::{Switch, SwitchConnector};
use crate::connector::Trouble;
use crate::domain::access::Actor;
use crate::ids::{RequestId, WorkspaceId};
use crate::store::connector_links::LinkRow;
use crate::store::connectors::{self, ConnectorRow, WorkRow};
use crate::store::outbox;

/// How many users are on their way at once, and how many more of those who leave.
const AT_ONCE: (usize, usize) = (4, 2);
/// How many events are turned into work in one transaction.
const FEED: i64 = 500;
/// How long what happens is gathered before it is turned into work.
const GATHER: Duration = Duration::from_millis(20);
/// The first pause after a failure, and the longest, seconds.
const PAUSES: (i64, i64) = (2, 600);
/// After so many failures in a row one is tried at a time, after longer and longer pauses.
const PATIENCE: u32 = 3;
/// After so many refusals of one thing somebody has to decide.
const DENIALS: i64 = 3;
/// The longest of those pauses.
const LONGEST: Duration = Duration::from_mins(1);

/// What came of a task.
enum Ended {
    Work(Box<Worked>),
    Reconciled(Result<(), Bad>),
}

/// Why a round begins.
enum Woken {
    Stopping,
    Ended(Option<Ended>),
    News,
}

struct Worked {
    work: WorkRow,
    done: Result<(), Bad>,
    link: Option<LinkRow>,
}

struct Runner {
    parts: Arc<Parts>,
    workspace: WorkspaceId,
    holder: Uuid,
    session: Option<Arc<Session>>,
    tasks: JoinSet<Ended>,
    busy: HashSet<(String, Uuid)>,
    urgent: usize,
    reconciling: bool,
    leased_until: Option<Instant>,
    failures: u32,
    hold: Option<Instant>,
}

/// Works until the connector does not run any more, another bridge has it, or the bridge stops.
pub(super) async fn run(parts: Arc<Parts>, workspace: WorkspaceId, mut stopping: watch::Receiver<bool>) {
    let mut news = parts.commands.news();
    let mut runner = Runner {
        parts,
        workspace,
        holder: RequestId::fresh().0,
        session: None,
        tasks: JoinSet::new(),
        busy: HashSet::new(),
        urgent: 0,
        reconciling: false,
        leased_until: None,
        failures: 0,
        hold: None,
    };
    loop {
        match runner.round().await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => tracing::warn!(?error, %workspace, "a connector could not go on; it tries again in a second"),
        }
        let woken = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => Woken::Stopping,
            Some(ended) = runner.tasks.join_next() => Woken::Ended(ended.ok()),
            Ok(()) = news.changed() => Woken::News,
            () = sleep(LOOK) => Woken::News,
        };
        match woken {
            Woken::Stopping => break,
            Woken::Ended(Some(ended)) => runner.ended(ended).await,
            // Whoever fell over let go of nothing: it is taken again.
            Woken::Ended(None) => runner.forget(),
            // What comes in a moment is taken along.
            Woken::News => sleep(GATHER).await,
        }
    }
    while let Some(ended) = runner.tasks.join_next().await {
        if let Ok(ended) = ended {
            runner.ended(ended).await;
        }
    }
    let release = LeaseConnector { workspace, holder: runner.holder, seconds: 0 };
    if let Err(error) = runner.parts.commands.execute(&Actor::system(), release).await {
        tracing::warn!(%error, %workspace, "a connector could not be given back; its lease runs out");
    }
}

impl Runner {
    fn forget(&mut self) {
        (self.reconciling, self.urgent) = (false, 0);
        self.busy.clear();
    }

    /// Begins what is due; false where there is nothing to do for this bridge any more.
    async fn round(&mut self) -> Result<bool, Bad> {
        let row = connectors::find(&mut self.parts.store.read().await?, self.workspace).await?;
        let Some(row) = row.filter(|row| row.state == "running") else { return Ok(false) };
        if !self.lease().await? {
            return Ok(false);
        }
        let Some(session) = self.session(&row).await? else { return Ok(false) };
        self.feed(&row).await?;
        if self.hold.is_some_and(|until| until > Instant::now()) {
            return Ok(true);
        }
        let (most, more) = if self.failures >= PATIENCE { (1, 0) } else { AT_ONCE };
        let now = self.parts.clock.now();
        for rank in [0, 1] {
            let room = match rank {
                0 => (most + more).saturating_sub(self.busy.len()),
                _ => most.saturating_sub(self.busy.len() - self.urgent.min(self.busy.len())),
            };
            if room == 0 || (rank == 1 && self.failures >= PATIENCE && !self.busy.is_empty()) {
                continue;
            }
            let asked = i64::try_from(room + self.busy.len()).unwrap_or(1);
            let due = connectors::due(&mut self.parts.store.read().await?, self.workspace, rank, now, asked).await?;
            let free: Vec<WorkRow> =
                due.into_iter().filter(|work| !self.busy.contains(&key(work))).take(room).collect();
            for work in free {
                self.begin(&session, work);
            }
        }
        self.reconcile(&session, &row);
        Ok(true)
    }

    fn begin(&mut self, session: &Arc<Session>, work: WorkRow) {
        self.busy.insert(key(&work));
        self.urgent += usize::from(work.rank == 0);
        let session = Arc::clone(session);
        self.tasks.spawn(async move {
            let mut link = None;
            let done = match work.kind.as_str() {
                "team" => team::sync(&session, &work).await,
                _ => user::sync(&session, &work, &mut link).await,
            };
            Ended::Work(Box::new(Worked { work, done, link }))
        });
    }

    fn reconcile(&mut self, session: &Arc<Session>, row: &ConnectorRow) {
        let profile = session.remote.profile();
        let hours = TimeDelta::hours(i64::from(profile.reconcile_hours));
        let since = row.reconciled_at.unwrap_or(row.created_at);
        let is_due = profile.reconcile_hours > 0 && since + hours <= self.parts.clock.now();
        if self.reconciling || !(is_due || row.wanted.is_some()) {
            return;
        }
        let apply = row.wanted.as_deref().map_or(profile.reconcile_applies, |wanted| wanted == "apply");
        let session = Arc::clone(session);
        self.reconciling = true;
        self.tasks.spawn(async move {
            let done = reconcile::reconcile(&session.parts, &session.row, &session.remote, apply).await;
            Ended::Reconciled(done.map(drop))
        });
    }

    async fn lease(&mut self) -> Result<bool, Bad> {
        let half = Duration::from_secs(LEASE.unsigned_abs() / 2);
        if self.leased_until.is_some_and(|until| until > Instant::now() + half) {
            return Ok(true);
        }
        let at = Instant::now();
        let command = LeaseConnector { workspace: self.workspace, holder: self.holder, seconds: LEASE };
        let has = self.parts.commands.execute(&Actor::system(), command).await?;
        self.leased_until = has.then_some(at + half * 2);
        Ok(has)
    }

    async fn session(&mut self, row: &ConnectorRow) -> Result<Option<Arc<Session>>, Bad> {
        if let Some(session) = self.session.as_ref().filter(|session| session.is_current(row)) {
            return Ok(Some(Arc::clone(session)));
        }
        match self.parts.remote(row) {
            Ok(remote) => {
                let (parts, row, catalogue) = (Arc::clone(&self.parts), row.clone(), Catalogue::default());
                let session = Arc::new(Session { parts, row, remote, catalogue, holder: self.holder });
                self.session = Some(Arc::clone(&session));
                (self.failures, self.hold) = (0, None);
                Ok(Some(session))
            }
            Err(why) => {
                self.stop(why).await?;
                Ok(None)
            }
        }
    }

    async fn feed(&self, row: &ConnectorRow) -> Result<(), Bad> {
        if outbox::last(&mut self.parts.store.read().await?, self.workspace).await? <= row.cursor {
            return Ok(());
        }
        let feed = || Feed { workspace: self.workspace, most: FEED };
        while self.parts.commands.execute(&Actor::system(), feed()).await? {}
        Ok(())
    }

    async fn stop(&self, why: String) -> Result<(), CommandError> {
        tracing::warn!(workspace = %self.workspace, why, "a connector stops until somebody resumes it");
        let command = SwitchConnector { workspace: self.workspace, to: Switch::Stop(why) };
        self.parts.commands.execute(&Actor::system(), command).await.map(drop)
    }

    async fn ended(&mut self, ended: Ended) {
        let Worked { work, done, link } = match ended {
            Ended::Work(worked) => *worked,
            Ended::Reconciled(done) => {
                self.reconciling = false;
                match done {
                    Ok(()) => self.succeeded(),
                    Err(Bad::Trouble(Trouble::Refused { said, status })) => {
                        self.refused(&Trouble::Refused { said, status }).await;
                    }
                    Err(bad) => {
                        tracing::warn!(?bad, workspace = %self.workspace, "both sides could not be compared");
                        self.failed();
                    }
                }
                return;
            }
        };
        self.busy.remove(&key(&work));
        self.urgent = self.urgent.saturating_sub(usize::from(work.rank == 0));
        let fate = match done {
            Ok(()) => {
                self.succeeded();
                Fate::Done
            }
            Err(Bad::Trouble(trouble)) => match trouble {
                Trouble::Refused { .. } => return self.refused(&trouble).await,
                Trouble::Busy(wait) => {
                    let seconds = i64::try_from(wait.as_secs()).unwrap_or(PAUSES.1).clamp(1, PAUSES.1);
                    Fate::Later { seconds, problem: said(&trouble) }
                }
                Trouble::Conflict { .. } | Trouble::Invalid(_) => {
                    denied(&work, format!("the remote workspace won't have it: {}", said(&trouble)))
                }
                Trouble::Unreachable(_) | Trouble::Uncertain(_) => {
                    self.failed();
                    later(&work, said(&trouble))
                }
                Trouble::Missing | Trouble::NotNow(_) => later(&work, said(&trouble)),
            },
            Err(Bad::Stuck(why)) => Fate::Stuck(why),
            Err(Bad::Denied(why)) => denied(&work, why),
            Err(Bad::Wait(why)) => later(&work, why),
            Err(Bad::Unleased) => {
                self.leased_until = None;
                return;
            }
            Err(Bad::Here(error)) => {
                tracing::warn!(error, workspace = %self.workspace, "a connector could not work on somebody");
                return;
            }
        };
        if let Fate::Later { problem, .. } | Fate::Stuck(problem) = &fate {
            tracing::info!(workspace = %self.workspace, kind = work.kind, id = %work.local_id, problem, "not synced");
        }
        if let Err(error) = self.parts.commands.execute(&Actor::system(), SettleWork { work, fate, link }).await {
            tracing::warn!(%error, workspace = %self.workspace, "what a connector did could not be noted; it is done again");
        }
    }

    async fn refused(&self, trouble: &Trouble) {
        let how = "give another with `connector key`, or mend its permissions there and `connector resume`";
        if let Err(error) = self.stop(format!("the remote workspace: {trouble}; {how}")).await {
            tracing::warn!(%error, workspace = %self.workspace, "a connector could not be stopped");
        }
    }

    const fn succeeded(&mut self) {
        (self.failures, self.hold) = (0, None);
    }

    fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= PATIENCE {
            let pause = Duration::from_secs(1 << (self.failures - PATIENCE).min(6)).min(LONGEST);
            self.hold = Some(Instant::now() + pause);
        }
    }
}

fn key(work: &WorkRow) -> (String, Uuid) {
    (work.kind.clone(), work.local_id)
}

fn said(trouble: &Trouble) -> String {
    trouble.to_string()
}

/// Once more, as long as it may have been a moment's mood.
fn denied(work: &WorkRow, problem: String) -> Fate {
    if work.attempts < DENIALS { later(work, problem) } else { Fate::Stuck(problem) }
}

/// Later: twice as long after each attempt, and never quite the same for two.
fn later(work: &WorkRow, problem: String) -> Fate {
    let (first, longest) = PAUSES;
    let doubled = u32::try_from(work.attempts.clamp(0, 20)).unwrap_or_default();
    let pause = first.saturating_mul(1_i64 << doubled).min(longest);
    let lot = [work.local_id.as_bytes().as_slice(), &work.attempts.to_be_bytes()].concat();
    let spread = i64::from(crc32fast::hash(&lot) % 300);
    Fate::Later { seconds: (pause - pause * spread / 1_000).max(1), problem }
}
