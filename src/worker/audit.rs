//! Once an hour: the audit rows of every workspace that does not keep them for ever, as far as their time is over.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::command::retention::{CoverAudit, DeleteCovered};
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::ids::WorkspaceId;
use crate::store::{Store, chain};

/// How often.
const EVERY: Duration = Duration::from_hours(1);
/// How long after the start, so that it does not slow it.
const FIRST: Duration = Duration::from_mins(1);

/// The loop; it ends when this is dropped.
pub struct Retention(JoinHandle<()>);

impl Drop for Retention {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Retention {
    /// Starts the loop.
    #[must_use]
    pub fn start(store: &Store, commands: &Commands, clock: &Clock) -> Self {
        let (store, commands, clock) = (store.clone(), commands.clone(), clock.clone());
        Self(tokio::spawn(async move {
            let mut sweep = tokio::time::interval_at(tokio::time::Instant::now() + FIRST, EVERY);
            sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                sweep.tick().await;
                if let Err(error) = prune(&store, &commands, clock.now()).await {
                    tracing::warn!(%error, "the audit log could not be cleaned up; the next try is in an hour");
                }
            }
        }))
    }
}

/// Takes out what is too old now, in all workspaces; gives how many rows that were.
///
/// # Errors
/// [`CommandError`]; what was begun is finished the next time.
pub async fn prune(store: &Store, commands: &Commands, now: DateTime<Utc>) -> Result<u64, CommandError> {
    let all = chain::with_retention(&mut store.read().await?).await?;
    let mut deleted = 0;
    for (workspace, days) in all {
        deleted += prune_one(store, commands, now, workspace, days).await?;
    }
    Ok(deleted)
}

async fn prune_one(
    store: &Store,
    commands: &Commands,
    now: DateTime<Utc>,
    workspace: WorkspaceId,
    days: i64,
) -> Result<u64, CommandError> {
    let Some(before) = TimeDelta::try_days(days).and_then(|days| now.checked_sub_signed(days)) else { return Ok(0) };
    let last = chain::last_before(&mut store.read().await?, workspace, before).await?;
    let system = Actor::system();
    if let Some(last) = last {
        commands.execute(&system, CoverAudit { workspace, days, last }).await?;
    }
    let mut deleted = 0;
    loop {
        match commands.execute(&system, DeleteCovered { workspace }).await? {
            0 => return Ok(deleted),
            some => deleted += some,
        }
    }
}
