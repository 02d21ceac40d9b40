//! What happens by the clock: each a step that a test can take by itself, and one small driver.

pub mod audit;
pub mod expiry;
pub mod mail;
pub mod reviews;

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::clock::Clock;
use crate::command::Commands;
use crate::command::mails::Forget;
use crate::domain::access::Actor;
use crate::store::Store;

/// How often.
const EVERY: Duration = Duration::from_hours(1);
/// For how many days it is known what became of a mail.
const REMEMBERED: i64 = 30;
/// How long after the start, so that it does not slow it.
const FIRST: Duration = Duration::from_mins(1);

/// What happens once an hour; it ends when this is dropped.
pub struct Hourly(JoinHandle<()>);

impl Drop for Hourly {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Hourly {
    /// Starts the loop.
    #[must_use]
    pub fn start(store: &Store, commands: &Commands, clock: &Clock) -> Self {
        let (store, commands, clock) = (store.clone(), commands.clone(), clock.clone());
        Self(tokio::spawn(async move {
            let mut hours = interval_at(Instant::now() + FIRST, EVERY);
            hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                hours.tick().await;
                if let Err(error) = audit::prune(&store, &commands, clock.now()).await {
                    tracing::warn!(%error, "the audit log could not be cleaned up; the next try is in an hour");
                }
                if let Err(error) = reviews::remind(&store, &commands).await {
                    tracing::warn!(%error, "nobody was reminded of access reviews; the next try is in an hour");
                }
                if let Err(error) = expiry::warn(&store, &commands, clock.now()).await {
                    tracing::warn!(%error, "nobody was told of tokens that end; the next try is in an hour");
                }
                if let Err(error) = commands.execute(&Actor::system(), Forget { days: REMEMBERED }).await {
                    tracing::warn!(%error, "old mails could not be forgotten; the next try is in an hour");
                }
            }
        }))
    }
}
