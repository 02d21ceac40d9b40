//! An event as the outside sees it: one form for webhooks, for pages of events and for the stream of them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// The version of the form; `schemas/events/` has a file for each event of it.
pub const VERSION: u32 = 1;

/// Something that happened in a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[allow(clippy::struct_field_names)]
pub struct Event {
    /// Whoever is told twice knows it by this.
    pub id: Uuid,
    /// `user.activated`.
    pub event: String,
    /// The version of this form.
    pub version: u32,
    /// Its place among the events of the workspace: it only grows, so that what comes late can be told from what is new.
    pub cursor: i64,
    /// When it happened.
    pub timestamp: DateTime<Utc>,
    /// Where.
    pub workspace_id: Uuid,
    /// What changed.
    pub data: Data,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "EventData")]
pub struct Data {
    /// `user`, `group`, `workspace`, `role`, `team`, `rule`, `conversation`, `session`, …
    pub kind: String,
    /// Which one.
    pub id: String,
    /// `{"standing": {"old": "inactive", "new": "active"}}`; without secrets.
    pub changes: Value,
}

/// Within what the order of events is kept: one lane a user, so that nobody waits for somebody else. What concerns a user
/// without being one (a session, a conversation) is in their lane.
#[must_use]
pub fn lane(kind: &str, id: &str, changes: &Value) -> String {
    let concerned = match kind {
        "session" => changes.pointer("/user/old"),
        "conversation" => {
            changes.pointer("/assignee/old").filter(|id| !id.is_null()).or(changes.pointer("/assignee/new"))
        }
        _ => None,
    };
    match concerned.and_then(Value::as_str) {
        Some(user) => format!("user:{user}"),
        None => format!("{kind}:{id}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_concerns_a_user_is_in_their_lane() {
        let lanes = [
            ("user", "u1", json!({"standing": {"new": "active"}}), "user:u1"),
            ("session", "s1", json!({"user": {"old": "u1"}, "reason": {"new": "deactivated"}}), "user:u1"),
            ("conversation", "c1", json!({"assignee": {"old": "u1", "new": null}}), "user:u1"),
            ("conversation", "c1", json!({"assignee": {"old": null, "new": "u2"}}), "user:u2"),
            ("conversation", "c1", json!({}), "conversation:c1"),
            ("group", "g1", json!({"user": {"old": "u1"}}), "group:g1"),
        ];
        for (kind, id, changes, expected) in lanes {
            assert_eq!(lane(kind, id, &changes), expected, "{kind} {changes}");
        }
    }
}
