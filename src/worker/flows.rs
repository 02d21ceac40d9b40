//! Sign-ins that went to a provider and never came back, and logout tokens that are too old to be used again.

use chrono::{DateTime, Utc};

use crate::ids::WorkspaceId;
use crate::store::{Store, StoreError, Tx, Work, login_flows};

/// Forgets those whose time is over.
pub(super) async fn forget(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    store.write(Forget(now)).await
}

struct Forget(DateTime<Utc>);

impl Work for Forget {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        login_flows::forget(tx, self.0).await
    }
}
