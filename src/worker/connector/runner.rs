//! One connector at work: takes what is due, several at once but nobody twice, and settles what became of it.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use super::{Bad, Catalogue, LEASE, LOOK, Parts, Session, reconcile, team, user};
use crate::command::CommandError;
use crate::command::connector_work::{Fate, Feed, LeaseConnector, SettleWork};
use crate::command::connectors::{Switch, SwitchConnector};
use crate::connector::Trouble;
use crate::domain::access::Actor;
use crate::ids::{RequestId, WorkspaceId};
use crate::store::connectors::{self, ConnectorRow, WorkRow};
use crate::store::outbox;

/// How many users are on their way at once, and how many more of those who leave.
const AT_ONCE: (usize, usize) = (4, 2);
/// After so long the lease is made longer, so that it always holds for longer than any request.
const RENEW: Duration = Duration::from_secs(10);
/// Whatever only waits for something else is tried again at least as often as after so many attempts.
const SOON: i64 = 3;
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
/// For how long what is on its way is waited for when the bridge stops, less than the bridge waits for this.
const GOODBYE: Duration = Duration::from_secs(4);
/// How long a request that was sent gets to be answered before something else is begun in its place.
const SETTLING: Duration = Duration::from_secs(5);
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
    left: user::Left,
}

struct Runner {
    parts: Arc<Parts>,
    workspace: WorkspaceId,
    holder: Uuid,
    session: Option<Arc<Session>>,
    tasks: JoinSet<Ended>,
    /// Who is on their way, and whether they go before everybody else.
    busy: HashMap<(String, Uuid), Arc<AtomicBool>>,
    urgent: usize,
    reconciling: bool,
    /// How often in a row both sides could not be compared, and until when that is left alone.
    uncompared: (u32, Option<Instant>),
    /// Until when the lease holds; what is sent looks at it as well.
    leased_until: Arc<Mutex<Instant>>,
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
        busy: HashMap::new(),
        urgent: 0,
        reconciling: false,
        uncompared: (0, None),
        leased_until: Arc::new(Mutex::new(Instant::now())),
        failures: 0,
        hold: None,
    };
    let is_stopping = loop {
        match runner.round().await {
            Ok(true) => {}
            Ok(false) => break false,
            Err(error) => tracing::warn!(?error, %workspace, "a connector could not go on; it tries again in a second"),
        }
        let woken = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => Woken::Stopping,
            Some(ended) = runner.tasks.join_next() => Woken::Ended(ended.ok()),
            Ok(()) = news.changed() => Woken::News,
            () = sleep(LOOK) => Woken::News,
        };
        match woken {
            Woken::Stopping => break true,
            Woken::Ended(Some(ended)) => runner.ended(ended).await,
            // Whoever fell over let go of nothing: it is taken again.
            Woken::Ended(None) => runner.drop_all().await,
            // What comes in a moment is taken along.
            Woken::News => sleep(GATHER).await,
        }
    };
    // Whoever has the connector no more must not go on; whoever only stops lets arrive what is on its way.
    let until = Instant::now() + GOODBYE;
    if is_stopping {
        runner.arrive(until).await;
    }
    runner.drop_all().await;
    let release = LeaseConnector { workspace, holder: runner.holder, seconds: 0 };
    if let Err(error) = runner.parts.commands.execute(&Actor::system(), release).await {
        tracing::warn!(%error, %workspace, "a connector could not be given back; its lease runs out");
    }
}

impl Runner {
    /// Waits for what is on its way.
    async fn arrive(&mut self, until: Instant) {
        while let Ok(Some(ended)) = timeout_at(until, self.tasks.join_next()).await {
            if let Ok(ended) = ended {
                self.ended(ended).await;
            }
        }
    }

    /// Ends whatever is on its way, and waits until nothing of it can go on: no request is begun any more, and one that was
    /// sent is not left alone, so that it can't arrive after what is done next. What is not done is done again.
    async fn drop_all(&mut self) {
        self.set_lease(Instant::now());
        self.arrive(Instant::now() + SETTLING).await;
        self.tasks.shutdown().await;
        (self.reconciling, self.urgent) = (false, 0);
        self.busy.clear();
    }

    /// Begins what is due; false where there is nothing to do for this bridge any more.
    async fn round(&mut self) -> Result<bool, Bad> {
        let row = connectors::find(&mut self.parts.store.read().await?, self.workspace).await?;
        let Some(row) = row.filter(|row| row.state == "running") else { return Ok(false) };
        if self.session.as_ref().is_some_and(|session| !session.is_current(&row)) {
            // What was begun under other terms ends: it could undo what is done under the new ones.
            self.drop_all().await;
            self.session = None;
        }
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
            // Whoever is on their way already and leaves now is hurried along even where there is no room.
            if rank == 1 && (room == 0 || (self.failures >= PATIENCE && !self.busy.is_empty())) {
                continue;
            }
            let asked = i64::try_from(room + self.busy.len()).unwrap_or(1);
            let due = connectors::due(&mut self.parts.store.read().await?, self.workspace, rank, now, asked).await?;
            for urgent in due.iter().filter(|_| rank == 0).filter_map(|work| self.busy.get(&key(work))) {
                session.remote.hurry(urgent);
            }
            let free: Vec<WorkRow> =
                due.into_iter().filter(|work| !self.busy.contains_key(&key(work))).take(room).collect();
            for work in free {
                self.begin(&session, work);
            }
        }
        self.reconcile(&session, &row);
        Ok(true)
    }

    fn begin(&mut self, session: &Arc<Session>, work: WorkRow) {
        let urgent = Arc::new(AtomicBool::new(work.rank == 0));
        self.busy.insert(key(&work), Arc::clone(&urgent));
        self.urgent += usize::from(work.rank == 0);
        let session = Arc::clone(session);
        self.tasks.spawn(async move {
            let mut left = user::Left::default();
            let done = match work.kind.as_str() {
                "team" => team::sync(&session, &work).await,
                _ => user::sync(&session, &work, urgent, &mut left).await,
            };
            Ended::Work(Box::new(Worked { work, done, left }))
        });
    }

    fn reconcile(&mut self, session: &Arc<Session>, row: &ConnectorRow) {
        let profile = session.remote.profile();
        let hours = TimeDelta::hours(i64::from(profile.reconcile_hours));
        let since = row.reconciled_at.unwrap_or(row.created_at);
        let is_due = profile.reconcile_hours > 0 && since + hours <= self.parts.clock.now();
        let is_early = self.uncompared.1.is_some_and(|until| until > Instant::now());
        if self.reconciling || is_early || !(is_due || row.wanted.is_some()) {
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
        let (whole, at) = (Duration::from_secs(LEASE.unsigned_abs()), Instant::now());
        let until = *self.leased_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until > at + whole.saturating_sub(RENEW) {
            return Ok(true);
        }
        let command = LeaseConnector { workspace: self.workspace, holder: self.holder, seconds: LEASE };
        let has = self.parts.commands.execute(&Actor::system(), command).await?;
        self.set_lease(if has { at + whole } else { at });
        Ok(has)
    }

    fn set_lease(&self, until: Instant) {
        *self.leased_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    async fn session(&mut self, row: &ConnectorRow) -> Result<Option<Arc<Session>>, Bad> {
        if let Some(session) = &self.session {
            return Ok(Some(Arc::clone(session)));
        }
        match self.parts.remote(row) {
            Ok(remote) => {
                let remote = remote.until(Arc::clone(&self.leased_until));
                let (parts, row, catalogue) = (Arc::clone(&self.parts), row.clone(), Catalogue::default());
                let session = Arc::new(Session { parts, row, remote, catalogue, holder: self.holder });
                self.session = Some(Arc::clone(&session));
                (self.failures, self.hold) = (0, None);
                Ok(Some(session))
            }
            Err(why) => {
                self.stop(why, row).await?;
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

    async fn stop(&self, why: String, row: &ConnectorRow) -> Result<(), CommandError> {
        tracing::warn!(workspace = %self.workspace, why, "a connector stops until somebody resumes it");
        let command = SwitchConnector { workspace: self.workspace, to: Switch::Stop { why, key: row.api_key.clone() } };
        self.parts.commands.execute(&Actor::system(), command).await.map(drop)
    }

    async fn ended(&mut self, ended: Ended) {
        let Worked { work, done, left } = match ended {
            Ended::Work(worked) => *worked,
            Ended::Reconciled(done) => {
                self.reconciling = false;
                match done {
                    Ok(()) => {
                        self.uncompared = (0, None);
                        self.succeeded();
                    }
                    Err(Bad::Unleased) => self.set_lease(Instant::now()),
                    Err(Bad::Trouble(Trouble::Refused { said, status })) => {
                        self.refused(&Trouble::Refused { said, status }).await;
                    }
                    Err(bad) => {
                        tracing::warn!(?bad, workspace = %self.workspace, "both sides could not be compared");
                        let times = self.uncompared.0.min(7);
                        let pause = Duration::from_secs(5 << times);
                        self.uncompared = (times + 1, Some(Instant::now() + pause));
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
            Err(Bad::Trouble(Trouble::NotOurs) | Bad::Unleased) => return self.set_lease(Instant::now()),
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
                Trouble::Missing | Trouble::NotNow(_) | Trouble::NotOurs => later(&work, said(&trouble)),
            },
            Err(Bad::Stuck(why)) => Fate::Stuck(why),
            Err(Bad::Denied(why)) => later(&work, why),
            Err(Bad::Wait(why)) => later(&WorkRow { attempts: work.attempts.min(SOON), ..work.clone() }, why),
            Err(Bad::Here(error)) => {
                tracing::warn!(error, workspace = %self.workspace, "a connector could not work on somebody");
                return;
            }
        };
        if let Fate::Later { problem, .. } | Fate::Stuck(problem) = &fate {
            tracing::info!(workspace = %self.workspace, kind = work.kind, id = %work.local_id, problem, "not synced");
        }
        let settle = SettleWork { work, fate, link: left.link, promoted: left.promoted, holder: self.holder };
        if let Err(error) = self.parts.commands.execute(&Actor::system(), settle).await {
            tracing::warn!(%error, workspace = %self.workspace, "what a connector did could not be noted; it is done again");
        }
    }

    async fn refused(&self, trouble: &Trouble) {
        let how = "give another with `connector key`, or mend its permissions there and `connector resume`";
        let Some(session) = &self.session else { return };
        if let Err(error) = self.stop(format!("the remote workspace: {trouble}; {how}"), &session.row).await {
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
