//! The keys that sign tokens: a new one from time to time, published before it signs.

use chrono::TimeDelta;
use serde_json::json;

use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::ids::WorkspaceId;
use crate::store;
use crate::store::signing_keys::KeyRow;

/// How long a key is published after another one signs in its place: longer than any token that it signed is good.
const PUBLISHED_AFTER: TimeDelta = TimeDelta::days(1);

/// A new signing key. The others are published until all is over that they signed.
pub struct AddSigningKey {
    /// The key, sealed, with the moment from which it signs.
    pub key: KeyRow,
    /// How old the newest must be for another one to be needed; none: however old it is.
    pub older_than: Option<TimeDelta>,
    /// How long a token is good that the others sign; none: nothing that they signed is good any more.
    pub longest_token: Option<TimeDelta>,
}

impl Command for AddSigningKey {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "signing_key.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("signing_key", &self.key.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let newest = store::signing_keys::all(change.tx).await?.into_iter().next();
        if let (Some(age), Some(newest)) = (self.older_than, &newest)
            && newest.created_at + age > change.now
        {
            return Ok(false);
        }
        // Another bridge may have made one at the same time: ids count on from the newest, and each is given once.
        if !store::signing_keys::insert(change.tx, &self.key).await? {
            return Ok(false);
        }
        let signs_from = self.key.signs_from.unwrap_or(change.now);
        let until = self.longest_token.map_or(change.now, |longest| signs_from + PUBLISHED_AFTER.max(longest));
        store::signing_keys::retire_others(change.tx, &self.key.id, until).await?;
        let changes = json!({"signs_from": {"new": signs_from}, "others_published_until": {"new": until}});
        change.record(&Event::credential(
            "signing_key.created",
            "signing_key",
            self.key.id.clone(),
            &self.key.id,
            changes,
        ));
        Ok(true)
    }
}

/// Deletes the keys that are published no more.
pub struct ForgetSigningKeys;

impl Command for ForgetSigningKeys {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "signing_key.forget"
    }

    fn subject(&self) -> Subject {
        Subject::new("signing_key", "")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        Ok(store::signing_keys::forget(change.tx, change.now).await?)
    }
}
