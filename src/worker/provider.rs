//! What the OpenID Provider does by the clock: tells clients of sessions that ended, looks for keys that other bridges
//! made, makes another when the newest is old, and forgets what is over.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::logout;
use crate::clock::Clock;
use crate::command::grants::Forget;
use crate::command::signing_keys::{AddSigningKey, ForgetSigningKeys};
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::outbound::Outbound;
use crate::provider::{Ring, RingError};
use crate::store::{Store, StoreError};

/// How often is looked for sessions that ended.
const EVERY: Duration = Duration::from_secs(2);
/// How long to wait where the database does not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// After how many looks the keys are read again.
const LOOKS_A_MINUTE: u64 = 30;
/// After how many looks what is old is seen to; the first is a minute after the start.
const LOOKS_AN_HOUR: u64 = 3_600;
/// How long a key is published before it signs.
const PUBLISHED_BEFORE: TimeDelta = TimeDelta::days(1);

/// What the work needs.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The time.
    pub clock: Clock,
    /// The keys.
    pub ring: Arc<Ring>,
    /// The bridge's public address.
    pub issuer: String,
    /// The way to clients.
    pub outbound: Outbound,
    /// How old a key gets until another one is made.
    pub key_age: TimeDelta,
    /// How long a token is good that the keys sign, at the most.
    pub longest_token: TimeDelta,
}

/// Why something was not done by the clock.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// A change.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The keys.
    #[error(transparent)]
    Ring(#[from] RingError),
}

/// The loop; it ends when this is dropped.
pub struct Provider(JoinHandle<()>);

impl Drop for Provider {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Provider {
    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.0.is_finished()
    }

    /// Starts the loop.
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        Self(tokio::spawn(async move {
            let mut looks = interval(EVERY);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for look in 0_u64.. {
                looks.tick().await;
                if let Err(error) = logout::tell(&parts).await {
                    tracing::warn!(%error, "clients could not be told of sessions that ended; the next try is in a moment");
                    sleep(AFTER_TROUBLE).await;
                }
                if look % LOOKS_A_MINUTE == LOOKS_A_MINUTE - 1
                    && let Err(error) = parts.ring.reload().await
                {
                    tracing::warn!(%error, "the keys that sign tokens could not be read again; the next try is in a minute");
                }
                if look % LOOKS_AN_HOUR == LOOKS_A_MINUTE
                    && let Err(error) = see_to_age(&parts).await
                {
                    tracing::warn!(%error, "old keys and grants could not be seen to; the next try is in an hour");
                }
            }
        }))
    }
}

/// Makes another key where the newest is old, and forgets keys and grants that are over.
///
/// # Errors
/// [`ProviderError`]; what was not done is so the next time.
pub async fn see_to_age(parts: &Parts) -> Result<(), ProviderError> {
    let now = parts.clock.now();
    // One that signs from tomorrow is made in time.
    let age = parts.key_age - PUBLISHED_BEFORE;
    if parts.ring.newest().is_none_or(|made| made + age <= now) {
        let rotation = Rotation {
            older_than: Some(age),
            signs_from: now + PUBLISHED_BEFORE,
            longest_token: Some(parts.longest_token),
        };
        rotate(&parts.ring, &parts.commands, rotation, now).await?;
    }
    parts.commands.execute(&Actor::system(), ForgetSigningKeys).await?;
    parts.commands.execute(&Actor::system(), Forget).await?;
    Ok(())
}

/// How another key comes.
pub struct Rotation {
    /// Only where the newest is that old; none: in any case.
    pub older_than: Option<TimeDelta>,
    /// From when on it signs.
    pub signs_from: DateTime<Utc>,
    /// How long a token is good that the others sign; none: nothing that they signed is good any more.
    pub longest_token: Option<TimeDelta>,
}

/// Makes another key. Gives whether it was made.
///
/// # Errors
/// [`ProviderError`]
pub async fn rotate(
    ring: &Ring,
    commands: &Commands,
    rotation: Rotation,
    now: DateTime<Utc>,
) -> Result<bool, ProviderError> {
    let Rotation { older_than, signs_from, longest_token } = rotation;
    ring.reload().await?;
    let key = ring.next(now, Some(signs_from))?;
    let actor = if older_than.is_some() { Actor::system() } else { Actor::operator() };
    let is_made = commands.execute(&actor, AddSigningKey { key, older_than, longest_token }).await?;
    ring.reload().await?;
    Ok(is_made)
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::Command(error.into())
    }
}
