//! A SCIM request after its credential was checked, and what is answered to it.

use std::sync::Arc;

use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::error::Failure;
use crate::command::{Asker, Commands};
use crate::domain::access::{Actor, Dialect, Grant};
use crate::domain::version::Expected;
use crate::http::App;
use crate::ids::WorkspaceId;
use crate::scim::error::ScimError;
use crate::scim::projection::Projection;
use crate::scim::schema::ResourceType;
use crate::scim::{Profile, json};

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A request that somebody is allowed to make. Only [`super::serve`] makes one, so that nothing is done for strangers.
#[derive(Clone)]
pub struct Call {
    pub(super) app: Arc<App>,
    pub(super) grant: Arc<Grant>,
    pub(super) actor: Actor,
    /// The `{id}` of the path, decoded; empty where there is none.
    pub(super) id: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) body: bytes::Bytes,
    /// Whether whoever asked still waits for the answer.
    pub(super) asker: Asker,
    /// Until when it has to be answered.
    pub(super) deadline: tokio::time::Instant,
}

/// What is answered.
#[derive(Debug, Default)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers besides those that every answer has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON; empty: no body.
    pub body: Vec<u8>,
}

impl Call {
    /// The workspace it acts in.
    pub(super) fn workspace(&self) -> WorkspaceId {
        self.grant.workspace_id
    }

    /// The way to change something: nothing is begun for somebody who has gone.
    pub(super) fn commands(&self) -> Commands {
        self.app.commands.asked_by(&self.asker)
    }

    /// How strictly it is read.
    pub(super) fn profile(&self) -> Profile {
        match self.grant.dialect {
            Dialect::Compat => Profile::Compat,
            Dialect::Interop => Profile::Interop,
        }
    }

    /// The address of the SCIM service.
    pub(super) fn base(&self) -> &str {
        &self.app.scim_url
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, ScimError> {
        json::parse(&self.body)
    }

    /// A parameter of the query, its name in any case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Which attributes are to be shown.
    pub(super) fn projection(&self, kind: ResourceType) -> Result<Projection, ScimError> {
        Projection::parse(kind, self.parameter("attributes"), self.parameter("excludedAttributes"), self.profile())
    }

    /// Whether the asker wants no body where there was nothing to decide (`Prefer: return=minimal`, RFC 7240 §4.2).
    pub(super) fn wants_no_body(&self) -> bool {
        let prefers = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        prefers.flat_map(|value| value.split(',')).any(is_minimal)
    }

    /// The version on which a change depends (RFC 7644 §3.14).
    pub(super) fn expected(&self) -> Expected {
        match (tags(&self.headers, IF_MATCH), tags(&self.headers, IF_NONE_MATCH)) {
            (Some(Tags::Versions(versions)), _) => Expected::OneOf(versions),
            (_, Some(Tags::Any)) => Expected::Absent,
            (_, Some(Tags::Versions(versions))) => Expected::NoneOf(versions),
            (Some(Tags::Any) | None, None) => Expected::Any,
        }
    }

    /// Whether the asker has that version already. Where the answer `borrows` from other resources, which change without
    /// it, no version of its own says so.
    pub(super) fn has(&self, version: i64, borrows: bool) -> bool {
        match tags(&self.headers, IF_NONE_MATCH) {
            Some(Tags::Any) => true,
            Some(Tags::Versions(versions)) => !borrows && versions.contains(&version),
            None => false,
        }
    }
}

enum Tags {
    Any,
    /// Those that are ours; a foreign tag is no version of anything.
    Versions(Vec<i64>),
}

fn tags(headers: &HeaderMap, name: HeaderName) -> Option<Tags> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return None;
    }
    let tags = || values.iter().flat_map(|value| value.split(',')).map(str::trim);
    if tags().any(|tag| tag == "*") {
        return Some(Tags::Any);
    }
    Some(Tags::Versions(tags().filter_map(version_of).collect()))
}

/// Whether a preference is `return=minimal`, its value quoted or not, parameters aside.
fn is_minimal(preference: &str) -> bool {
    let (name, value) = preference.split(';').next().and_then(|one| one.split_once('=')).unwrap_or_default();
    name.trim().eq_ignore_ascii_case("return") && value.trim().trim_matches('"').eq_ignore_ascii_case("minimal")
}

/// The version in an entity tag, with or without `W/`: comparison is weak.
pub(super) fn version_of(tag: &str) -> Option<i64> {
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

impl Reply {
    /// An answer with a body.
    pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// An answer without one.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer to a change by somebody who wants no body ([`Call::wants_no_body`]).
    pub(super) fn no_body(version: i64) -> Self {
        Self::empty(StatusCode::NO_CONTENT).version(version).header(PREFERENCE_APPLIED, "return=minimal")
    }

    /// With an `ETag`.
    pub(super) fn version(self, version: i64) -> Self {
        self.header(ETAG, &format!("W/\"{version}\""))
    }

    /// With a header.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }
}

/// What a handler gives.
pub(super) type Answer = Result<Reply, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for tag in ["W/\"7\"", "\"7\""] {
            assert_eq!(version_of(tag), Some(7));
        }
        for tag in ["7", "W/7", "\"x\"", "\"", "w/\"7\""] {
            assert_eq!(version_of(tag), None, "{tag}");
        }
    }
}
