//! The story of one person, from the audit log, in words: what happened, who did it, and what it was before.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::user::Standing;
use crate::http::browser::Asked;
use crate::http::console::frame::Frame;
use crate::ids::UserId;
use crate::store::audit::{self, Entry, Filter};
use crate::store::{Conn, StoreError, teams};
use crate::text::printable;

/// Chapters on a page.
const MOST: i64 = 20;
/// How much is shown of a value.
const LONGEST: usize = 200;
/// The events that have words of their own, `users-story-…`.
const KNOWN: &[&str] = &[
    "user.created",
    "user.updated",
    "user.noted",
    "user.activated",
    "user.deactivated",
    "user.parked",
    "user.deleted",
    "user.role_changed",
    "user.team_changed",
    "user.password_changed",
    "user.password_reset",
    "user.password_removed",
    "user.reset_requested",
    "password_link.issued",
    "identity.linked",
    "identity.unlinked",
    "identity.claims",
    "second_factor.added",
    "second_factor.removed",
    "second_factor.recovery_used",
];
/// The fields that have words of their own, `users-field-…`.
const FIELDS: &[&str] = &[
    "userName",
    "standing",
    "role",
    "roleSource",
    "displayName",
    "emails",
    "name",
    "pins",
    "provisioned",
    "manager",
    "title",
    "department",
    "externalId",
    "expires_at",
    "purpose",
];
/// What says nothing to people.
const HIDDEN: &[&str] = &["rule"];

/// One thing that happened.
pub struct Chapter {
    /// What happened.
    pub what: String,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Who did it.
    pub by: String,
    /// Through what: "by hand", "identity provider".
    pub kind: String,
    /// From where.
    pub address: Option<String>,
    /// When.
    pub at: String,
    /// As a machine reads it.
    pub machine: String,
    /// What changed.
    pub changes: Vec<Changed>,
}

/// A field that changed.
pub struct Changed {
    /// What it is called.
    pub field: String,
    /// What it was; none where it was nothing.
    pub old: Option<String>,
    /// What it is; none where it is nothing.
    pub new: Option<String>,
}

/// A page of somebody's story, newest first, and where the next one begins; nothing where whoever reads may not see the
/// audit log.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of(
    asked: &Asked,
    conn: &mut Conn,
    frame: &Frame,
    user: UserId,
) -> Result<(Vec<Chapter>, Option<i64>), StoreError> {
    if !frame.may("audit:read") {
        return Ok((Vec::new(), None));
    }
    let before = asked.field("before").and_then(|before| before.parse().ok());
    let filter = Filter { subject: Some(user.to_string()), ..Filter::default() };
    let mut entries = audit::newest(conn, frame.workspace.id, &filter, before, MOST + 1).await?;
    let is_more = entries.len() > usize::try_from(MOST).unwrap_or_default();
    entries.truncate(usize::try_from(MOST).unwrap_or_default());
    let names: HashMap<String, String> = if entries.iter().any(|entry| entry.action == "user.team_changed") {
        teams::names(conn, frame.workspace.id).await?.into_iter().map(|team| (team.id.to_string(), team.name)).collect()
    } else {
        HashMap::new()
    };
    let older = entries.last().filter(|_| is_more).map(|entry| entry.seq);
    Ok((entries.iter().map(|entry| chapter(frame, entry, &names)).collect(), older))
}

fn chapter(frame: &Frame, entry: &Entry, teams: &HashMap<String, String>) -> Chapter {
    let refused = entry.action.strip_suffix(".refused");
    let what = match refused {
        Some(_) => frame.say("users-story-refused").into_owned(),
        None if KNOWN.contains(&entry.action.as_str()) => {
            let name = entry.action.replace(['.', '_'], "-");
            frame.say(&format!("users-story-{name}")).into_owned()
        }
        None => entry.action.clone(),
    };
    let kind = match entry.actor_kind.as_str() {
        kind @ ("user" | "token" | "client" | "key" | "operator" | "system" | "visitor" | "connection") => {
            frame.say(&format!("users-actor-{kind}")).into_owned()
        }
        other => other.to_owned(),
    };
    let changes = entry.changes.as_object().into_iter().flatten();
    Chapter {
        what,
        is_refused: refused.is_some(),
        by: entry.actor_name.clone(),
        kind,
        address: entry.address.clone(),
        at: frame.moment(&entry.at),
        machine: entry.at.to_rfc3339(),
        changes: changes
            .filter(|(field, _)| !HIDDEN.contains(&field.as_str()))
            .flat_map(|(field, change)| changed(frame, field, change, teams))
            .collect(),
    }
}

fn changed(frame: &Frame, field: &str, change: &Value, teams: &HashMap<String, String>) -> Vec<Changed> {
    if field == "teams" {
        return [("users-story-joined", "joined"), ("users-story-left", "left")]
            .into_iter()
            .filter_map(|(name, key)| {
                let ids = change.get(key)?.as_array().filter(|ids| !ids.is_empty())?;
                let id = |one: &Value| one.get("id").unwrap_or(one).as_str().map(str::to_owned);
                let named = |id: String| teams.get(&id).cloned().unwrap_or(id);
                let all: Vec<String> = ids.iter().filter_map(id).map(named).collect();
                Some(Changed { field: frame.say(name).into_owned(), old: None, new: Some(all.join(", ")) })
            })
            .collect();
    }
    let label = match field {
        "refused" => frame.say("users-story-why").into_owned(),
        _ if FIELDS.contains(&field) => {
            let name = field.to_lowercase().replace('_', "-");
            frame.say(&format!("users-field-{name}")).into_owned()
        }
        other => other.to_owned(),
    };
    let part = |key| change.get(key).and_then(|value| value_of(frame, field, value));
    vec![Changed { field: label, old: part("old"), new: part("new") }]
}

/// A value in words; none where it is nothing.
fn value_of(frame: &Frame, field: &str, value: &Value) -> Option<String> {
    let text = match (field, value) {
        (_, Value::Null) => return None,
        ("standing", Value::String(name)) => match Standing::parse(name) {
            Some(standing) => super::parts::standing(frame, standing).0.into_owned(),
            None => name.clone(),
        },
        ("roleSource", Value::String(name)) => match name.as_str() {
            name @ ("default" | "rule" | "manual") => frame.say(&format!("users-source-{name}")).into_owned(),
            other => other.to_owned(),
        },
        ("pins", Value::Object(pins)) => {
            let field = |key: &str| match key {
                "full_name" => frame.say("users-full-name").into_owned(),
                "email" => frame.say("users-email").into_owned(),
                _ => frame.say("users-status-inactive").into_owned(),
            };
            let told = |(key, pin): (&String, &Value)| match pin.get("value").and_then(Value::as_str) {
                Some(value) => format!("{}: {value}", field(key)),
                None => field(key),
            };
            pins.iter().map(told).collect::<Vec<_>>().join(", ")
        }
        ("name", Value::Object(name)) if name.get("formatted").is_some_and(Value::is_string) => {
            name.get("formatted").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Bool(is)) => frame.say(if *is { "users-yes" } else { "users-no" }).into_owned(),
        (_, Value::Array(all)) => {
            let one = |value: &Value| match value.get("value").unwrap_or(value) {
                Value::String(text) => text.clone(),
                _ => value.to_string(),
            };
            all.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        (_, other) => other.to_string(),
    };
    if text.is_empty() {
        return None;
    }
    let cut: String = printable(&text).chars().take(LONGEST).collect();
    Some(if text.chars().count() > LONGEST { format!("{cut}…") } else { cut })
}
