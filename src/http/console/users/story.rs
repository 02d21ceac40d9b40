//! The story of one person, from the audit log, in words: what happened, who did it, and what it was before.

use serde_json::Value;

use crate::http::browser::Asked;
use crate::http::console::frame::Frame;
use crate::http::console::values::Telling;
use crate::http::console::words::{self, Names};
use crate::ids::UserId;
use crate::store::audit::{self, Entry, Filter};
use crate::store::{Conn, StoreError};
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
    let names = Names::of(conn, frame.workspace.id, &entries).await?;
    let telling = Telling { frame, names: &names };
    let older = entries.last().filter(|_| is_more).map(|entry| entry.seq);
    Ok((entries.iter().map(|entry| chapter(telling, entry)).collect(), older))
}

fn chapter(telling: Telling<'_>, entry: &Entry) -> Chapter {
    let frame = telling.frame;
    let refused = entry.action.strip_suffix(".refused");
    let what = match refused {
        Some(_) => frame.say("users-story-refused").into_owned(),
        None if KNOWN.contains(&entry.action.as_str()) => {
            let name = entry.action.replace(['.', '_'], "-");
            frame.say(&format!("users-story-{name}")).into_owned()
        }
        None => words::action(frame, &entry.action),
    };
    let kind = match words::kind_of(&entry.actor_kind, &entry.actor_name) {
        kind @ ("user" | "token" | "client" | "key" | "operator" | "system" | "visitor" | "connection") => {
            frame.say(&format!("users-actor-{kind}")).into_owned()
        }
        "setup_link" => frame.say("audit-kind-setup-link").into_owned(),
        other => other.to_owned(),
    };
    let changes = entry.changes.as_object().into_iter().flatten();
    Chapter {
        what,
        is_refused: refused.is_some(),
        by: words::actor(frame, &entry.actor_kind, entry.actor_name.clone()),
        kind,
        address: entry.address.clone(),
        at: frame.moment(&entry.at),
        machine: entry.at.to_rfc3339(),
        changes: changes
            .filter(|(field, _)| !HIDDEN.contains(&field.as_str()))
            .flat_map(|(field, change)| changed(telling, field, change))
            .collect(),
    }
}

fn changed(telling: Telling<'_>, field: &str, change: &Value) -> Vec<Changed> {
    let frame = telling.frame;
    if field == "teams" {
        return [("users-story-joined", "joined"), ("users-story-left", "left")]
            .into_iter()
            .filter_map(|(name, key)| {
                let new = told(telling, "joined", change.get(key)?)?;
                Some(Changed { field: frame.say(name).into_owned(), old: None, new: Some(new) })
            })
            .collect();
    }
    let label = match field {
        "refused" => frame.say("users-story-why").into_owned(),
        other => words::field(frame, other),
    };
    let part = |key| change.get(key).and_then(|value| told(telling, field, value));
    vec![Changed { field: label, old: part("old"), new: part("new") }]
}

/// A value in words; none where it is nothing.
fn told(telling: Telling<'_>, field: &str, value: &Value) -> Option<String> {
    let text = match (field, value.get("formatted").and_then(Value::as_str)) {
        ("name", Some(formatted)) => printable(formatted).into_owned(),
        _ => telling.value(field, value)?,
    };
    if text.is_empty() {
        return None;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    Some(if text.chars().count() > LONGEST { format!("{cut}…") } else { cut })
}
