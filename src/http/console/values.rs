//! Values that stand in the audit log, as people read them: yes and no, moments, the words of the program, and what a thing is
//! called instead of its id.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::frame::Frame;
use super::words::{self, Names};
use crate::http::trouble;
use crate::text::printable;

/// Fields that hold a moment, besides those that end as such names do.
const MOMENTS: [&str; 6] = ["from", "to", "until", "since", "as_of", "last_review"];
/// How the names of the others end.
const ENDS: [&str; 4] = ["_at", "_until", "_since", "_from"];
/// Fields whose text is a sentence of another layer.
const SENTENCES: [&str; 4] = ["problem", "reason", "groups", "roles"];
/// Where words of the program stand among the texts of the pages that show them too. Others are `audit-word-field-word`.
const WORDS: [(&str, &str); 8] = [
    ("standing", "users-status"),
    ("seat_policy", "seats-policy"),
    ("assignment_strategy", "teams"),
    ("auth_method", "sso-way"),
    ("kind", "sso-kind"),
    ("provider", "setup-provider"),
    ("state", "webhooks-endpoint"),
    ("state", "connector-state"),
];

/// Tells values to whoever reads a page.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    /// The page.
    pub frame: &'a Frame,
    /// What the things are called whose ids stand in values.
    pub names: &'a Names,
}

impl Telling<'_> {
    /// A value of a field; none where it is nothing.
    pub fn value(&self, field: &str, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::Bool(is) => Some(self.frame.say(if *is { "audit-yes" } else { "audit-no" }).into_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(self.text(field, text)),
            Value::Array(all) => {
                let all: Vec<String> = all.iter().filter_map(|one| self.value(field, one)).collect();
                (!all.is_empty()).then(|| all.join(if field == "permissions" { "; " } else { ", " }))
            }
            Value::Object(parts) => self.parts(field, parts),
        }
    }

    fn text(&self, field: &str, text: &str) -> String {
        let known = match field {
            _ if self.names.get(text).is_some() => self.names.get(text).map(str::to_owned),
            "refused" => Some(trouble::retold(self.frame.language, text)),
            "permissions" => self.found("permission", text),
            "events" => match text.strip_suffix(".*") {
                Some(family) => self.found("webhooks-family", family),
                None => Some(words::action(self.frame, text)),
            },
            _ if MOMENTS.contains(&field) || ENDS.iter().any(|end| field.ends_with(end)) => {
                DateTime::parse_from_rfc3339(text).ok().map(|at| self.frame.moment(&at.to_utc()))
            }
            _ => self.word(field, text),
        };
        known.unwrap_or_else(|| {
            if SENTENCES.contains(&field) { self.frame.said(text) } else { printable(text).into_owned() }
        })
    }

    /// A word of the program.
    fn word(&self, field: &str, word: &str) -> Option<String> {
        let own = format!("audit-word-{}-{}", words::key(field), words::key(word));
        let own = self.frame.language.find(&own).map(std::borrow::Cow::into_owned);
        let shared = || WORDS.iter().filter(|(of, _)| *of == field).find_map(|(_, place)| self.found(place, word));
        own.or_else(shared)
    }

    fn found(&self, place: &str, word: &str) -> Option<String> {
        let name = format!("{place}-{}", words::key(word));
        self.frame.language.find(&name).map(std::borrow::Cow::into_owned)
    }

    /// A value that is made of several.
    fn parts(&self, field: &str, parts: &Map<String, Value>) -> Option<String> {
        let text = |name: &str| parts.get(name).and_then(Value::as_str);
        match field {
            "pins" => return self.pins(parts),
            // `{"id": …, "role": "agent"}`: a team, and what somebody is there.
            "teams" | "joined" if text("id").is_some() => {
                let team = self.text("id", text("id").unwrap_or_default());
                let role = text("role").and_then(|role| self.found("teams", role));
                return Some(role.map_or_else(|| team.clone(), |role| format!("{team} ({role})")));
            }
            _ => {}
        }
        let all = parts.iter().filter(|(name, _)| *name != "value").filter_map(|(name, value)| {
            let label = words::field(self.frame, name);
            match value {
                Value::Bool(false) => None,
                Value::Bool(true) => Some(label),
                // `work`, of an address.
                _ if name == "type" => self.value(name, value),
                _ => Some(format!("{label}: {}", self.value(name, value)?)),
            }
        });
        let (all, value) = (all.collect::<Vec<_>>(), parts.get("value").and_then(|value| self.value(field, value)));
        match value {
            Some(value) if all.is_empty() => Some(value),
            Some(value) => Some(format!("{value} ({})", all.join("; "))),
            None => (!all.is_empty()).then(|| all.join("; ")),
        }
    }

    /// What is held by hand: a name, an address, that somebody is inactive.
    fn pins(&self, pins: &Map<String, Value>) -> Option<String> {
        let told = |(name, pin): (&String, &Value)| {
            let label = words::field(self.frame, name);
            match pin.get("value").and_then(Value::as_str) {
                Some(value) => format!("{label}: {}", printable(value)),
                None => label,
            }
        };
        (!pins.is_empty()).then(|| pins.iter().map(told).collect::<Vec<_>>().join("; "))
    }
}
