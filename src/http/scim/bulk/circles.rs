//! Circles of a Bulk request: what was made without some of its references gets them; where it can't, it is taken back.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Run;
use crate::http::scim::call::Reply;
use crate::http::scim::error::Failure;
use crate::scim::bulk::{Act, Verb, references, substitute};
use crate::scim::error::ScimError;
use crate::scim::patch::PATCH_OP_URN;
use crate::scim::schema::{ENTERPRISE_USER, ResourceType};

impl Run<'_> {
    /// Completes what was made without these references, also after the request was stopped by failures. What can't be
    /// completed is deleted again, and so is what was made with a reference to it: neither is what was asked for.
    pub(super) async fn close(&mut self, circles: Vec<(usize, Vec<String>)>) {
        for operation in &self.request.operations {
            if let (Ok(Act { verb: Verb::Create, .. }), Some(bulk_id)) = (&operation.act, &operation.bulk_id) {
                self.made.entry(bulk_id.clone()).or_insert(None);
            }
        }
        let mut referrers = None;
        for (at, left_out) in circles {
            if !self.is_made(at) {
                continue;
            }
            match self.complete(at, &left_out).await {
                Ok(reply) => self.note(at, Ok(reply)),
                Err(failure) => {
                    let referrers = referrers.get_or_insert_with(|| self.referrers());
                    self.take_back(at, failure, referrers).await;
                }
            }
        }
    }

    fn is_made(&self, at: usize) -> bool {
        self.results.get(&at).is_some_and(|result| !result.failed)
    }

    /// The creations that refer to each bulkId.
    fn referrers(&self) -> HashMap<String, Vec<usize>> {
        let mut referrers: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, operation) in self.request.operations.iter().enumerate() {
            let Ok(act @ Act { verb: Verb::Create, .. }) = &operation.act else { continue };
            for id in references(&act.data) {
                referrers.entry(id).or_default().push(at);
            }
        }
        referrers
    }

    /// Adds to what was made the references that were left out.
    async fn complete(&self, at: usize, left_out: &[String]) -> Result<Reply, Failure> {
        let (act, id) = self.creation(at)?;
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
        let mut reply = self.perform(&act, id, patch).await?;
        reply.status = StatusCode::CREATED;
        Ok(reply)
    }

    /// Reports a creation as failed and deletes what it made, then the same for the creations that refer to it. A user
    /// who was there before the request stays, and so does what can't be deleted; both are reported with their location.
    async fn take_back(&mut self, at: usize, failure: Failure, referrers: &HashMap<String, Vec<usize>>) {
        let mut left = vec![(at, failure)];
        while let Some((at, mut failure)) = left.pop() {
            if !self.is_made(at) {
                continue;
            }
            if !self.new.contains(&at) {
                self.note(at, Err(failure));
                continue;
            }
            if let Err(kept) = self.delete(at).await {
                failure.error.detail.push_str(" What was made of it could not be deleted again: ");
                failure.error.detail.push_str(&kept.error.detail);
                self.note(at, Err(failure));
                continue;
            }
            let bulk_id = self.request.operations.get(at).and_then(|operation| operation.bulk_id.as_ref());
            self.results.remove(&at);
            if let Some(bulk_id) = bulk_id {
                self.made.insert(bulk_id.clone(), None);
            }
            self.note(at, Err(failure));
            for referrer in bulk_id.and_then(|id| referrers.get(id)).into_iter().flatten() {
                left.push((*referrer, ScimError::conflict("It refers to an operation that failed.").into()));
            }
        }
    }

    /// Deletes what a creation made; it may be gone already.
    async fn delete(&self, at: usize) -> Result<(), Failure> {
        let (act, id) = self.creation(at)?;
        let act = Act { verb: Verb::Delete, version: None, ..act };
        match self.perform(&act, id, Value::Null).await {
            Err(failure) if failure.error.status != StatusCode::NOT_FOUND.as_u16() => Err(failure),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What a creation asked for, and the id of what it made.
    fn creation(&self, at: usize) -> Result<(Act, String), ScimError> {
        let operation = self.request.operations.get(at).ok_or_else(ScimError::not_found)?;
        Ok((operation.act.clone()?, self.resolve(operation.bulk_id.as_deref().unwrap_or_default())?))
    }
}
