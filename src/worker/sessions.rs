//! What people leave behind who logged in, or tried to: sessions that are too old, links that nobody used, counts of
//! attempts that nobody needs any more.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::command::sessions::EndOver;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::ids::WorkspaceId;
use crate::store::{Store, StoreError, Tx, Work, password_links, sessions, throttles};

/// How many sessions are looked at together.
const TOGETHER: i64 = 256;
/// How much of each kind is forgotten in one transaction.
const MOST: i64 = 1_000;
/// For how many days failures are counted.
const FAILED_DAYS: i64 = 2;

/// Forgets what is over; gives how many sessions that were.
///
/// # Errors
/// [`CommandError`]; what was begun is finished the next time.
pub async fn forget(store: &Store, commands: &Commands, now: DateTime<Utc>) -> Result<usize, CommandError> {
    while store.write(Forget(now)).await? {}
    let mut count = 0;
    loop {
        let over = sessions::over(&mut store.read().await?, now, TOGETHER).await?;
        let workspaces: BTreeSet<WorkspaceId> = over.iter().map(|session| session.workspace_id).collect();
        let before = count;
        for workspace in workspaces {
            count += commands.execute(&Actor::system(), EndOver { workspace }).await?;
        }
        if count == before {
            return Ok(count);
        }
    }
}

/// Forgets a thousand of each at the most; gives whether there may be more.
struct Forget(DateTime<Utc>);

impl Work for Forget {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let links = password_links::delete_over(tx, self.0, MOST).await?;
        let counts = throttles::delete_old(tx, self.0 - TimeDelta::days(FAILED_DAYS), MOST).await?;
        Ok(links.max(counts) >= MOST.unsigned_abs())
    }
}
