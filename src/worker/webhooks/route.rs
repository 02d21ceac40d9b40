//! The way to one endpoint: takes lanes, sends what is at their heads, notes what became of it, and goes on while there is
//! anything.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep, timeout_at};

use super::attempt::{Door, attempt};
use super::{AFTER_TROUBLE, AT_ONCE, Depot};
use crate::command::CommandError;
use crate::command::delivering::{Attempt, Job, Judge, Turn};
use crate::delivery::listed;
use crate::delivery::schedule::Outcome;
use crate::domain::access::Actor;
use crate::ids::{EndpointId, LeaseId, WorkspaceId};
use crate::metrics;

/// How often what became of deliveries is noted again where the database did not take it; then they are made again.
const PERSISTENCE: u32 = 3;

/// How long what is on its way gets to arrive when the bridge stops.
const FAREWELL: Duration = Duration::from_secs(4);

/// Room in the workspace's share, and in all.
type Permit = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// What is to be sent, and where to.
type Jobs = (Option<Arc<Door>>, Vec<Job>);

/// What became of deliveries could not be noted.
struct Trouble;

/// The way to one endpoint.
pub(super) struct Route {
    pub(super) depot: Arc<Depot>,
    pub(super) room: Arc<Semaphore>,
    /// The workspace's share of it.
    pub(super) share: Arc<Semaphore>,
    pub(super) workspace: WorkspaceId,
    pub(super) endpoint: EndpointId,
    /// Rings when there is more to deliver.
    pub(super) bell: Arc<Notify>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Route {
    /// Gives whether all went well; false where what has to be noted could not be.
    pub(super) async fn run(mut self) -> bool {
        let mut way: JoinSet<Attempt> = JoinSet::new();
        // Under which each lane is held that is on its way from here.
        let mut leases: HashMap<String, LeaseId> = HashMap::new();
        let (mut ended, mut released): (Vec<Attempt>, Vec<(String, LeaseId)>) = (Vec::new(), Vec::new());
        loop {
            let stopping = *self.stopping.borrow();
            // What ended is noted before anybody waits for room.
            let owes = !ended.is_empty() || !released.is_empty();
            let permits = if stopping { Vec::new() } else { self.permits(way.len(), owes).await };
            let is_starved = owes && permits.is_empty() && !stopping;
            for attempt in &mut ended {
                // The clock may have been set, and the lane taken anew meanwhile, by ourselves.
                if let Some(lease) = leases.remove(&attempt.job.delivery.lane) {
                    attempt.job.lease = lease;
                }
            }
            let anything = !ended.is_empty() || !released.is_empty() || !permits.is_empty();
            let jobs = if anything {
                let most = i64::try_from(permits.len()).unwrap_or_default();
                match self.turn(std::mem::take(&mut ended), std::mem::take(&mut released), most).await {
                    Ok(Some(jobs)) => jobs,
                    Ok(None) => return true,
                    Err(Trouble) => return false,
                }
            } else {
                (None, Vec::new())
            };
            let (door, jobs) = jobs;
            let mut permits = permits.into_iter();
            for job in jobs {
                let lane = job.delivery.lane.clone();
                if leases.insert(lane, job.lease).is_some() {
                    // It is on its way already.
                    continue;
                }
                let (depot, door, permit) = (Arc::clone(&self.depot), door.clone(), permits.next());
                way.spawn(async move {
                    let done = attempt(&depot, door.as_deref(), job).await;
                    drop(permit);
                    done
                });
            }
            drop(permits);
            if way.is_empty() {
                if is_starved {
                    continue;
                }
                return true;
            }
            ended = self.wait(&mut way).await;
            if ended.is_empty() && *self.stopping.borrow() {
                (ended, released) = self.part(&mut way, &mut leases).await;
            }
        }
    }

    /// Room for some more deliveries: as much as there is now, and at least for one where none is on its way and nothing is
    /// owed.
    async fn permits(&mut self, on_their_way: usize, owes: bool) -> Vec<Permit> {
        let mut permits = Vec::new();
        while on_their_way + permits.len() < AT_ONCE.2 {
            let Ok(share) = Arc::clone(&self.share).try_acquire_owned() else { break };
            let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else { break };
            permits.push((share, room));
        }
        if permits.is_empty() && on_their_way == 0 && !owes {
            let (share, room) = (Arc::clone(&self.share), Arc::clone(&self.room));
            let both = async { Some((share.acquire_owned().await.ok()?, room.acquire_owned().await.ok()?)) };
            tokio::select! {
                _ = self.stopping.wait_for(|stop| *stop) => {}
                permit = both => permits.extend(permit),
            }
        }
        permits
    }

    /// Waits until something has ended, or there is more to deliver; gives all that ended.
    async fn wait(&mut self, way: &mut JoinSet<Attempt>) -> Vec<Attempt> {
        let mut ended = Vec::new();
        tokio::select! {
            done = way.join_next() => ended.extend(done.and_then(Result::ok)),
            () = self.bell.notified() => {}
            _ = self.stopping.wait_for(|stop| *stop) => {}
        }
        while let Some(done) = way.try_join_next() {
            ended.extend(done.ok());
        }
        ended
    }

    /// Lets what is on its way arrive, for a while; gives what did, and what is let go of, to be sent later.
    async fn part(
        &self,
        way: &mut JoinSet<Attempt>,
        leases: &mut HashMap<String, LeaseId>,
    ) -> (Vec<Attempt>, Vec<(String, LeaseId)>) {
        let (mut ended, until) = (Vec::new(), Instant::now() + FAREWELL);
        while let Ok(Some(done)) = timeout_at(until, way.join_next()).await {
            ended.extend(done.ok());
        }
        way.shutdown().await;
        let is_over = |lane: &String| ended.iter().any(|attempt| attempt.job.delivery.lane == *lane);
        let released = leases.extract_if(|lane, _| !is_over(lane)).collect();
        (ended, released)
    }

    /// Notes what ended and takes more. None where the endpoint is not there any more.
    async fn turn(
        &self,
        attempts: Vec<Attempt>,
        released: Vec<(String, LeaseId)>,
        most: i64,
    ) -> Result<Option<Jobs>, Trouble> {
        let (mut tries, endpoint) = (0, self.endpoint);
        let turned = loop {
            let (attempts, released) = (attempts.clone(), released.clone());
            let turn = Turn { endpoint, attempts, released, most };
            match self.depot.commands.execute(&Actor::system(), turn).await {
                Ok(Some(turned)) => break turned,
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(%error, %endpoint, "what became of deliveries could not be noted");
                    tries += 1;
                    if tries > PERSISTENCE || !is_passing(&error) {
                        return Err(Trouble);
                    }
                    sleep(AFTER_TROUBLE).await;
                }
            }
        };
        for attempt in &attempts {
            let outcome = match attempt.outcome {
                Outcome::Taken => metrics::Outcome::Delivered,
                Outcome::Refused => metrics::Outcome::Refused,
                Outcome::Failed(_) => metrics::Outcome::Failed,
                Outcome::Gone => metrics::Outcome::Gone,
                Outcome::Lost => metrics::Outcome::Lost,
            };
            let counted = metrics::Delivery::new(outcome, listed(&attempt.job.delivery.event));
            self.depot.metrics.deliveries.get_or_create(&counted).inc();
            if let Some(problem) = &attempt.problem {
                let (delivery, event) = (attempt.job.delivery.id, &attempt.job.delivery.event);
                let name = &turned.kept.endpoint.name;
                tracing::warn!(endpoint = name, %delivery, event, status = attempt.status, problem, "a delivery failed");
            }
        }
        if let Some(verdict) = turned.verdict {
            let judge = Judge { workspace: self.workspace, endpoint, verdict };
            if let Err(error) = self.depot.commands.execute(&Actor::system(), judge).await {
                tracing::warn!(%error, %endpoint, "how an endpoint stands could not be noted; it is with its next failure");
            }
        }
        let door = Door::open(&self.depot.master, &turned.kept).map(Arc::new);
        Ok(Some((door, turned.jobs)))
    }
}

fn is_passing(error: &CommandError) -> bool {
    matches!(error, CommandError::Store(error) if error.is_transient())
}
