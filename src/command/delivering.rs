//! What the worker that delivers changes: it makes deliveries of what happened, takes lanes, notes what became of each
//! attempt, and decides about endpoints that took nothing for long.
//!
//! All but the last lock the endpoint and nothing else, so that nobody who changes the directory waits for a receiver.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::endpoints::{existing, record};
use super::mails::{Letter, post_to_admins};
use super::{Change, Command, CommandError, Subject};
use crate::delivery::filter;
use crate::delivery::schedule::{self, Next, Outcome, Tried, Verdict};
use crate::domain::endpoint::{Endpoint, EndpointState};
use crate::ids::{EndpointId, LeaseId, WorkspaceId};
use crate::store::deliveries::{self, Delivery, New};
use crate::store::delivery_lanes::{self, Choice, Limits, Settled};
use crate::store::endpoints::{self, Kept};
use crate::store::outbox::{self, Told};

/// How many rows of the outbox are looked at in one transaction.
const TOGETHER: i64 = 500;
/// How long a lane is one bridge's alone: longer than any attempt takes.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What is left after some deliveries were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// Perhaps more.
    More,
    /// So much waits for the endpoint that no more is made.
    Full,
}

/// Makes deliveries of what happened since an endpoint was last given something.
pub struct FanOut {
    /// Whose endpoint.
    pub workspace: WorkspaceId,
    /// Which.
    pub endpoint: EndpointId,
    /// How many may wait: what happened beyond stays in the outbox.
    pub most: i64,
}

impl Command for FanOut {
    type Output = Rest;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn alone(&self) -> Option<Uuid> {
        Some(self.endpoint.0)
    }

    fn name(&self) -> &'static str {
        "endpoint.fan_out"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Rest, CommandError> {
        let Some(Kept { endpoint, .. }) = endpoints::lock(change.tx, self.endpoint).await? else {
            return Ok(Rest::Nothing);
        };
        if endpoint.state == EndpointState::Disabled {
            return Ok(Rest::Nothing);
        }
        let room = self.most - deliveries::waiting(change.tx, endpoint.id).await?;
        let page = room.min(TOGETHER);
        if page <= 0 {
            return Ok(Rest::Full);
        }
        let told = outbox::after(change.tx, self.workspace, endpoint.cursor, page).await?;
        let Some(last) = told.last().map(|told| told.seq) else { return Ok(Rest::Nothing) };
        let more = i64::try_from(told.len()).is_ok_and(|count| count == page);
        if !delivery_lanes::move_cursor(change.tx, endpoint.id, endpoint.cursor, last).await? {
            return Ok(Rest::More);
        }
        let (whose, now) = ((endpoint.id, self.workspace), change.now);
        let wanted = told.iter().filter(|told| filter::wants(&endpoint.events, &told.event));
        let new = wanted.map(|told| New::of(whose, told, "event", now)).collect();
        deliveries::insert(change.tx, endpoint.id, new, now).await?;
        Ok(if more { Rest::More } else { Rest::Nothing })
    }
}

/// An attempt that ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What was sent.
    pub job: Job,
    /// What came of it.
    pub outcome: Outcome,
    /// The status of the answer.
    pub status: Option<i64>,
    /// How long it took.
    pub micros: i64,
    /// What went wrong.
    pub problem: Option<String>,
    /// What the endpoint said to it. For the log of deliveries alone: it may be anything.
    pub said: Option<String>,
}

impl Attempt {
    /// What the log of deliveries shows.
    fn logged(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(self.said.as_ref().map_or_else(|| problem.clone(), |said| format!("{problem}: {said}")))
    }
}

/// What is to be sent, or was.
#[derive(Debug, Clone)]
pub struct Job {
    /// The delivery.
    pub delivery: Delivery,
    /// What happened; none where it is not kept any more, or where the delivery is a test.
    pub told: Option<Told>,
    /// Under which its lane is held.
    pub lease: LeaseId,
    /// Whether it is the one to ask an endpoint whose circuit is open.
    pub is_probe: bool,
    /// The address to which it is sent, sealed: what somebody at an old one says is nothing against the new one.
    pub url: Arc<[u8]>,
}

/// Notes what became of some deliveries of an endpoint, and takes others.
pub struct Turn {
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// What ended.
    pub attempts: Vec<Attempt>,
    /// What was taken and will not be sent: its lane, and under which it is held.
    pub released: Vec<(String, LeaseId)>,
    /// How many are taken at the most.
    pub most: i64,
}

/// What a [`Turn`] gives.
pub struct Turned {
    /// The endpoint as it is now.
    pub kept: Kept,
    /// What is to be sent.
    pub jobs: Vec<Job>,
    /// What is to be decided about the endpoint, where anything is.
    pub verdict: Option<Verdict>,
}

impl Command for Turn {
    /// None where the endpoint is not there any more.
    type Output = Option<Turned>;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn alone(&self) -> Option<Uuid> {
        Some(self.endpoint.0)
    }

    fn name(&self) -> &'static str {
        "endpoint.deliver"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Option<Turned>, CommandError> {
        let Some(mut kept) = endpoints::lock(change.tx, self.endpoint).await? else { return Ok(None) };
        let before = kept.endpoint.clone();
        let verdict = self.settle(change, &mut kept).await?;
        for (lane, lease) in &self.released {
            delivery_lanes::release(change.tx, self.endpoint, (lane, *lease), change.now).await?;
        }
        let jobs = self.take(change, &mut kept).await?;
        if kept.endpoint != before {
            endpoints::note(change.tx, &kept.endpoint).await?;
        }
        let verdict = verdict.calls_for_change(&kept.endpoint, change.now).then_some(verdict);
        Ok(Some(Turned { kept, jobs, verdict }))
    }
}

impl Turn {
    async fn settle(&self, change: &mut Change<'_>, kept: &mut Kept) -> Result<Verdict, CommandError> {
        let endpoint = &mut kept.endpoint;
        let (mut verdict, now) = (Verdict::default(), change.now);
        if self.attempts.is_empty() {
            return Ok(verdict);
        }
        let leases: Vec<_> = self.attempts.iter().map(|a| (a.job.delivery.lane.as_str(), a.job.lease)).collect();
        // Of a lane that somebody else has taken since, they say what became of it.
        let held = delivery_lanes::held(change.tx, endpoint.id, &leases, now).await?;
        let was_open = schedule::is_open(endpoint);
        let mut settled = Vec::with_capacity(held.len());
        for attempt in self.attempts.iter().filter(|attempt| held.contains(&attempt.job.delivery.lane)) {
            let delivery = &attempt.job.delivery;
            let tried = Tried {
                id: delivery.id,
                attempts: delivery.attempts + 1,
                first: delivery.first_tried_at.unwrap_or(now),
                is_test: delivery.origin == "test",
                is_probe: attempt.job.is_probe,
            };
            let arrived = matches!(attempt.outcome, Outcome::Taken | Outcome::Lost);
            let is_current = *attempt.job.url == *kept.url;
            let next = if is_current || arrived || tried.is_test {
                schedule::settle(endpoint, &mut verdict, &tried, attempt.outcome, now)
            } else {
                Next::Again(now)
            };
            if attempt.problem.is_some() && is_current && !tried.is_test && attempt.outcome != Outcome::Lost {
                endpoint.problem.clone_from(&attempt.problem);
            }
            let (state, again) = match next {
                Next::Delivered => ("delivered", None),
                Next::Dead => ("dead", None),
                Next::Again(at) => ("waiting", Some(at)),
            };
            settled.push(Settled {
                place: delivery.place,
                lane: delivery.lane.clone(),
                state,
                again,
                status: attempt.status,
                micros: attempt.micros,
                problem: attempt.logged(),
            });
        }
        delivery_lanes::settle(change.tx, endpoint.id, &settled, now).await?;
        if was_open && !schedule::is_open(endpoint) {
            // What was asked while it took nothing is nothing against an event.
            delivery_lanes::begin_anew(change.tx, endpoint.id).await?;
            delivery_lanes::hasten_all(change.tx, endpoint.id, now).await?;
        }
        Ok(verdict)
    }

    async fn take(&self, change: &mut Change<'_>, kept: &mut Kept) -> Result<Vec<Job>, CommandError> {
        let (endpoint, url) = (&mut kept.endpoint, Arc::<[u8]>::from(kept.url.as_slice()));
        if self.most <= 0 || endpoint.state == EndpointState::Disabled {
            return Ok(Vec::new());
        }
        let (now, lease, is_open) = (change.now, LeaseId::fresh(), schedule::is_open(endpoint));
        let span = (now, now + LEASE);
        let is_due = endpoint.due_at.is_none_or(|due| due <= now);
        let choice = match (is_due, is_open) {
            (true, true) => Choice::Probe,
            (true, false) => Choice::Due,
            (false, _) => Choice::Tests,
        };
        let mut taken = delivery_lanes::take(change.tx, (endpoint.id, choice, self.most), lease, span).await?;
        let is_probe = choice == Choice::Probe;
        if is_probe && !taken.is_empty() {
            // Nobody else probes until this one is settled, or its lease has run out.
            endpoint.due_at = Some(now + LEASE);
        }
        if is_probe {
            taken.extend(delivery_lanes::take(change.tx, (endpoint.id, Choice::Tests, self.most), lease, span).await?);
        }
        let places: Vec<i64> = taken.iter().map(|delivery| delivery.seq).filter(|seq| *seq > 0).collect();
        let told = outbox::at(change.tx, endpoint.workspace_id, &places).await?;
        let told: HashMap<i64, Told> = told.into_iter().map(|told| (told.seq, told)).collect();
        let job = |delivery: Delivery| {
            let (seq, is_probe) = (delivery.seq, is_probe && delivery.origin != "test");
            let event = told.get(&seq).cloned();
            Job { delivery, told: event, lease, is_probe, url: Arc::clone(&url) }
        };
        Ok(taken.into_iter().map(job).collect())
    }
}

/// Has what a clock that was wrong put off for too long be due, and what it leased be free.
pub struct SetRight {
    /// Whose endpoint.
    pub endpoint: EndpointId,
}

impl Command for SetRight {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn alone(&self) -> Option<Uuid> {
        Some(self.endpoint.0)
    }

    fn name(&self) -> &'static str {
        "endpoint.set_right"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let Some(Kept { mut endpoint, .. }) = endpoints::lock(change.tx, self.endpoint).await? else { return Ok(()) };
        let (now, limits) = (change.now, Limits::at(change.now));
        if endpoint.due_at.is_some_and(|due| due > limits.endpoint) {
            endpoint.due_at = Some(now);
            endpoints::note(change.tx, &endpoint).await?;
        }
        delivery_lanes::set_right(change.tx, self.endpoint, &limits, now).await?;
        Ok(())
    }
}

/// Decides about an endpoint that took nothing for long, or takes something again, and tells the Admins.
pub struct Judge {
    /// Whose endpoint.
    pub workspace: WorkspaceId,
    /// Which.
    pub endpoint: EndpointId,
    /// What a [`Turn`] gave.
    pub verdict: Verdict,
}

impl Command for Judge {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.judge"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let old = match existing(change, self.workspace, self.endpoint).await {
            Err(CommandError::NotFound) => return Ok(()),
            found => found?.endpoint,
        };
        let now = change.now;
        if !self.verdict.calls_for_change(&old, now) {
            return Ok(());
        }
        let mut new = Endpoint { updated_at: now, ..old.clone() };
        let (event, letter) = if self.verdict.gone {
            disabled(&mut new, "it answered 410 Gone".into())
        } else if self.verdict.failed && schedule::is_given_up(&old, now) {
            let last = old.problem.clone().unwrap_or_default();
            disabled(&mut new, format!("it has taken nothing for {} days: {last}", schedule::GIVEN_UP.num_days()))
        } else if old.failing_since.is_none() {
            new.state = EndpointState::Active;
            ("endpoint.recovered", None)
        } else {
            new.state = EndpointState::Failing;
            if self.verdict.exhausted {
                schedule::rest(&mut new, now);
            }
            let (name, url) = (new.name.clone(), new.shown_url.clone());
            let problem = new.problem.clone().unwrap_or_default();
            ("endpoint.failing", Some(Letter::EndpointFailing { name, url, problem, since: since(&old, now) }))
        };
        endpoints::note(change.tx, &new).await?;
        let changes = json!({
            "state": {"old": old.state, "new": new.state},
            "problem": {"old": old.problem, "new": new.problem},
        });
        record(change, event, &new, changes);
        match letter {
            Some(letter) => post_to_admins(change, letter).await,
            None => Ok(()),
        }
    }
}

fn since(endpoint: &Endpoint, now: DateTime<Utc>) -> DateTime<Utc> {
    endpoint.failing_since.unwrap_or(now)
}

fn disabled(endpoint: &mut Endpoint, problem: String) -> (&'static str, Option<Letter>) {
    (endpoint.state, endpoint.problem) = (EndpointState::Disabled, Some(problem.clone()));
    let (name, url) = (endpoint.name.clone(), endpoint.shown_url.clone());
    ("endpoint.disabled", Some(Letter::EndpointDisabled { name, url, problem }))
}
