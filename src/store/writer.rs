//! The single write path: changes wait in a queue, and whatever waits together is committed together.
//!
//! A lane is one task that owns one transaction at a time. It takes the first change that waits and every further one of
//! the same workspace (on SQLite: of any), runs them one after the other, and commits once: one flush to disk for all of
//! them. Every caller hears of its own outcome, and only after the commit. A change that is refused before it wrote
//! anything costs nothing; one that fails half-way makes the lane begin again with a savepoint around each, so that it
//! takes nobody with it. A caller that goes away does not interrupt its change; one that has not begun is left out, so
//! that callers who give up don't leave a queue behind them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::chain::Keeper;
use super::error::StoreError;
use super::tx::Tx;
use super::work::{AsStoreError, Call, Outcome, Queued, Work};
use super::{Database, statements};
use crate::ids::WorkspaceId;
use crate::metrics::Writes;
use crate::telemetry;

/// How many changes may share one commit.
const MOST_SHARED: usize = 64;
/// What a timer can tell.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// How long a lane waits at the most for those who shared the last commit to come back with more.
const LONGEST_WAIT: Duration = Duration::from_millis(4);
/// How long a lane goes on adding changes to a transaction that it could commit.
const LONGEST_SHARED: Duration = Duration::from_millis(20);
/// How many changes may wait in one lane; beyond that callers hear that the database is busy.
const MOST_WAITING: usize = 2_048;
/// How often a transaction is repeated that the database undid in favour of another one.
const MOST_REPEATS: u32 = 3;

/// The queues of all lanes.
#[derive(Clone)]
pub struct Writer {
    lanes: Arc<[mpsc::Sender<Box<dyn Queued>>]>,
    patience: Duration,
    writes: Writes,
}

impl Writer {
    /// Starts the lanes: one for SQLite, which has one writer, and `lanes` for PostgreSQL, to which workspaces are
    /// dealt out. `patience` is how long a caller waits for its outcome.
    #[must_use]
    pub fn start(database: &Database, keeper: &Keeper, lanes: usize, patience: Duration) -> Self {
        let lanes = if database.is_postgres() { lanes.max(1) } else { 1 };
        let writes = Writes::default();
        let start = |_| {
            let (sender, receiver) = mpsc::channel(MOST_WAITING);
            let lane = Lane {
                database: database.clone(),
                keeper: keeper.clone(),
                receiver,
                waiting: VecDeque::new(),
                last_shared: 0,
                commit: Duration::ZERO,
                writes: writes.clone(),
            };
            tokio::spawn(lane.work());
            sender
        };
        Self { lanes: (0..lanes).map(start).collect(), patience, writes }
    }

    /// What is counted.
    #[must_use]
    pub const fn writes(&self) -> &Writes {
        &self.writes
    }

    /// How many changes wait in each lane.
    #[must_use]
    pub fn waiting(&self) -> Vec<usize> {
        self.lanes.iter().map(|lane| lane.max_capacity() - lane.capacity()).collect()
    }

    /// Makes a change and waits until it is on disk.
    ///
    /// # Errors
    /// What the change says, or a [`StoreError`]: `Busy` where the queue is full or the wait too long.
    pub async fn write<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        let is_failure = |done: &Result<W::Output, W::Error>| {
            done.as_ref().err().is_some_and(|error| error.as_store_error().is_some())
        };
        telemetry::child("write transaction", self.write_now(work), is_failure).await
    }

    async fn write_now<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        let lane = match work.workspace().map(|id| id.0).or(work.alone()) {
            Some(id) => usize::from(id.as_bytes()[15]) % self.lanes.len(),
            None => self.lanes.len() - 1,
        };
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Call::new(work, reply));
        let busy = |text: &str| W::Error::from(StoreError::Busy(text.to_owned()));
        let Some(lane) = self.lanes.get(lane) else { return Err(busy("no writer")) };
        lane.try_send(call).map_err(|_| busy("too many changes are waiting"))?;
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::ConnectionLost("the writer stopped".into()).into()),
            Err(_) => Err(busy("the change waits too long; it may still be made")),
        }
    }
}

/// How a shared transaction ended.
enum Ended {
    /// Committed, or there was nothing to commit.
    Settled,
    /// One change failed half-way: begin again with a savepoint around each.
    Isolate,
    /// Everything was undone.
    Undone(StoreError),
}

/// Who may share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Everybody.
    All,
    /// Changes of one workspace, or those of none.
    Of(Option<WorkspaceId>),
    /// Nobody else.
    Nobody,
}

impl Company {
    fn of(first: Option<&dyn Queued>, is_postgres: bool) -> Self {
        match first {
            Some(first) if is_postgres && first.is_alone() => Self::Nobody,
            Some(first) if is_postgres => Self::Of(first.workspace()),
            _ => Self::All,
        }
    }

    fn suits(self, call: &dyn Queued) -> bool {
        match self {
            Self::All => true,
            Self::Of(workspace) => !call.is_alone() && call.workspace() == workspace,
            Self::Nobody => false,
        }
    }
}

struct Lane {
    database: Database,
    keeper: Keeper,
    receiver: mpsc::Receiver<Box<dyn Queued>>,
    /// Changes of other workspaces that came in while a transaction was being filled.
    waiting: VecDeque<Box<dyn Queued>>,
    /// How many changes shared the last commit.
    last_shared: usize,
    /// How long a commit takes: what a change saves that waits for the next one.
    commit: Duration,
    writes: Writes,
}

impl Lane {
    async fn work(mut self) {
        while let Some(first) = self.next().await {
            let mut shared = vec![first];
            self.settle(&mut shared).await;
            for call in shared {
                call.reply();
            }
        }
    }

    /// The next change that somebody still waits for.
    async fn next(&mut self) -> Option<Box<dyn Queued>> {
        loop {
            let call = match self.waiting.pop_front() {
                Some(call) => call,
                None => self.receiver.recv().await?,
            };
            if call.is_awaited() {
                return Some(call);
            }
        }
    }

    /// A further change for the open transaction, without waiting for one.
    fn another(&mut self, company: Company) -> Option<Box<dyn Queued>> {
        let fits = |call: &dyn Queued| company.suits(call);
        self.waiting.retain(|call| call.is_awaited());
        if let Some(at) = self.waiting.iter().position(|call| fits(&**call)) {
            return self.waiting.remove(at);
        }
        while let Ok(call) = self.receiver.try_recv() {
            if !call.is_awaited() {
                continue;
            }
            if fits(&*call) {
                return Some(call);
            }
            self.waiting.push_back(call);
        }
        None
    }

    /// A further change, from one of those who shared the last commit and may be back in a moment: the commit costs more
    /// than that moment, and it costs the same for all of them together. Whoever is alone never waits.
    async fn returning(&mut self, company: Company, until: &mut Option<Instant>) -> Option<Box<dyn Queued>> {
        let patience = (self.commit / 2).min(LONGEST_WAIT);
        let until = *until.get_or_insert_with(|| Instant::now() + patience);
        for _ in 0..4 {
            tokio::task::yield_now().await;
            if let Some(call) = self.another(company) {
                return Some(call);
            }
        }
        while patience >= SHORTEST_WAIT && Instant::now() < until {
            let call = tokio::time::timeout_at(until.into(), self.receiver.recv()).await.ok()??;
            self.waiting.push_back(call);
            if let Some(call) = self.another(company) {
                return Some(call);
            }
        }
        None
    }

    /// Runs the changes until they are committed or have failed for good. More may join while nothing was undone.
    async fn settle(&mut self, shared: &mut Vec<Box<dyn Queued>>) {
        let (mut isolated, mut repeats) = (false, 0);
        loop {
            match self.attempt(shared, isolated).await {
                Ended::Settled => return,
                Ended::Isolate => isolated = true,
                Ended::Undone(error) => {
                    let passing = matches!(error, StoreError::Serialization(_)) && repeats < MOST_REPEATS;
                    if !passing {
                        self.writes.failed.inc();
                        tracing::warn!(error = %error, changes = shared.len(), "a transaction failed");
                        for call in shared.iter_mut() {
                            call.fail(error.clone());
                        }
                        return;
                    }
                    repeats += 1;
                    isolated = true;
                }
            }
        }
    }

    async fn attempt(&mut self, shared: &mut Vec<Box<dyn Queued>>, isolated: bool) -> Ended {
        let started = Instant::now();
        let mut tx = match Tx::begin(&self.database, &self.keeper).await {
            Ok(tx) => tx,
            Err(error) => return Ended::Undone(error),
        };
        let company = Company::of(shared.first().map(|call| &**call), self.database.is_postgres());
        // Before `at` every change was run, and before `seen` what each begins with was read.
        let (mut at, mut seen, mut wait_until) = (0, 0, None);
        loop {
            if !isolated && at < shared.len() {
                if at > 0 && started.elapsed() >= LONGEST_SHARED {
                    // The rest is for the next transaction.
                    for call in shared.drain(at..).rev() {
                        self.waiting.push_front(call);
                    }
                    break;
                }
                if at == seen {
                    // Whoever else waits comes along, so that what they begin with is read together.
                    while shared.len() < MOST_SHARED
                        && let Some(call) = self.another(company)
                    {
                        shared.push(call);
                    }
                    let begin_with =
                        shared.iter().skip(at).filter_map(|call| Some((call.workspace()?, call.begins_with()?)));
                    if let Err(error) = tx.foresee(begin_with.collect()).await {
                        tx.abandon().await;
                        return Ended::Undone(error);
                    }
                    seen = shared.len();
                }
            }
            let alone = shared.len() == 1;
            let Some(call) = shared.get_mut(at) else {
                if isolated || company == Company::Nobody || at >= MOST_SHARED || started.elapsed() >= LONGEST_SHARED {
                    break;
                }
                let call = match self.another(company) {
                    None if at < self.last_shared => self.returning(company, &mut wait_until).await,
                    call => call,
                };
                let Some(call) = call else { break };
                shared.push(call);
                continue;
            };
            match run_one(&mut tx, &mut **call, isolated, alone).await {
                Ok(()) => at += 1,
                Err(ended) => {
                    tx.abandon().await;
                    return ended;
                }
            }
        }
        // Changes join a transaction after it began: a file that was exchanged since would take them along.
        if let Err(error) = self.database.in_place() {
            tx.abandon().await;
            return Ended::Undone(error);
        }
        let committing = Instant::now();
        match tx.finish().await {
            Ok(()) => {
                self.last_shared = shared.len();
                self.writes.committed(shared.len());
                self.commit = (self.commit * 3 + committing.elapsed()) / 4;
                Ended::Settled
            }
            Err(error) => Ended::Undone(error),
        }
    }
}

/// Runs one change. An error means that the whole transaction is to be undone.
async fn run_one(tx: &mut Tx, call: &mut dyn Queued, isolated: bool, alone: bool) -> Result<(), Ended> {
    let mark = tx.mark();
    if isolated {
        tx.run(statements::SAVEPOINT).await.map_err(Ended::Undone)?;
    }
    let failed = match call.run(tx).await {
        Outcome::Done => None,
        Outcome::Refused if !tx.wrote_since(&mark) => None,
        Outcome::Refused => Some(None),
        Outcome::Failed(error) => Some(Some(error)),
    };
    match failed {
        None if isolated => tx.run(statements::RELEASE).await.map(drop).map_err(Ended::Undone),
        None => Ok(()),
        // Nobody in this transaction can succeed; SQLite has undone it by itself when the disk is full or broken.
        Some(Some(
            error @ (StoreError::ConnectionLost(_) | StoreError::Serialization(_) | StoreError::ReadOnly(_)),
        )) => Err(Ended::Undone(error)),
        Some(_) if isolated => {
            tx.run(statements::ROLLBACK_TO).await.map_err(Ended::Undone)?;
            tx.run(statements::RELEASE).await.map_err(Ended::Undone)?;
            tx.restore(mark);
            Ok(())
        }
        // Alone, the transaction is the savepoint.
        Some(_) if alone => {
            tx.reset().await.map_err(Ended::Undone)?;
            Ok(())
        }
        Some(_) => Err(Ended::Isolate),
    }
}
