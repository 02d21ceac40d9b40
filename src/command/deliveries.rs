//! Delivering again, and trying out: what people have delivered besides what happens.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::endpoints::{existing, may_be_told, record};
use super::{Change, Command, CommandError, Subject};
use crate::delivery::{TEST, filter};
use crate::domain::endpoint::{Endpoint, EndpointState};
use crate::ids::{DeliveryId, EndpointId, EventId, WorkspaceId};
use crate::store::deliveries::{self, New};
use crate::store::endpoints;
use crate::store::outbox::{self, Told};

/// How many events are delivered again at once, and how many wait for an endpoint then, at the most.
pub const MOST: i64 = 10_000;
/// How many rows of the outbox are looked at, at the most: nothing else in the workspace changes meanwhile.
const MOST_LOOKED_AT: i64 = 50_000;
/// How many rows of the outbox are read together.
const PAGE: i64 = 500;
/// By how much rows of the outbox may stand out of the order of time.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// What is delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// One delivery: a dead one or one that arrived anew, one that waits for its next try at once.
    Delivery(DeliveryId),
    /// All that were given up, the oldest first, [`MOST`] at a time.
    Dead,
    /// Everything that happened from a moment on until before another, as far as the endpoint's filter wants it.
    Range {
        /// From when on.
        from: DateTime<Utc>,
        /// Until before when.
        to: DateTime<Utc>,
    },
}

/// Has an endpoint told again; gives of how much.
pub struct Replay {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who is told.
    pub endpoint: EndpointId,
    /// Of what.
    pub what: Replayed,
}

impl Command for Replay {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.replay"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        let endpoint = enabled(change, self.workspace, self.endpoint).await?;
        let (count, what) = match self.what {
            Replayed::Delivery(id) => (one(change, &endpoint, id).await?, json!({"delivery": {"new": id}})),
            Replayed::Dead => {
                let room = room(change, &endpoint).await?;
                let dead = deliveries::events_dead(change.tx, endpoint.id).await?;
                may_be_told(change, |event| dead.iter().any(|name| name == event))?;
                let mut lanes = deliveries::revive_all(change.tx, endpoint.id, room).await?;
                let count = lanes.len();
                lanes.sort_unstable();
                lanes.dedup();
                let open = lanes.iter().map(|lane| (lane.clone(), change.now)).collect();
                deliveries::open_lanes(change.tx, endpoint.id, open).await?;
                // Where something else waits for its next try, nobody waits for that.
                deliveries::hasten_several(change.tx, endpoint.id, &lanes, change.now).await?;
                (count, json!({"dead": {"new": true}}))
            }
            Replayed::Range { from, to } => {
                (range(change, &endpoint, from, to).await?, json!({"from": {"new": from}, "to": {"new": to}}))
            }
        };
        let mut changes = json!({"deliveries": {"new": count}});
        if let (Some(changes), Some(what)) = (changes.as_object_mut(), what.as_object()) {
            changes.extend(what.clone());
        }
        if count > 0 {
            if endpoint.due_at.is_some() {
                // Whoever asks expects it to answer again.
                endpoints::note(change.tx, &Endpoint { due_at: None, ..endpoint.clone() }).await?;
            }
            change.wake();
            record(change, "endpoint.replayed", &endpoint, changes);
        }
        Ok(count.try_into().unwrap_or_default())
    }
}

async fn one(change: &mut Change<'_>, endpoint: &Endpoint, id: DeliveryId) -> Result<usize, CommandError> {
    let found = deliveries::find(change.tx, endpoint.workspace_id, id).await?;
    let found = found.filter(|found| found.endpoint_id == endpoint.id.0).ok_or(CommandError::NotFound)?;
    may_be_told(change, |event| event == found.event)?;
    let (now, id, lane) = (change.now, endpoint.id, found.lane.clone());
    match found.state.as_str() {
        "dead" => {
            deliveries::revive(change.tx, DeliveryId(found.id)).await?;
            deliveries::open_lanes(change.tx, id, vec![(lane.clone(), now)]).await?;
            deliveries::hasten(change.tx, id, &lane, now).await?;
        }
        "waiting" => deliveries::hasten(change.tx, id, &lane, now).await?,
        _ => {
            let told = match found.seq {
                0 => None,
                seq => outbox::after(change.tx, endpoint.workspace_id, seq - 1, 1).await?.pop(),
            };
            let told = told.filter(|told| told.seq == found.seq).ok_or_else(|| {
                let detail = "the event itself is not kept any more, or was a test".into();
                CommandError::Invalid { attribute: "delivery", detail }
            })?;
            let new = New::of((id, endpoint.workspace_id), &told, "replay", now);
            let lane = new.lane.clone();
            deliveries::insert(change.tx, id, vec![new], now).await?;
            deliveries::hasten(change.tx, id, &lane, now).await?;
        }
    }
    Ok(1)
}

/// How many more may wait for an endpoint.
async fn room(change: &mut Change<'_>, endpoint: &Endpoint) -> Result<i64, CommandError> {
    let room = MOST - deliveries::waiting(change.tx, endpoint.id).await?;
    if room <= 0 {
        let detail = "10,000 deliveries wait for this endpoint, which is the most: let them arrive first".into();
        return Err(CommandError::Invalid { attribute: "endpoint", detail });
    }
    Ok(room)
}

async fn range(
    change: &mut Change<'_>,
    endpoint: &Endpoint,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<usize, CommandError> {
    let invalid = |attribute, detail: &str| Err(CommandError::Invalid { attribute, detail: detail.into() });
    if from >= to {
        return invalid("to", "must be after from");
    }
    may_be_told(change, |event| filter::wants(&endpoint.events, event))?;
    let room = room(change, endpoint).await?;
    let (workspace, now) = (endpoint.workspace_id, change.now);
    let is_too_much = |new: &Vec<New>| i64::try_from(new.len()).unwrap_or(i64::MAX) > room;
    let mut looked_at = 0;
    let mut seq = outbox::before(change.tx, workspace, from - SLACK).await?;
    let mut new = Vec::new();
    'all: loop {
        let page = outbox::after(change.tx, workspace, seq, PAGE).await?;
        let Some(end) = page.last().map(|told| told.seq) else { break };
        for told in page {
            // What comes after the cursor is told anyway.
            if told.seq > endpoint.cursor || told.at > to + SLACK {
                break 'all;
            }
            if (from..to).contains(&told.at) && filter::wants(&endpoint.events, &told.event) {
                new.push(New::of((endpoint.id, workspace), &told, "replay", now));
            }
        }
        if is_too_much(&new) {
            break;
        }
        looked_at += PAGE;
        if looked_at >= MOST_LOOKED_AT {
            return invalid("to", "more than 50,000 events of all kinds lie between; take a shorter time");
        }
        seq = end;
    }
    if is_too_much(&new) {
        let detail = "with the events between, more than 10,000 deliveries would wait; take a shorter time";
        return invalid("to", detail);
    }
    let count = new.len();
    deliveries::insert(change.tx, endpoint.id, new, now).await?;
    Ok(count)
}

/// Sends an endpoint something to try whether it is reached; gives the id of the delivery.
pub struct SendTest {
    /// Where.
    pub workspace: WorkspaceId,
    /// To whom.
    pub endpoint: EndpointId,
}

impl Command for SendTest {
    type Output = DeliveryId;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.test"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<DeliveryId, CommandError> {
        let endpoint = enabled(change, self.workspace, self.endpoint).await?;
        let now = change.now;
        let told = Told {
            seq: 0,
            id: EventId::fresh().0,
            at: now,
            event: TEST.name.into(),
            subject_kind: "endpoint".into(),
            subject_id: endpoint.id.to_string(),
            payload: json!({}),
            trace: None,
        };
        let new = New::of((endpoint.id, self.workspace), &told, "test", now);
        let id = new.id;
        deliveries::insert(change.tx, endpoint.id, vec![new], now).await?;
        change.wake();
        record(change, "endpoint.tested", &endpoint, json!({"delivery": {"new": id}}));
        Ok(id)
    }
}

/// The endpoint, where it is told anything at all.
async fn enabled(change: &mut Change<'_>, workspace: WorkspaceId, id: EndpointId) -> Result<Endpoint, CommandError> {
    let endpoint = existing(change, workspace, id).await?.endpoint;
    if endpoint.state == EndpointState::Disabled {
        let detail = "the endpoint is disabled: enable it first".into();
        return Err(CommandError::Invalid { attribute: "endpoint", detail });
    }
    Ok(endpoint)
}
