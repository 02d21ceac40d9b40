//! What is over: deliveries that were done with long ago, and events that everybody has been given.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{EndpointId, WorkspaceId};
use crate::store::{Store, StoreError, Tx, Work, delivery_lanes, outbox, workspaces};

/// How much is forgotten in one transaction.
const MOST: i64 = 1_000;

/// For how long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// What became of a delivery.
    pub deliveries: TimeDelta,
    /// Events.
    pub events: TimeDelta,
}

/// Forgets what is over.
///
/// # Errors
/// [`StoreError`]; the rest is forgotten the next time.
pub async fn forget(store: &Store, kept: Kept, now: DateTime<Utc>) -> Result<(), StoreError> {
    while store.write(Deliveries { before: now - kept.deliveries }).await? {}
    while store.write(Waiting { before: now - kept.events }).await? {}
    let left_behind = delivery_lanes::left_behind(&mut store.read().await?).await?;
    for endpoint in left_behind {
        while store.write(LeftBehind { endpoint }).await? {}
    }
    let all = workspaces::list(&mut store.read().await?).await?;
    for workspace in all {
        let (mut conn, id) = (store.read().await?, workspace.id);
        let old = outbox::before(&mut conn, id, now - kept.events).await?;
        // However far ahead the clock is: what somebody has not been given yet stays.
        let until = old.min(delivery_lanes::passed(&mut conn, id).await?);
        drop(conn);
        while store.write(Events { workspace: id, until }).await? {}
    }
    Ok(())
}

/// Forgets some; gives whether there may be more.
struct Deliveries {
    before: DateTime<Utc>,
}

impl Work for Deliveries {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        Ok(delivery_lanes::forget(tx, self.before, MOST).await? >= MOST.unsigned_abs())
    }
}

/// Forgets some; gives whether there may be more.
struct Waiting {
    before: DateTime<Utc>,
}

impl Work for Waiting {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        Ok(delivery_lanes::forget_waiting(tx, self.before, MOST).await? >= MOST.unsigned_abs())
    }
}

/// Forgets some; gives whether there may be more.
struct LeftBehind {
    endpoint: EndpointId,
}

impl Work for LeftBehind {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        Ok(delivery_lanes::forget_left(tx, self.endpoint, MOST).await? >= MOST.unsigned_abs())
    }
}

/// Forgets some; gives whether there may be more.
struct Events {
    workspace: WorkspaceId,
    until: i64,
}

impl Work for Events {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        outbox::note_forgotten(tx, self.workspace, self.until, MOST).await?;
        Ok(delivery_lanes::forget_events(tx, self.workspace, self.until, MOST).await? >= MOST.unsigned_abs())
    }
}
