//! Posts what happened to whoever wants to know: at least once, in order for each user, and nobody waits for somebody
//! else's receiver.
//!
//! One round makes deliveries of what is new in the outbox and starts a courier for each endpoint to which something is
//! due; the courier (`route`) takes lanes, sends what is at their heads (`attempt`), notes what became of it, and goes on
//! while there is anything. All that is remembered is in the database: a bridge that dies leaves leases behind that run
//! out, and several bridges work side by side.

mod attempt;
mod forget;
mod route;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::clock::Clock;
use crate::command::delivering::{FanOut, Rest, SetRight};
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::ids::{EndpointId, WorkspaceId};
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::sealed::MasterKey;
use crate::store::delivery_lanes::{self, Whose};
use crate::store::{Store, StoreError};
use crate::telemetry::Telemetry;

pub use forget::{Kept, forget};
use route::Route;

/// How many deliveries are on their way at once: to all endpoints, to those of one workspace, and to one.
const AT_ONCE: (usize, usize, usize) = (128, 32, 8);
/// How often is looked for what a clock that was wrong has put off.
const SET_RIGHT: Duration = Duration::from_mins(10);
/// How often is looked where nobody here has changed anything: another program may have.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks, so that many changes are looked for together.
const SHORTEST: Duration = Duration::from_millis(20);
/// How long to wait where the database does not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);
/// How long those that are on their way get when the bridge stops.
const GOODBYE: Duration = Duration::from_secs(10);

/// What delivering needs.
pub struct Depot {
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The time.
    pub clock: Clock,
    /// The way to endpoints.
    pub outbound: Outbound,
    /// What addresses and secrets are sealed with.
    pub master: MasterKey,
    /// How many deliveries may wait for one endpoint.
    pub most_waiting: i64,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Traces.
    pub telemetry: Option<Telemetry>,
}

/// The one who delivers; dropped, it stops at once.
pub struct Courier {
    stop: watch::Sender<bool>,
    bell: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Courier {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Courier {
    /// Starts delivering.
    #[must_use]
    pub fn start(depot: Depot) -> Self {
        let (stop, stopping) = watch::channel(false);
        let bell = Arc::new(Notify::new());
        let room = Arc::new(Semaphore::new(AT_ONCE.0));
        let depot = Arc::new(depot);
        let round = Round {
            depot,
            room,
            shares: HashMap::new(),
            running: HashMap::new(),
            routes: JoinSet::new(),
            troubled: HashMap::new(),
            full: HashMap::new(),
            clock: None,
        };
        let task = tokio::spawn(round.run(stopping, Arc::clone(&bell)));
        Self { stop, bell, task: Mutex::new(Some(task)) }
    }

    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.as_ref().is_some_and(|task| !task.is_finished())
    }

    /// Looks at once, for whoever moves the clock.
    pub fn look(&self) {
        self.bell.notify_one();
    }

    /// Takes nothing further, lets what is on its way arrive, for a while, and lets go of the rest.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(GOODBYE, &mut task).await.is_err()
        {
            tracing::warn!("deliveries were on their way when the bridge stopped; they are made again later");
            task.abort();
        }
    }
}

struct Round {
    depot: Arc<Depot>,
    room: Arc<Semaphore>,
    /// Each workspace's share of the room.
    shares: HashMap<WorkspaceId, Arc<Semaphore>>,
    /// The endpoints whose couriers are under way, each with a bell.
    running: HashMap<EndpointId, Arc<Notify>>,
    routes: JoinSet<(EndpointId, bool)>,
    /// Endpoints that could not be worked on, and when: they are left alone for a moment.
    troubled: HashMap<EndpointId, Instant>,
    /// Endpoints that had as much waiting as may be, when that was last looked at.
    full: HashMap<EndpointId, Instant>,
    /// What the clock said at the last look, and when was last looked for what a wrong one has put off.
    clock: Option<(DateTime<Utc>, Instant)>,
}

impl Round {
    async fn run(mut self, mut stopping: watch::Receiver<bool>, bell: Arc<Notify>) {
        let mut news = self.depot.commands.news();
        while !*stopping.borrow() {
            let looked = Instant::now();
            news.borrow_and_update();
            let more = match self.look(&stopping).await {
                Ok(more) => more,
                Err(error) => {
                    tracing::warn!(%error, "what is to be delivered can't be read; the next try is in a moment");
                    tokio::select! {
                        _ = stopping.wait_for(|stop| *stop) => break,
                        () = sleep(AFTER_TROUBLE) => continue,
                    }
                }
            };
            if more {
                continue;
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                Some(ended) = self.routes.join_next() => self.ended(ended.ok()),
                _ = news.changed() => {}
                () = bell.notified() => {}
                () = sleep(LOOK) => {}
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => break,
                () = sleep_until(looked + SHORTEST) => {}
            }
        }
        while self.routes.join_next().await.is_some() {}
    }

    /// Makes deliveries of what happened, and sends couriers to wherever there is something to deliver. Gives whether
    /// there is more to be made at once.
    async fn look(&mut self, stopping: &watch::Receiver<bool>) -> Result<bool, CommandError> {
        while let Some(ended) = self.routes.try_join_next() {
            self.ended(ended.ok());
        }
        self.set_right().await?;
        let mut more = false;
        for Whose { id, workspace_id } in delivery_lanes::behind(&mut self.depot.store.read().await?).await? {
            let (workspace, endpoint) = (WorkspaceId(workspace_id), EndpointId(id));
            let fan_out = FanOut { workspace, endpoint, most: self.depot.most_waiting };
            if self.rests(endpoint) || self.full.get(&endpoint).is_some_and(|since| since.elapsed() < LOOK) {
                continue;
            }
            match self.depot.commands.execute(&Actor::system(), fan_out).await {
                // Its trouble is nobody else's.
                Err(error) => {
                    tracing::warn!(%error, %endpoint, "no deliveries could be made; the next try is in a moment");
                    self.troubled.insert(endpoint, Instant::now());
                }
                Ok(Rest::Full) => drop(self.full.insert(endpoint, Instant::now())),
                Ok(rest) => {
                    self.full.remove(&endpoint);
                    more |= rest == Rest::More;
                }
            }
        }
        for Whose { id, workspace_id } in self.due().await? {
            let (workspace, endpoint) = (WorkspaceId(workspace_id), EndpointId(id));
            if let Some(bell) = self.running.get(&endpoint) {
                bell.notify_one();
                continue;
            }
            if self.rests(endpoint) {
                continue;
            }
            let bell = Arc::new(Notify::new());
            self.running.insert(endpoint, Arc::clone(&bell));
            let (depot, room, stopping) = (Arc::clone(&self.depot), Arc::clone(&self.room), stopping.clone());
            let share = Arc::clone(self.shares.entry(workspace).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE.1))));
            let route = Route { depot, room, share, workspace, endpoint, bell, stopping };
            self.routes.spawn(async move {
                let is_well = route.run().await;
                (endpoint, is_well)
            });
        }
        Ok(more)
    }

    /// Has what a clock that was wrong put off be due: at the start, when the clock goes back, and from time to time.
    async fn set_right(&mut self) -> Result<(), CommandError> {
        let now = self.depot.clock.now();
        if let Some((before, looked)) = self.clock
            && before <= now
            && looked.elapsed() < SET_RIGHT
        {
            self.clock = Some((now, looked));
            return Ok(());
        }
        let limits = delivery_lanes::Limits::at(now);
        let astray = delivery_lanes::astray(&mut self.depot.store.read().await?, &limits).await?;
        for Whose { id, .. } in astray {
            let endpoint = EndpointId(id);
            if let Err(error) = self.depot.commands.execute(&Actor::system(), SetRight { endpoint }).await {
                tracing::warn!(%error, %endpoint, "what a wrong clock has put off waits a while longer");
            }
        }
        self.clock = Some((now, Instant::now()));
        Ok(())
    }

    async fn due(&self) -> Result<Vec<Whose>, StoreError> {
        delivery_lanes::due(&mut self.depot.store.read().await?, self.depot.clock.now()).await
    }

    /// Whether an endpoint is left alone for a moment. Its trouble is nobody else's, and would be the same at once.
    fn rests(&self, endpoint: EndpointId) -> bool {
        self.troubled.get(&endpoint).is_some_and(|since| since.elapsed() < AFTER_TROUBLE)
    }

    fn ended(&mut self, ended: Option<(EndpointId, bool)>) {
        match ended {
            Some((endpoint, is_well)) => {
                self.running.remove(&endpoint);
                if is_well {
                    self.troubled.remove(&endpoint);
                } else {
                    self.troubled.insert(endpoint, Instant::now());
                }
            }
            // One that panicked does not say which it was.
            None if self.routes.is_empty() => self.running.clear(),
            None => {}
        }
    }
}
