//! The JSON Schema of every event of version 1: the files of `schemas/events/`, and what is made of them for whoever asks.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::VERSION;

/// What all events have in common: where a schema's file says `event.v1.json`.
const BASE: &str = include_str!("../../schemas/events/event.v1.json");
const BASE_NAME: &str = "event.v1.json";

macro_rules! published {
    ($($name:literal)*) => {
        /// Every event that the outside is told of, with the text of its file.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../schemas/events/", $name, ".v1.json")))),*];
    };
}

published! {
    "user.created" "user.updated" "user.activated" "user.deactivated" "user.parked" "user.deleted" "user.role_changed"
    "user.team_changed" "user.password_changed" "user.password_reset"
    "group.created" "group.updated" "group.deleted"
    "role.created" "role.updated" "role.deleted"
    "team.created" "team.updated" "team.deleted"
    "rule.created" "rule.updated" "rule.bound" "rule.deleted"
    "seat.warning" "seat.limit_reached" "seat.overage"
    "session.revoked"
    "conversation.created" "conversation.assigned" "conversation.unassigned" "conversation.written"
    "workspace.created" "workspace.updated"
    "connection.created" "connection.updated" "connection.deleted" "connection.admin_came_in"
    "domain.added" "domain.updated" "domain.proved" "domain.checked" "domain.lapsed" "domain.removed"
    "sso.enforced" "sso.released"
    "token.created" "token.revoked"
    "mail.failed"
    "review.due" "review.started" "review.decided" "review.applied" "review.closed"
    "endpoint.test"
}

/// What an event looks like, and when it happens.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EventSchema")]
pub struct EventSchema {
    /// `user.activated`.
    pub event: &'static str,
    /// The version of its form.
    pub version: u32,
    /// When it happens.
    pub description: String,
    /// Whether it says something about a person beyond their id: the fields marked `x-pii`.
    pub holds_personal_data: bool,
    /// Its JSON Schema (2020-12), which needs no other file.
    pub schema: Value,
}

/// All of them, in the order of the catalogue.
pub static ALL: LazyLock<Vec<EventSchema>> = LazyLock::new(|| {
    let base: Value = serde_json::from_str(BASE).unwrap_or_default();
    FILES.iter().map(|(event, text)| made(event, text, &base)).collect()
});

/// The names of all events.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(event, _)| *event)
}

fn made(event: &'static str, text: &str, base: &Value) -> EventSchema {
    let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
    refer_inwards(&mut schema);
    let mut shared = base.clone();
    let definitions = shared.as_object_mut().and_then(|shared| shared.remove("$defs"));
    let all = definitions.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(shared) = shared.as_object_mut() {
        shared.remove("$schema");
    }
    let mut used = Map::new();
    used.insert("event".into(), shared);
    need(&schema, &all, &mut used);
    need(&used.clone().into(), &all, &mut used);
    let holds_personal_data = is_marked(&schema) || used.values().any(is_marked);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$defs".into(), used.into());
    }
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    EventSchema { event, version: VERSION, description, holds_personal_data, schema }
}

/// Makes references to the shared file into references to what stands in the same document.
fn refer_inwards(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        if let Some(within) = target.strip_prefix(BASE_NAME) {
                            *target = if within.is_empty() { "#/$defs/event".into() } else { within.into() };
                        }
                    }
                    member => refer_inwards(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(refer_inwards),
        _ => {}
    }
}

/// Puts whatever a schema refers to, and what that refers to, into `used`.
fn need(schema: &Value, all: &Map<String, Value>, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
            if let Some((name, found)) = target.and_then(|name| Some((name, all.get(name)?)))
                && !used.contains_key(name)
            {
                used.insert(name.to_owned(), found.clone());
                need(found, all, used);
            }
            members.values().for_each(|member| need(member, all, used));
        }
        Value::Array(elements) => elements.iter().for_each(|element| need(element, all, used)),
        _ => {}
    }
}

fn is_marked(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("x-pii") || members.values().any(is_marked),
        Value::Array(elements) => elements.iter().any(is_marked),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            _ => {}
        }
    }

    #[test]
    fn every_schema_stands_alone_and_says_what_it_is_of() {
        assert!(ALL.len() >= 50);
        for EventSchema { event, description, schema, .. } in ALL.iter() {
            assert_eq!(schema.pointer("/properties/event/const").unwrap(), event);
            assert!(description.len() > 20, "{event}");
            let mut found = Vec::new();
            references(schema, &mut found);
            assert!(found.contains(&"#/$defs/event".to_owned()), "{event}");
            for target in found {
                assert!(schema.pointer(target.trim_start_matches('#')).is_some(), "{event}: {target}");
            }
        }
    }

    #[test]
    fn every_event_of_the_catalogue_has_a_schema_and_so_has_the_test() {
        let catalogue = crate::delivery::CATALOGUE.iter().chain([&crate::delivery::TEST]).map(|one| one.name);
        let (mut known, mut written) = (catalogue.collect::<Vec<_>>(), names().collect::<Vec<_>>());
        known.sort_unstable();
        written.sort_unstable();
        assert_eq!(known, written);
    }

    #[test]
    fn what_is_about_people_says_so() {
        let holds = |event: &str| ALL.iter().find(|one| one.event == event).unwrap().holds_personal_data;
        assert!(holds("user.created") && holds("review.decided") && holds("mail.failed"));
        assert!(!holds("group.created") && !holds("user.team_changed") && !holds("session.revoked"));
    }
}
