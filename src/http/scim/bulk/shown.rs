//! What the answer to a Bulk request says of each operation (RFC 7644 §3.7.3).

use axum::http::header::ETAG;
use serde_json::{Map, Value};

use super::{Run, location};
use crate::http::scim::call::Reply;
use crate::http::scim::error::Failure;
use crate::scim::bulk::{Operation, Verb};

/// What became of an operation.
pub(super) struct Outcome {
    /// Whether it failed.
    pub(super) failed: bool,
    /// What the answer says of it.
    pub(super) shown: Value,
}

impl Run<'_> {
    /// What the answer says of an operation; `known` is what was known before it was completed.
    pub(super) fn shown(
        &self,
        operation: &Operation,
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
