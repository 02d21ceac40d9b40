//! Refusals in the audit log: who was told no, to what, and why. One that is repeated is counted, not written again.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::domain::access::Actor;
use crate::ids::WorkspaceId;
use crate::store::{StoreError, Tx, Work, audit};

/// For how long the same refusal is counted and not written again, in minutes.
const REPEATED_WITHIN: i64 = 60;
/// How many refusals are remembered.
const MOST_REMEMBERED: usize = 10_000;

/// What a command is about, as far as that is known before it ran.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// `user`, `group`, …
    pub kind: &'static str,
    /// Its id; empty where it never came into being.
    pub id: String,
    /// What people call it; empty where only the id is known.
    pub name: String,
}

impl Subject {
    /// Something that was to be made under a name.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, id: String::new(), name: name.into() }
    }

    /// Something that is there.
    #[must_use]
    pub fn of(kind: &'static str, id: &impl ToString) -> Self {
        Self { kind, id: id.to_string(), name: String::new() }
    }
}

/// One refusal.
pub(super) struct Refusal {
    pub actor: Actor,
    pub workspace: Option<WorkspaceId>,
    /// What was refused: `user.create`.
    pub what: &'static str,
    pub subject: Subject,
    pub sentence: String,
    pub at: DateTime<Utc>,
}

/// The refusals of the last hour.
#[derive(Default)]
pub(super) struct Refusals {
    hasher: RandomState,
    /// When each was last written, and how often it was repeated since.
    known: Mutex<HashMap<u64, (DateTime<Utc>, u64)>>,
}

impl Refusals {
    /// Counts a refusal. Gives how often it was repeated since it was last written, where it is to be written now.
    pub fn count(&self, refusal: &Refusal) -> Option<u64> {
        let key = self.key(refusal);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: DateTime<Utc>| refusal.at - at < TimeDelta::minutes(REPEATED_WITHIN);
        if let Some((at, repeated)) = known.get_mut(&key)
            && is_recent(*at)
        {
            *repeated += 1;
            return None;
        }
        if known.len() >= MOST_REMEMBERED {
            known.retain(|_, (at, _)| is_recent(*at));
        }
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        Some(known.insert(key, (refusal.at, 0)).map_or(0, |(_, repeated)| repeated))
    }

    /// Takes back that a refusal was written.
    pub fn forget(&self, refusal: &Refusal) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key(refusal));
    }

    fn key(&self, refusal: &Refusal) -> u64 {
        let Refusal { actor, workspace, what, subject, sentence, .. } = refusal;
        self.hasher.hash_one((workspace.map(|id| id.0), actor.kind, &actor.id, &actor.name, what, subject, sentence))
    }
}

/// A refusal on its way into the audit log.
pub(super) struct Written {
    pub refusal: std::sync::Arc<Refusal>,
    /// How often it was repeated since it was last written.
    pub repeated: u64,
}

impl Work for Written {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        self.refusal.workspace
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let Refusal { actor, workspace, what, subject, sentence, at } = &*self.refusal;
        let mut changes = json!({"refused": {"new": sentence}});
        if let (Some(changes), 1..) = (changes.as_object_mut(), self.repeated) {
            changes.insert("repeated".into(), json!({"new": self.repeated}));
        }
        let subject = (subject.kind, subject.id.as_str(), subject.name.as_str());
        tx.audit(audit::Row::told(*workspace, *at, actor, format!("{what}.refused"), subject, &changes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(sentence: &str, minute: i64) -> Refusal {
        Refusal {
            actor: Actor::operator(),
            workspace: None,
            what: "user.create",
            subject: Subject::new("user", "anna"),
            sentence: sentence.into(),
            at: DateTime::from_timestamp(minute * 60, 0).unwrap_or_default(),
        }
    }

    #[test]
    fn the_same_refusal_is_written_once_an_hour() {
        let refusals = Refusals::default();
        assert_eq!(refusals.count(&refusal("no", 0)), Some(0));
        assert_eq!(refusals.count(&refusal("no", 1)), None);
        assert_eq!(refusals.count(&refusal("no, because", 1)), Some(0));
        assert_eq!(refusals.count(&refusal("no", 59)), None);
        assert_eq!(refusals.count(&refusal("no", 60)), Some(2));
        refusals.forget(&refusal("no", 0));
        assert_eq!(refusals.count(&refusal("no", 61)), Some(0));
    }

    #[test]
    fn the_memory_is_bounded() {
        let refusals = Refusals::default();
        for i in 0..25_000 {
            refusals.count(&refusal(&i.to_string(), 0));
        }
        assert!(refusals.known.lock().unwrap().len() <= MOST_REMEMBERED);
    }
}
