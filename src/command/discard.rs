//! Discarding: what was given up and nobody wants any more.

use serde_json::json;

use super::deliveries::MOST;
use super::endpoints::{existing, record};
use super::{Change, Command, CommandError, Subject};
use crate::ids::{DeliveryId, EndpointId, WorkspaceId};
use crate::store::deliveries;

/// What is discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// One delivery that was given up.
    Delivery(DeliveryId),
    /// All that were given up, the oldest first, [`MOST`] at a time.
    Dead,
}

/// Has nobody be reminded any more of deliveries that were given up; gives of how many. They stay in the log, and can be
/// delivered again one by one.
pub struct Discard {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose they are.
    pub endpoint: EndpointId,
    /// Which.
    pub what: Discarded,
}

impl Command for Discard {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "endpoint.discard"
    }

    fn subject(&self) -> Subject {
        Subject::of("endpoint", &self.endpoint)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        let endpoint = existing(change, self.workspace, self.endpoint).await?.endpoint;
        let (count, changes) = match self.what {
            Discarded::Delivery(id) => {
                let found = deliveries::find(change.tx, self.workspace, id).await?;
                found.filter(|found| found.endpoint_id == endpoint.id.0).ok_or(CommandError::NotFound)?;
                if !deliveries::discard(change.tx, id).await? {
                    let detail = "only what was given up can be discarded".into();
                    return Err(CommandError::Invalid { attribute: "delivery", detail });
                }
                (1, json!({"deliveries": {"new": 1}, "delivery": {"new": id}}))
            }
            Discarded::Dead => {
                let count = deliveries::discard_all(change.tx, endpoint.id, MOST).await?;
                (count, json!({"deliveries": {"new": count}, "dead": {"new": true}}))
            }
        };
        if count > 0 {
            record(change, "endpoint.discarded", &endpoint, changes);
        }
        Ok(count)
    }
}
