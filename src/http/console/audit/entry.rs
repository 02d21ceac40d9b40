//! One entry of the audit log, for people: who, what, about whom, and each value before and after.

use serde_json::Value;

use crate::http::console::frame::Frame;
use crate::http::console::values::Telling;
use crate::http::console::words::{self, Names};
use crate::store::audit::Entry;

/// Characters of one value that are shown.
const MOST: usize = 600;
/// Characters of a list of permissions, of which none is left out.
const MOST_PERMISSIONS: usize = 6_000;
/// Values of one entry that are shown without being asked for.
const OPEN: usize = 4;

/// An entry.
pub struct Shown {
    pub seq: i64,
    pub number: Option<i64>,
    pub at: String,
    pub actor: String,
    pub kind: String,
    pub address: Option<String>,
    pub request_id: String,
    /// As the log has it.
    pub action: String,
    /// The same in words.
    pub what: String,
    pub subject: String,
    /// Where the page of the subject is.
    pub link: Option<String>,
    pub values: Vec<Changed>,
    /// The ids of what is named, each after its name.
    pub ids: Vec<(String, String)>,
    pub is_open: bool,
}

/// A value before and after.
pub struct Changed {
    pub name: String,
    pub old: String,
    pub new: String,
}

impl Shown {
    pub fn of(frame: &Frame, names: &Names, entry: Entry) -> Self {
        let values = values(Telling { frame, names }, &entry.changes);
        let link = link(frame, &entry);
        // What it was called then; else what it is called now.
        let is_name = !entry.subject_name.is_empty() && entry.subject_name != entry.subject_id;
        let now = names.get(&entry.subject_id).map(str::to_owned);
        let subject = if is_name { entry.subject_name } else { now.unwrap_or_default() };
        let called = if subject.is_empty() { words::noun(frame, &entry.action) } else { Some(subject.clone()) };
        let mut ids: Vec<(String, String)> =
            names.within(&entry.changes).into_iter().map(|(id, name)| (name, id.to_string())).collect();
        ids.retain(|(_, id)| *id != entry.subject_id);
        if uuid::Uuid::try_parse(&entry.subject_id).is_ok() {
            ids.insert(0, (called.unwrap_or_default(), entry.subject_id));
        }
        Self {
            seq: entry.seq,
            number: entry.number,
            at: frame.moment(&entry.at),
            kind: kind(frame, words::kind_of(&entry.actor_kind, &entry.actor_name)),
            actor: words::actor(frame, &entry.actor_kind, entry.actor_name),
            address: entry.address,
            request_id: entry.request_id.to_string(),
            what: words::action(frame, &entry.action),
            action: entry.action,
            subject,
            link,
            is_open: !values.is_empty() && values.len() <= OPEN,
            values,
            ids,
        }
    }
}

fn kind(frame: &Frame, kind: &str) -> String {
    let name = match kind {
        "token" => "audit-kind-token",
        "client" => "audit-kind-client",
        "user" => "audit-kind-user",
        "key" => "audit-kind-key",
        "system" => "audit-kind-system",
        "operator" => "audit-kind-operator",
        "connection" => "audit-kind-connection",
        "visitor" => "audit-kind-visitor",
        "setup_link" => "audit-kind-setup-link",
        _ => return kind.to_owned(),
    };
    frame.say(name).into_owned()
}

/// The page of a subject, where there is one that whoever reads may see.
fn link(frame: &Frame, entry: &Entry) -> Option<String> {
    let (section, permission) = match entry.subject_kind.as_str() {
        "user" => ("users", "users:read"),
        "group" => ("groups", "groups:read"),
        "role" => ("roles", "roles:read"),
        "team" => ("teams", "teams:read"),
        "rule" => ("rules", "rules:read"),
        "review" => ("reviews", "reviews:read"),
        _ => return None,
    };
    let is_one = uuid::Uuid::try_parse(&entry.subject_id).is_ok() && !entry.action.ends_with(".deleted");
    (is_one && frame.may(permission)).then(|| format!("/settings/{section}/{}", entry.subject_id))
}

/// What changed, whatever form somebody gave it.
fn values(telling: Telling<'_>, changes: &Value) -> Vec<Changed> {
    let Value::Object(fields) = changes else {
        let new = shown(telling, "", Some(changes));
        let is_nothing = changes.is_null();
        return if is_nothing { Vec::new() } else { vec![Changed { name: String::new(), old: String::new(), new }] };
    };
    let changed = |(field, value): (&String, &Value)| {
        let name = words::field(telling.frame, field);
        match value.as_object() {
            Some(sides) if sides.keys().all(|side| side == "old" || side == "new") && !sides.is_empty() => {
                let [old, new] = ["old", "new"].map(|side| shown(telling, field, sides.get(side)));
                Changed { name, old, new }
            }
            _ => Changed { name, old: String::new(), new: shown(telling, field, Some(value)) },
        }
    };
    fields.iter().map(changed).collect()
}

/// A value as people read it.
fn shown(telling: Telling<'_>, field: &str, value: Option<&Value>) -> String {
    let text = value.and_then(|value| telling.value(field, value)).unwrap_or_else(|| "–".to_owned());
    let most = if field == "permissions" { MOST_PERMISSIONS } else { MOST };
    if text.chars().count() > most { text.chars().take(most).chain(['…']).collect() } else { text }
}
