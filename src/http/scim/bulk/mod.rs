//! `POST /Bulk` (RFC 7644 §3.7): every operation goes the way that a request of its own would go, in a transaction of
//! its own.

mod circles;
mod shown;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use axum::http::header::{IF_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use self::shown::Outcome;
use super::call::{Answer, Call, Reply};
use super::error::Failure;
use super::{groups, users};
use crate::command::Asker;
use crate::ids::{GroupId, UserId};
use crate::scim::bulk::{Act, BulkRequest, RESPONSE_URN, Step, Verb, substitute, without};
use crate::scim::error::ScimError;
use crate::scim::schema::ResourceType;

/// `POST /Bulk`
pub async fn run(call: Call) -> Answer {
    let request = BulkRequest::parse(&call.json()?)?;
    let asker = call.asker.clone();
    // What was begun is brought to its end whoever goes away: a circle that stays open is nothing that was asked for.
    let call = Call { asker: Asker::default(), ..call };
    let time = Time::until(&call);
    let mut run = Run {
        call: &call,
        request: &request,
        time,
        made: HashMap::new(),
        new: HashSet::new(),
        results: HashMap::new(),
    };
    let most = request.fail_on_errors.unwrap_or(usize::MAX);
    let (mut failed, mut done, mut held, mut circles) = (0, 0, 0, Vec::new());
    for step in request.plan() {
        match step {
            Step::Do { .. } if failed >= most => {}
            Step::Do { operation, .. } if asker.is_gone() || time.is_over(done, held) => {
                run.note(operation, Err(not_tried()));
            }
            Step::Do { operation, without } => {
                let result = run.carry_out(operation, &without).await;
                failed += usize::from(result.is_err());
                // From the first open circle on, whatever is made may have to be deleted again.
                (done, held) = (done + 1, held + u32::from(held > 0 || !without.is_empty()));
                run.note(operation, result);
            }
            Step::Complete { operation, without } => circles.push((operation, without)),
        }
    }
    run.close(circles).await;
    let mut done: Vec<(usize, Outcome)> = run.results.into_iter().collect();
    done.sort_by_key(|(at, _)| *at);
    let operations: Vec<Value> = done.into_iter().map(|(_, outcome)| outcome.shown).collect();
    let body = json!({"schemas": [RESPONSE_URN], "Operations": operations});
    Ok(Reply::json(StatusCode::OK, body.to_string().into_bytes()))
}

fn not_tried() -> Failure {
    const SAID: &str =
        "It was not tried, because the time of the request is over; send it again in a request of its own.";
    ScimError::unavailable(SAID).into()
}

/// How long a request has.
#[derive(Clone, Copy)]
struct Time {
    begun: Instant,
    /// From here on nothing more is begun but what closes circles.
    enough: Instant,
    /// From here on nothing is waited for.
    last: Instant,
}

impl Time {
    /// How much is kept back at the most for what comes after the operations.
    const RESERVE: Duration = Duration::from_secs(5);

    fn until(call: &Call) -> Self {
        let begun = Instant::now();
        let reserve = (call.deadline.saturating_duration_since(begun) / 5).min(Self::RESERVE);
        Self { begun, enough: call.deadline - reserve, last: call.deadline - reserve / 4 }
    }

    /// Whether nothing more may be begun: after `done` operations, of which `held` have perhaps still to be completed or
    /// taken back, each for as long as one took.
    fn is_over(self, done: u32, held: u32) -> bool {
        let each = self.begun.elapsed().checked_div(done).unwrap_or_default();
        Instant::now() + each.saturating_mul(held) >= self.enough
    }
}

struct Run<'a> {
    call: &'a Call,
    request: &'a BulkRequest,
    time: Time,
    /// The ids of what was made, by bulkId; none where the making failed.
    made: HashMap<String, Option<String>>,
    /// The operations that made something new: a POST can also bring back a user who was there.
    new: HashSet<usize>,
    results: HashMap<usize, Outcome>,
}

impl Run<'_> {
    async fn carry_out(&mut self, at: usize, left_out: &[String]) -> Result<Reply, Failure> {
        let Some(operation) = self.request.operations.get(at) else { return Err(ScimError::not_found().into()) };
        let act = operation.act.clone()?;
        let left_out: HashSet<&str> = left_out.iter().map(String::as_str).collect();
        let data = if left_out.is_empty() { act.data.clone() } else { without(act.data.clone(), &left_out) };
        let data = substitute(data, &mut |id| self.resolve(id))?;
        let id = match (act.verb, act.kind, act.id.strip_prefix("bulkId:")) {
            (Verb::Create, ResourceType::User, _) => UserId::fresh().to_string(),
            (Verb::Create, ResourceType::Group, _) => GroupId::fresh().to_string(),
            (_, _, Some(bulk_id)) => self.resolve(bulk_id)?,
            (_, _, None) => act.id.clone(),
        };
        let reply = self.perform(&act, id.clone(), data).await?;
        if act.verb == Verb::Create && id_of(&reply) == Some(&id) {
            self.new.insert(at);
        }
        Ok(reply)
    }

    fn resolve(&self, bulk_id: &str) -> Result<String, ScimError> {
        match self.made.get(bulk_id) {
            Some(Some(id)) => Ok(id.clone()),
            Some(None) => Err(ScimError::conflict("It refers to an operation that failed or was left undone.")),
            None => Err(ScimError::invalid_value("It refers to a bulkId that no POST of this request has.")),
        }
    }

    /// Carries out one operation, as long as there is time; for a creation, `id` is the one that a new resource gets.
    async fn perform(&self, act: &Act, id: String, data: Value) -> Answer {
        let call = self.part(act, id, &data);
        tokio::time::timeout_at(self.time.last, perform(&call, act, data)).await.unwrap_or_else(|_| {
            const SAID: &str =
                "The time of the request was over before it was done; look whether it is, and send it again if not.";
            Err(ScimError::unavailable(SAID).into())
        })
    }

    /// The operation as a request of its own; for a creation, `id` is the one that a new resource gets.
    fn part(&self, act: &Act, id: String, data: &Value) -> Call {
        let mut call = self.call.clone();
        let mut headers = HeaderMap::new();
        if let Some(version) = act.version.as_deref().and_then(|version| version.parse().ok()) {
            headers.insert(IF_MATCH, version);
        }
        (call.id, call.query, call.headers) = (id, Vec::new(), headers.into());
        call.body = data.to_string().into();
        call
    }

    fn note(&mut self, at: usize, result: Result<Reply, Failure>) {
        let Some(operation) = self.request.operations.get(at) else { return };
        let is_creation = operation.act.as_ref().is_ok_and(|act| act.verb == Verb::Create);
        if let (true, Some(bulk_id)) = (is_creation, &operation.bulk_id) {
            let id = result.as_ref().ok().and_then(id_of).map(str::to_owned);
            let known = self.made.get(bulk_id).cloned().flatten();
            self.made.insert(bulk_id.clone(), id.or(known));
        }
        let known = self.results.remove(&at);
        self.results.insert(at, self.shown(operation, result, known.as_ref()));
    }
}

fn location(reply: &Reply) -> Option<&str> {
    reply.headers.iter().find(|(name, _)| name == LOCATION).and_then(|(_, value)| value.to_str().ok())
}

fn id_of(reply: &Reply) -> Option<&str> {
    location(reply).and_then(|location| location.rsplit('/').next())
}

async fn perform(call: &Call, act: &Act, data: Value) -> Answer {
    let call = call.clone();
    let nobody = ScimError::not_found;
    match (act.kind, act.verb) {
        (ResourceType::User, Verb::Create) => {
            users::create_as(&call, UserId::parse(&call.id).ok_or_else(nobody)?, data).await
        }
        (ResourceType::User, Verb::Replace) => users::replace(call).await,
        (ResourceType::User, Verb::Patch) => users::patch(call).await,
        (ResourceType::User, Verb::Delete) => users::delete(call).await,
        (ResourceType::Group, Verb::Create) => {
            groups::create_as(&call, GroupId::parse(&call.id).ok_or_else(nobody)?, data).await
        }
        (ResourceType::Group, Verb::Replace) => groups::replace(call).await,
        (ResourceType::Group, Verb::Patch) => groups::patch(call).await,
        (ResourceType::Group, Verb::Delete) => groups::delete(call).await,
    }
}
