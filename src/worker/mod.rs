//! What happens by the clock: each a step that a test can take by itself, and one small driver.

pub mod audit;
pub mod connector;
pub mod domains;
pub mod expiry;
mod flows;
pub mod logout;
pub mod mail;
pub mod provider;
pub mod reviews;
pub mod seat_days;
pub mod sessions;
pub mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::clock::Clock;
use crate::command::mails::Forget;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::domain::plan::Plans;
use crate::sso::Domains;
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
    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.0.is_finished()
    }

    /// Starts the loop.
    #[must_use]
    pub fn start(chores: Chores) -> Self {
        Self(tokio::spawn(async move {
            let mut hours = interval_at(Instant::now() + FIRST, EVERY);
            hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                hours.tick().await;
                chores.run().await;
            }
        }))
    }
}

/// What there is to do once an hour.
pub struct Chores {
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The time.
    pub clock: Clock,
    /// The plans.
    pub plans: Arc<Plans>,
    /// Looks domains up.
    pub resolver: Domains,
    /// For how long deliveries and events are kept.
    pub kept: webhooks::Kept,
}

impl Chores {
    /// Does each once. What fails is said, and is tried again in an hour.
    pub async fn run(&self) {
        let Self { store, commands, clock, plans, resolver, kept } = self;
        done("it could not be noted how seats stand", seat_days::note(store, plans, clock.now()).await);
        done("the audit log could not be cleaned up", audit::prune(store, commands, clock.now()).await);
        done("nobody was reminded of access reviews", reviews::remind(store, commands).await);
        done("nobody was told of tokens that end", expiry::warn(store, commands, clock.now()).await);
        done("old mails could not be forgotten", forget_mails(commands).await);
        done("domains could not be looked at", domains::look(store, commands, resolver, clock).await);
        done("sessions could not be forgotten", sessions::forget(store, commands, clock.now()).await);
        done("sign-ins that never came back could not be forgotten", flows::forget(store, clock.now()).await);
        done("old deliveries could not be forgotten", webhooks::forget(store, *kept, clock.now()).await);
    }
}

async fn forget_mails(commands: &Commands) -> Result<(), CommandError> {
    while commands.execute(&Actor::system(), Forget { days: REMEMBERED }).await? >= Forget::MOST {}
    Ok(())
}

fn done<T, E: std::fmt::Display>(what: &str, outcome: Result<T, E>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what}; the next try is in an hour");
    }
}
