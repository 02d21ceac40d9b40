//! `POST /Bulk` (RFC 7644 §3.7): every operation goes the way that a request of its own would go, in a transaction of
//! its own.

use std::collections::HashMap;

use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Reply};
use super::error::Failure;
use super::{groups, users};
use crate::scim::bulk::{Act, BulkRequest, RESPONSE_URN, Step, Verb, substitute, without};
use crate::scim::error::ScimError;
use crate::scim::patch::PATCH_OP_URN;
use crate::scim::schema::{ENTERPRISE_USER, ResourceType};

/// `POST /Bulk`
pub async fn run(call: Call) -> Answer {
    let request = BulkRequest::parse(&call.json()?)?;
    let mut run = Run { call: &call, made: HashMap::new(), results: HashMap::new() };
    let most = request.fail_on_errors.unwrap_or(usize::MAX);
    for step in request.plan() {
        let (at, result) = match &step {
            Step::Do { operation, without } => (*operation, run.carry_out(&request, *operation, without).await),
            Step::Complete { operation, without } => (*operation, run.complete(&request, *operation, without).await),
        };
        run.note(&request, at, result);
        if run.results.values().filter(|result| result.failed).count() >= most {
            break;
        }
    }
    let mut done: Vec<(usize, Outcome)> = run.results.into_iter().collect();
    done.sort_by_key(|(at, _)| *at);
    let operations: Vec<Value> = done.into_iter().map(|(_, outcome)| outcome.shown).collect();
    let body = json!({"schemas": [RESPONSE_URN], "Operations": operations});
    Ok(Reply::json(StatusCode::OK, body.to_string().into_bytes()))
}

struct Outcome {
    failed: bool,
    shown: Value,
}

struct Run<'a> {
    call: &'a Call,
    /// The ids of what was made, by bulkId; none where the making failed.
    made: HashMap<String, Option<String>>,
    results: HashMap<usize, Outcome>,
}

impl Run<'_> {
    async fn carry_out(&self, request: &BulkRequest, at: usize, left_out: &[String]) -> Result<Reply, Failure> {
        let Some(operation) = request.operations.get(at) else { return Err(ScimError::not_found().into()) };
        let act = operation.act.clone()?;
        let data = if left_out.is_empty() { act.data.clone() } else { without(act.data.clone(), left_out) };
        let data = substitute(data, &mut |id| self.resolve(id))?;
        let id = match act.id.strip_prefix("bulkId:") {
            Some(id) => self.resolve(id)?,
            None => act.id.clone(),
        };
        perform(&self.part(&act, id, &data), &act, data).await
    }

    /// Adds to what was made the references that were left out.
    async fn complete(&self, request: &BulkRequest, at: usize, left_out: &[String]) -> Result<Reply, Failure> {
        let operation = request.operations.get(at).ok_or_else(ScimError::not_found)?;
        let act = operation.act.clone()?;
        let own = operation.bulk_id.as_deref().unwrap_or_default();
        let Some(Some(id)) = self.made.get(own).cloned() else {
            return Err(ScimError::conflict("It was not made, so nothing can be referred to from it.").into());
        };
        for bulk_id in left_out {
            self.resolve(bulk_id)?;
        }
        let data = substitute(act.data.clone(), &mut |id| self.resolve(id))?;
        let part = |name: &str| {
            data.as_object().into_iter().flatten().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, part)| part)
        };
        let change = match act.kind {
            ResourceType::Group => json!({"op": "add", "path": "members", "value": part("members")}),
            ResourceType::User => json!({"op": "replace", "path": ENTERPRISE_USER, "value": part(ENTERPRISE_USER)}),
        };
        let patch = json!({"schemas": [PATCH_OP_URN], "Operations": [change]});
        let act = Act { verb: Verb::Patch, version: None, ..act };
        let mut reply = perform(&self.part(&act, id, &patch), &act, patch).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }

    fn resolve(&self, bulk_id: &str) -> Result<String, ScimError> {
        match self.made.get(bulk_id) {
            Some(Some(id)) => Ok(id.clone()),
            Some(None) => Err(ScimError::conflict("It refers to an operation that failed.")),
            None => Err(ScimError::invalid_value("It refers to a bulkId that no POST of this request has.")),
        }
    }

    /// The operation as a request of its own.
    fn part(&self, act: &Act, id: String, data: &Value) -> Call {
        let mut call = self.call.clone();
        (call.id, call.query, call.headers) = (id, Vec::new(), HeaderMap::new());
        if let Some(version) = act.version.as_deref().and_then(|version| version.parse().ok()) {
            call.headers.insert(IF_MATCH, version);
        }
        call.body = data.to_string().into();
        call
    }

    fn note(&mut self, request: &BulkRequest, at: usize, result: Result<Reply, Failure>) {
        let Some(operation) = request.operations.get(at) else { return };
        let id = match &result {
            Ok(reply) => location(reply).and_then(|location| location.rsplit('/').next().map(str::to_owned)),
            Err(_) => None,
        };
        let is_creation = operation.act.as_ref().is_ok_and(|act| act.verb == Verb::Create);
        if let (true, Some(bulk_id)) = (is_creation, &operation.bulk_id) {
            let known = self.made.get(bulk_id).cloned().flatten();
            self.made.insert(bulk_id.clone(), id.or(known));
        }
        let known = self.results.remove(&at);
        self.results.insert(at, self.shown(operation, result, known.as_ref()));
    }

    /// What the answer says of an operation; `known` is what was known before it was completed.
    fn shown(
        &self,
        operation: &crate::scim::bulk::Operation,
        result: Result<Reply, Failure>,
        known: Option<&Outcome>,
    ) -> Outcome {
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        put("method", operation.method.clone().into());
        if let Some(bulk_id) = &operation.bulk_id {
            put("bulkId", bulk_id.clone().into());
        }
        let before = |name: &str| known.and_then(|known| known.shown.get(name)).cloned();
        let existing = operation.act.as_ref().ok().filter(|act| act.verb != Verb::Create).map(|act| {
            let id = act
                .id
                .strip_prefix("bulkId:")
                .and_then(|id| self.made.get(id).cloned().flatten())
                .unwrap_or_else(|| act.id.clone());
            format!("{}{}/{id}", self.call.base(), act.kind.endpoint())
        });
        let failed = result.is_err();
        match result {
            Ok(reply) => {
                let location =
                    location(&reply).map(Value::from).or_else(|| before("location")).or(existing.map(Value::from));
                if let Some(location) = location {
                    put("location", location);
                }
                let version =
                    reply.headers.iter().find(|(name, _)| name == ETAG).and_then(|(_, value)| value.to_str().ok());
                if let Some(version) = version {
                    put("version", version.into());
                }
                put("status", reply.status.as_str().into());
            }
            Err(failure) => {
                let location = before("location").or(existing.map(Value::from));
                if let Some(location) = location {
                    put("location", location);
                }
                put("status", failure.error.status.to_string().into());
                put("response", failure.error.to_json());
            }
        }
        Outcome { failed, shown: Value::Object(shown) }
    }
}

fn location(reply: &Reply) -> Option<&str> {
    reply.headers.iter().find(|(name, _)| name == LOCATION).and_then(|(_, value)| value.to_str().ok())
}

async fn perform(call: &Call, act: &Act, data: Value) -> Answer {
    let call = call.clone();
    match (act.kind, act.verb) {
        (ResourceType::User, Verb::Create) => users::create_as(&call, crate::ids::UserId::fresh(), data).await,
        (ResourceType::User, Verb::Replace) => users::replace(call).await,
        (ResourceType::User, Verb::Patch) => users::patch(call).await,
        (ResourceType::User, Verb::Delete) => users::delete(call).await,
        (ResourceType::Group, Verb::Create) => groups::create_as(&call, crate::ids::GroupId::fresh(), data).await,
        (ResourceType::Group, Verb::Replace) => groups::replace(call).await,
        (ResourceType::Group, Verb::Patch) => groups::patch(call).await,
        (ResourceType::Group, Verb::Delete) => groups::delete(call).await,
    }
}
