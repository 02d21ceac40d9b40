//! Words for what stands in the audit log: actions, fields, and what an id means.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use uuid::Uuid;

use crate::http::console::frame::Frame;
use crate::ids::WorkspaceId;
use crate::store::audit::Entry;
use crate::store::{Conn, StoreError, named};

/// Ids of one page that are looked up at the most.
const MOST: usize = 200;

/// The text of that name; none where there is none.
fn word(frame: &Frame, place: &str) -> Option<String> {
    frame.language.find(place).map(Cow::into_owned)
}

/// A name of the program as names of texts are written.
pub fn key(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect()
}

/// What an action is about: `user.created` about a person.
pub fn noun(frame: &Frame, action: &str) -> Option<String> {
    word(frame, &format!("audit-noun-{}", key(action.split('.').next()?)))
}

/// An action in words; as the log has it, where there are none: "Role created", "Person – role changed".
pub fn action(frame: &Frame, action: &str) -> String {
    // `user.create.refused`, where it is not done, and `user.created`, where it is.
    let done = action.rsplit('.').next().unwrap_or_default();
    match (noun(frame, action), word(frame, &format!("audit-verb-{}", key(done)))) {
        (Some(noun), Some(verb)) if verb.contains(' ') => format!("{noun} – {verb}"),
        (Some(noun), Some(verb)) => format!("{noun} {verb}"),
        _ => action.to_owned(),
    }
}

/// What a field is called.
pub fn field(frame: &Frame, name: &str) -> String {
    word(frame, &format!("audit-field-{}", key(name))).unwrap_or_else(|| name.to_owned())
}

/// What somebody who acted is called: what has no name of its own, in the language of whoever reads.
pub fn actor(frame: &Frame, kind: &str, name: String) -> String {
    match (kind, name.as_str()) {
        ("operator", "command line") => frame.say("audit-kind-operator").into_owned(),
        ("visitor", "login page") => frame.say("audit-kind-visitor").into_owned(),
        _ => name,
    }
}

/// What kind of actor somebody is: whoever acts with a key of theirs is named with it.
pub fn kind_of<'a>(kind: &'a str, name: &str) -> &'a str {
    if kind == "user" && name.ends_with(')') && name.contains(" (key ") { "key" } else { kind }
}

/// What the things are called whose ids stand in entries.
#[derive(Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// Those of a page of entries.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn of(conn: &mut Conn, workspace: WorkspaceId, entries: &[Entry]) -> Result<Self, StoreError> {
        let mut ids = BTreeSet::new();
        for entry in entries {
            collect(&Value::String(entry.subject_id.clone()), &mut ids);
            collect(&entry.changes, &mut ids);
        }
        let ids: Vec<Uuid> = ids.into_iter().take(MOST).collect();
        Ok(Self(named::things(conn, workspace, &ids).await?))
    }

    /// What a thing of that id is called.
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(&Uuid::try_parse(id).ok()?).map(String::as_str)
    }

    /// Every id in a value that has a name, with that name.
    pub fn within(&self, value: &Value) -> BTreeMap<Uuid, String> {
        let mut ids = BTreeSet::new();
        collect(value, &mut ids);
        ids.into_iter().filter_map(|id| Some((id, self.0.get(&id)?.clone()))).collect()
    }
}

fn collect(value: &Value, ids: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) => ids.extend(Uuid::try_parse(text).ok()),
        Value::Array(all) => all.iter().for_each(|one| collect(one, ids)),
        Value::Object(fields) => fields.values().for_each(|one| collect(one, ids)),
        _ => {}
    }
}
