//! The audit rows of every workspace that does not keep them for ever, as far as their time is over.

use chrono::{DateTime, Utc};

use crate::command::retention::{CoverAudit, DeleteCovered, oldest_kept};
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::ids::WorkspaceId;
use crate::store::{Store, chain};

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
    let Some(before) = oldest_kept(now, days) else { return Ok(0) };
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
