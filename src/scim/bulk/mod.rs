//! Bulk requests (RFC 7644 §3.7): operations that may refer to what others of the same request make, in any order and
//! in circles.

mod references;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use references::count;
pub use references::{references, substitute, without};

use super::error::ScimError;
use super::patch::MAX_OPERATIONS as MOST_PATCH;
use super::schema::ResourceType;

/// The URN of a bulk request.
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of the answer.
pub const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// How many operations a request may hold.
pub const MAX_OPERATIONS: usize = MOST_PATCH;
/// How many bytes a request may have.
pub const MAX_PAYLOAD: usize = 1_048_576;
/// How many references a request may hold.
pub const MAX_REFERENCES: usize = 10_000;
/// The longest bulkId, in bytes.
const MAX_BULK_ID: usize = 256;

/// A bulk request.
#[derive(Debug, Clone)]
pub struct BulkRequest {
    /// After how many failures the rest is left undone.
    pub fail_on_errors: Option<usize>,
    /// The operations in the order of the request; one that can't be read is its own refusal.
    pub operations: Vec<Operation>,
}

/// One operation as it was sent.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `POST`, `PUT`, `PATCH`, `DELETE`, in capitals; or whatever was sent.
    pub method: String,
    /// The client's own name for it.
    pub bulk_id: Option<String>,
    /// What to do; or why it can't be done.
    pub act: Result<Act, ScimError>,
}

/// What an operation does.
#[derive(Debug, Clone)]
pub struct Act {
    /// How.
    pub verb: Verb,
    /// On what kind of resource.
    pub kind: ResourceType,
    /// On which: an id, or `bulkId:…`; empty for a creation.
    pub id: String,
    /// The entity tag on which it depends.
    pub version: Option<String>,
    /// The resource or the PATCH.
    pub data: Value,
}

/// How a resource is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// POST.
    Create,
    /// PUT.
    Replace,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl BulkRequest {
    /// Reads a bulk request.
    ///
    /// # Errors
    /// 400 `invalidSyntax` where it is none; 413 where it holds too many operations (RFC 7644 §3.7.4) or references; 400
    /// `invalidValue` where a bulkId stands twice. What is wrong with one operation is said in its place.
    pub fn parse(body: &Value) -> Result<Self, ScimError> {
        let Some(body) = body.as_object() else {
            return Err(ScimError::invalid_syntax("The body has to be a JSON object."));
        };
        let urns = member(body, "schemas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if !urns.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(REQUEST_URN))) {
            return Err(ScimError::invalid_syntax(format!("schemas has to name {REQUEST_URN}.")));
        }
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number =
                    value.as_u64().filter(|number| *number > 0).and_then(|number| usize::try_from(number).ok());
                Some(number.ok_or_else(|| ScimError::invalid_value("failOnErrors has to be a whole number from 1."))?)
            }
        };
        let Some(Value::Array(operations)) = member(body, "Operations") else {
            return Err(ScimError::invalid_syntax("Operations has to be a list."));
        };
        if operations.len() > MAX_OPERATIONS {
            let detail = format!(
                "A bulk request holds {MAX_OPERATIONS} operations at the most; this one has {}.",
                operations.len()
            );
            return Err(ScimError::payload_too_large(detail));
        }
        let operations: Vec<Operation> = operations.iter().map(operation).collect();
        let held: usize = operations.iter().filter_map(|one| one.act.as_ref().ok()).map(|act| count(&act.data)).sum();
        if held > MAX_REFERENCES {
            let detail = format!(
                "A bulk request holds {MAX_REFERENCES} references (bulkId:…) at the most; this one has {held}."
            );
            return Err(ScimError::payload_too_large(detail));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = operations.iter().filter_map(|one| one.bulk_id.as_ref()).find(|id| !seen.insert(*id)) {
            return Err(ScimError::invalid_value(format!(
                "The bulkId \"{}\" stands twice.",
                super::error::echo(twice)
            )));
        }
        Ok(Self { fail_on_errors, operations })
    }

    /// The order in which to carry the operations out: that of the request, but whoever refers to a creation comes after
    /// it. In a circle somebody goes first, leaves the references out that can't be known yet, and gets them afterwards.
    #[must_use]
    pub fn plan(&self) -> Vec<Step> {
        let creations: HashMap<&str, usize> = self
            .operations
            .iter()
            .enumerate()
            .filter(|(_, one)| one.act.as_ref().is_ok_and(|act| act.verb == Verb::Create))
            .filter_map(|(at, one)| Some((one.bulk_id.as_deref()?, at)))
            .collect();
        let needs = |one: &Operation| -> Vec<usize> {
            let Ok(act) = &one.act else { return Vec::new() };
            let own = act.id.strip_prefix(references::PREFIX).map(str::to_owned);
            own.into_iter().chain(references(&act.data)).filter_map(|id| creations.get(id.as_str()).copied()).collect()
        };
        let mut left: Vec<(usize, Vec<usize>)> = self.operations.iter().map(needs).enumerate().collect();
        let (mut steps, mut done) = (Vec::with_capacity(left.len()), HashSet::new());
        let mut later = Vec::new();
        while !left.is_empty() {
            let before = left.len();
            left.retain_mut(|(at, needs)| {
                // What is done is not looked at again, however many rounds there are.
                while needs.pop_if(|need| done.contains(need)).is_some() {}
                let ready = needs.is_empty();
                if ready {
                    done.insert(*at);
                    steps.push(Step::Do { operation: *at, without: Vec::new() });
                }
                !ready
            });
            if left.len() < before {
                continue;
            }
            // Only circles are left, and what hangs on them: the first creation among them goes first.
            let is_creation = |at: usize| {
                self.operations
                    .get(at)
                    .and_then(|one| one.act.as_ref().ok())
                    .is_some_and(|act| act.verb == Verb::Create)
            };
            let first = left.iter().position(|(at, _)| is_creation(*at)).unwrap_or_default();
            let (at, needs) = left.remove(first);
            let named = |need: &usize| self.operations.get(*need).and_then(|one| one.bulk_id.clone());
            let without: Vec<String> = needs.iter().filter(|need| !done.contains(*need)).filter_map(named).collect();
            done.insert(at);
            steps.push(Step::Do { operation: at, without: without.clone() });
            later.push(Step::Complete { operation: at, without });
        }
        steps.extend(later);
        steps
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Carry an operation out, without the references to these bulkIds.
    Do {
        /// Which.
        operation: usize,
        /// Usually none.
        without: Vec<String>,
    },
    /// Give what an operation made the references that were left out.
    Complete {
        /// Which.
        operation: usize,
        /// The bulkIds.
        without: Vec<String>,
    },
}

fn member<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn operation(body: &Value) -> Operation {
    let text = |name: &str| body.as_object().and_then(|body| member(body, name)).and_then(Value::as_str);
    Operation {
        method: text("method").unwrap_or_default().to_ascii_uppercase(),
        bulk_id: text("bulkId").map(str::to_owned),
        act: act(body),
    }
}

fn act(body: &Value) -> Result<Act, ScimError> {
    let Some(body) = body.as_object() else {
        return Err(ScimError::invalid_syntax("An operation has to be a JSON object."));
    };
    let text = |name: &str| match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(ScimError::invalid_syntax(format!("{name} has to be a string."))),
    };
    let verb = match text("method")?.unwrap_or_default().to_ascii_uppercase().as_str() {
        "POST" => Verb::Create,
        "PUT" => Verb::Replace,
        "PATCH" => Verb::Patch,
        "DELETE" => Verb::Delete,
        _ => return Err(ScimError::invalid_syntax("method has to be POST, PUT, PATCH or DELETE.")),
    };
    let path = text("path")?.unwrap_or_default();
    let (endpoint, id) = match path.strip_prefix('/').and_then(|rest| rest.split_once('/')) {
        Some((endpoint, id)) => (endpoint, id),
        None => (path.strip_prefix('/').unwrap_or_default(), ""),
    };
    let same = |kind: &ResourceType| kind.endpoint().strip_prefix('/') == Some(endpoint);
    let kind = ResourceType::ALL.into_iter().find(same).filter(|_| !id.contains('/'));
    let kind =
        kind.ok_or_else(|| ScimError::invalid_value("path has to be /Users, /Users/{id}, /Groups or /Groups/{id}."))?;
    match (verb, id.is_empty(), text("bulkId")?) {
        (Verb::Create, true, Some(id)) if !id.is_empty() && id.len() <= MAX_BULK_ID => {}
        (Verb::Create, true, _) => return Err(ScimError::invalid_value("A POST needs a bulkId of 1 to 256 bytes.")),
        (Verb::Create, false, _) => {
            return Err(ScimError::invalid_value("A POST goes to /Users or /Groups, without an id."));
        }
        (_, true, _) => return Err(ScimError::invalid_value("The path needs an id.")),
        (_, false, _) => {}
    }
    let data = member(body, "data").cloned().unwrap_or_default();
    if verb != Verb::Delete && !data.is_object() {
        return Err(ScimError::invalid_syntax("data has to be a JSON object."));
    }
    Ok(Act { verb, kind, id: id.to_owned(), version: text("version")?.map(str::to_owned), data })
}

#[cfg(test)]
mod tests;
