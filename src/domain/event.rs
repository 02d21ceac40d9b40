//! What happened: the one list of changes, as the audit log, the outbox and later the webhooks name them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::ids::{GroupId, UserId, WorkspaceId};

/// One change, with what the outside needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name: `user.created`.
    pub name: &'static str,
    /// What kind of thing changed: `user`, `group`, `workspace`, `role`, `team`, `rule`, `conversation`, `token`, `client`, `key`.
    pub subject_kind: &'static str,
    /// Which one.
    pub subject_id: String,
    /// What people call it.
    pub subject_name: String,
    /// `{"attribute": {"old": …, "new": …}}`, without secrets.
    pub changes: Value,
    /// Whether the outside is told (a row of the outbox) besides the audit log.
    pub published: bool,
}

impl Event {
    /// A change of a user.
    #[must_use]
    pub fn user(name: &'static str, id: UserId, label: &str, changes: Value) -> Self {
        Self::published(name, "user", id.0, label, changes)
    }

    /// A change of a group.
    #[must_use]
    pub fn group(name: &'static str, id: GroupId, label: &str, changes: Value) -> Self {
        Self::published(name, "group", id.0, label, changes)
    }

    /// A change of a workspace or its seats.
    #[must_use]
    pub fn workspace(name: &'static str, id: WorkspaceId, label: &str, changes: Value) -> Self {
        Self::published(name, "workspace", id.0, label, changes)
    }

    /// A change of something else that the outside is told of: a role, a team, a rule, a conversation.
    #[must_use]
    pub fn of(kind: &'static str, name: &'static str, id: Uuid, label: &str, changes: Value) -> Self {
        Self::published(name, kind, id, label, changes)
    }

    /// A change of a credential: for the audit log alone.
    #[must_use]
    pub fn credential(name: &'static str, kind: &'static str, id: String, label: &str, changes: Value) -> Self {
        Self { name, subject_kind: kind, subject_id: id, subject_name: label.to_owned(), changes, published: false }
    }

    fn published(name: &'static str, kind: &'static str, id: Uuid, label: &str, changes: Value) -> Self {
        Self {
            name,
            subject_kind: kind,
            subject_id: id.to_string(),
            subject_name: label.to_owned(),
            changes,
            published: true,
        }
    }
}

/// `{"old": …, "new": …}` for every key in which two objects differ.
#[must_use]
pub fn difference(old: &Value, new: &Value) -> Value {
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    keys.filter(|key| old.get(*key) != new.get(*key))
        .map(|key| (key.clone(), json!({"old": old.get(key), "new": new.get(key)})))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_what_changed_and_nothing_else() {
        let (old, new) = (json!({"a": 1, "b": 2, "c": 3}), json!({"a": 1, "b": 5, "d": 4}));
        let expected = json!({
            "b": {"old": 2, "new": 5}, "c": {"old": 3, "new": null}, "d": {"old": null, "new": 4}
        });
        assert_eq!(difference(&old, &new), expected);
    }
}
