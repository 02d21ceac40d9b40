//! `/webhooks`: endpoints that are told what happens, what they were told, and telling them again.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success};
use super::shape::{List, Listed, Piece};
use crate::command::deliveries::{Replay, Replayed, SendTest};
use crate::command::discard::{Discard, Discarded};
use crate::command::endpoints::{CreateEndpoint, DeleteEndpoint, RotateSecret, Seal, UpdateEndpoint};
use crate::domain::endpoint::Endpoint;
use crate::http::sealing;
use crate::ids::{DeliveryId, EndpointId};
use crate::store::deliveries::{self, Counts, STATES, Wanted};
use crate::store::{Conn, StoreError, endpoints};

/// Deliveries on one page at the most.
const MOST: i64 = 200;
/// For how many hours an old secret is good, where nothing is said.
const OVERLAP: i64 = 24;

/// A webhook endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Webhook {
    id: Uuid,
    name: String,
    /// Its address, without what may be secret in it.
    url: String,
    /// Names of events and patterns such as `user.*`; empty: all.
    events: Vec<String>,
    /// `active`; `failing`: it takes nothing, and is asked from time to time; `disabled`: it is told nothing.
    state: &'static str,
    /// Why it is failing or disabled, or what went wrong the last time.
    problem: Option<String>,
    /// Since when it has taken nothing.
    failing_since: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    last_failure_at: Option<DateTime<Utc>>,
    /// Until when its last secret is signed with too.
    old_secret_until: Option<DateTime<Utc>>,
    /// Deliveries that wait.
    waiting: i64,
    /// Deliveries that were given up.
    dead: i64,
    /// When the oldest of those happened that wait.
    oldest_waiting_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Webhook {
    const PLURAL: &'static str = "webhooks";
}

impl Webhook {
    async fn of(conn: &mut Conn, endpoint: Endpoint) -> Result<Self, StoreError> {
        let Counts { waiting, dead, oldest } = deliveries::counts(conn, endpoint.id).await?;
        let e = endpoint;
        Ok(Self {
            id: e.id.0,
            name: e.name,
            url: e.shown_url,
            events: e.events,
            state: e.state.name(),
            problem: e.problem,
            failing_since: e.failing_since,
            last_success_at: e.last_success_at,
            last_failure_at: e.last_failure_at,
            old_secret_until: e.old_secret_until,
            waiting,
            dead,
            oldest_waiting_at: oldest,
            created_at: e.created_at,
            updated_at: e.updated_at,
        })
    }
}

/// A new endpoint. It is told what happens from now on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// What people call it; once a workspace.
    name: String,
    /// Where events are posted to: https.
    url: String,
    /// Names of events and patterns such as `user.*`; nothing said: all.
    #[serde(default)]
    events: Vec<String>,
}

/// What becomes of an endpoint; what is not said stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookChange")]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    url: Option<String>,
    /// Empty: all.
    events: Option<Vec<String>>,
    /// Whether it is told anything. What happens while it is not is told when it is again, as far as it is still kept.
    is_enabled: Option<bool>,
}

/// An endpoint that was just made: the only time that its secret is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MadeWebhook")]
pub struct Made {
    /// What its deliveries are signed with.
    secret: String,
    #[serde(flatten)]
    webhook: Webhook,
}

/// How a secret is replaced.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// For how many hours the old one is signed with too: 0 to 168; 24, where nothing is said.
    overlap_hours: Option<i64>,
}

/// A secret that was just made: the only time that it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rotated {
    secret: String,
    /// Until when the old one is signed with too.
    old_secret_until: Option<DateTime<Utc>>,
}

/// One event on its way to one endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Delivery {
    id: Uuid,
    /// Its place in the log: where the next page begins.
    cursor: i64,
    /// The event's id: `webhook-id` of what is sent.
    event_id: Uuid,
    /// The event's `cursor`; 0 for a test.
    event_cursor: i64,
    event: String,
    /// `event`, `replay` or `test`.
    origin: String,
    /// `waiting`, `delivered`, `dead`: given up, or `discarded`: given up, and nobody wants it any more.
    state: String,
    /// How often it was tried.
    attempts: i64,
    /// The status of the last answer.
    status: Option<i64>,
    /// How long the last attempt took, in milliseconds.
    milliseconds: Option<i64>,
    /// What went wrong the last time, with the beginning of the answer.
    problem: Option<String>,
    /// When the event happened.
    happened_at: DateTime<Utc>,
    tried_at: Option<DateTime<Utc>>,
    done_at: Option<DateTime<Utc>>,
}

impl Listed for Delivery {
    const PLURAL: &'static str = "deliveries";
}

impl From<deliveries::Delivery> for Delivery {
    fn from(row: deliveries::Delivery) -> Self {
        Self {
            id: row.id,
            cursor: row.place,
            event_id: row.event_id,
            event_cursor: row.seq,
            event: row.event,
            origin: row.origin,
            state: row.state,
            attempts: row.attempts,
            status: row.status,
            milliseconds: row.micros.map(|micros| micros / 1_000),
            problem: row.problem,
            happened_at: row.happened_at,
            tried_at: row.tried_at,
            done_at: row.done_at,
        }
    }
}

/// Which deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "DeliveryQuery")]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// In this state: `waiting`, `delivered`, `dead`, `discarded`.
    state: Option<String>,
    /// Of this event.
    event: Option<String>,
    /// Those before this one, by its `cursor`: where the next page begins.
    before: Option<i64>,
    /// Deliveries on a page: 200, where nothing is said, and at the most.
    limit: Option<i64>,
}

/// What is delivered again: one delivery, all that were given up, or what happened between two moments.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookReplay")]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// This delivery alone.
    delivery_id: Option<String>,
    /// `dead`: all that were given up, the oldest 10,000 at the most.
    state: Option<String>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Until before this moment.
    to: Option<DateTime<Utc>>,
}

/// What is discarded: one delivery that was given up, or all that were.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookDiscard")]
#[serde(deny_unknown_fields)]
pub struct Unwanted {
    /// This delivery alone.
    delivery_id: Option<String>,
    /// `dead`: all that were given up, the oldest 10,000 at the most.
    state: Option<String>,
}

/// How many deliveries that are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    deliveries: u64,
}

/// `GET /webhooks`
pub async fn list(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let mut all = Vec::new();
    for endpoint in endpoints::list(&mut conn, call.workspace()).await? {
        all.push(Webhook::of(&mut conn, endpoint).await?);
    }
    success(&List::whole(all))
}

/// `POST /webhooks`
pub async fn create(call: Call) -> Answer {
    let NewWebhook { name, url, events } = call.body()?;
    let (workspace, seal) = (call.workspace(), seal(&call));
    let made = call.execute(CreateEndpoint { workspace, name, url: url.into(), events, seal }).await?;
    let webhook = Webhook::of(&mut call.read().await?, made.endpoint).await?;
    created(&Made { secret: made.secret.reveal().to_owned(), webhook })
}

/// `GET /webhooks/{id}`
pub async fn read(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let endpoint = endpoint(&call, &mut conn).await?;
    success(&Webhook::of(&mut conn, endpoint).await?)
}

/// `PUT /webhooks/{id}`
pub async fn update(call: Call) -> Answer {
    let id = call.id(0, EndpointId::parse)?;
    let Change { name, url, events, is_enabled } = call.body()?;
    let (workspace, seal, url) = (call.workspace(), seal(&call), url.map(Into::into));
    let command = UpdateEndpoint { workspace, id, name, url, events, enabled: is_enabled, seal };
    let endpoint = call.execute(command).await?;
    success(&Webhook::of(&mut call.read().await?, endpoint).await?)
}

/// `DELETE /webhooks/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, EndpointId::parse)?;
    call.execute(DeleteEndpoint { workspace: call.workspace(), id }).await?;
    done()
}

/// `POST /webhooks/{id}/test`
pub async fn test(call: Call) -> Answer {
    let (workspace, endpoint) = (call.workspace(), call.id(0, EndpointId::parse)?);
    let id = call.execute(SendTest { workspace, endpoint }).await?;
    let found = deliveries::find(&mut call.read().await?, workspace, id).await?;
    success(&Delivery::from(found.ok_or_else(Failure::not_found)?))
}

/// `POST /webhooks/{id}/rotate-secret`
pub async fn rotate(call: Call) -> Answer {
    let (workspace, id, seal) = (call.workspace(), call.id(0, EndpointId::parse)?, seal(&call));
    let Rotation { overlap_hours } = call.body()?;
    let overlap_hours = overlap_hours.unwrap_or(OVERLAP);
    let secret = call.execute(RotateSecret { workspace, id, overlap_hours, seal }).await?;
    let endpoint = endpoints::find(&mut call.read().await?, workspace, id).await?.ok_or_else(Failure::not_found)?;
    success(&Rotated { secret: secret.reveal().to_owned(), old_secret_until: endpoint.old_secret_until })
}

/// `GET /webhooks/{id}/deliveries`
pub async fn log(call: Call) -> Answer {
    let Query { state, event, before, limit } = call.query()?;
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::invalid(format!("limit: must be a number from 1 to {MOST}.")));
    }
    if state.as_deref().is_some_and(|state| !STATES.contains(&state)) {
        return Err(Failure::invalid(format!("state: must be one of {}.", STATES.join(", "))));
    }
    let mut conn = call.read().await?;
    let endpoint = endpoint(&call, &mut conn).await?;
    let wanted = Wanted { state: state.as_deref(), event: event.as_deref(), before };
    let rows = deliveries::list(&mut conn, endpoint.id, &wanted, limit).await?;
    success(&Piece { items: rows.into_iter().map(Delivery::from).collect(), limit })
}

/// `GET /webhooks/{id}/deliveries/{delivery_id}`
pub async fn one(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let endpoint = endpoint(&call, &mut conn).await?;
    let found = deliveries::find(&mut conn, call.workspace(), call.id(1, DeliveryId::parse)?).await?;
    let found = found.filter(|found| found.endpoint_id == endpoint.id.0).ok_or_else(Failure::not_found)?;
    success(&Delivery::from(found))
}

/// `POST /webhooks/{id}/replay`
pub async fn replay(call: Call) -> Answer {
    let (workspace, endpoint) = (call.workspace(), call.id(0, EndpointId::parse)?);
    let what = match call.body()? {
        Again { delivery_id: Some(id), state: None, from: None, to: None } => {
            Replayed::Delivery(named("delivery_id", &id, DeliveryId::parse)?)
        }
        Again { delivery_id: None, state: Some(state), from: None, to: None } if state == "dead" => Replayed::Dead,
        Again { delivery_id: None, state: None, from: Some(from), to: Some(to) } => Replayed::Range { from, to },
        _ => {
            let said = "Say one of these: \"delivery_id\"; \"state\": \"dead\"; \"from\" and \"to\".";
            return Err(Failure::invalid(said));
        }
    };
    let deliveries = call.execute(Replay { workspace, endpoint, what }).await?;
    success(&Count { deliveries })
}

/// `POST /webhooks/{id}/discard`
pub async fn discard(call: Call) -> Answer {
    let (workspace, endpoint) = (call.workspace(), call.id(0, EndpointId::parse)?);
    let what = match call.body()? {
        Unwanted { delivery_id: Some(id), state: None } => {
            Discarded::Delivery(named("delivery_id", &id, DeliveryId::parse)?)
        }
        Unwanted { delivery_id: None, state: Some(state) } if state == "dead" => Discarded::Dead,
        _ => return Err(Failure::invalid("Say one of these: \"delivery_id\"; \"state\": \"dead\".")),
    };
    let deliveries = call.execute(Discard { workspace, endpoint, what }).await?;
    success(&Count { deliveries })
}

async fn endpoint(call: &Call, conn: &mut Conn) -> Result<Endpoint, Failure> {
    let id = call.id(0, EndpointId::parse)?;
    endpoints::find(conn, call.workspace(), id).await?.ok_or_else(Failure::not_found)
}

fn seal(call: &Call) -> Seal {
    sealing::of_endpoints(&call.app)
}
