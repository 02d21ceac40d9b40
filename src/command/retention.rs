//! Letting go of audit rows whose time is over, so that what stays can still be proved.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::ids::WorkspaceId;
use crate::store::chain::{self, Checkpoint, Place};
use crate::text::hex;

/// The moment from which on a log that is kept for so many days keeps its rows; none where it is before all times.
#[must_use]
pub fn oldest_kept(now: DateTime<Utc>, days: i64) -> Option<DateTime<Utc>> {
    TimeDelta::try_days(days).and_then(|days| now.checked_sub_signed(days))
}

/// Allows the rows of a workspace's audit log up to a number to be deleted, and says so in the log itself. Nothing where
/// they may be already, or where the workspace keeps them longer by now.
pub struct CoverAudit {
    /// Where.
    pub workspace: WorkspaceId,
    /// For how many days the workspace kept its log when this was decided.
    pub days: i64,
    /// The last row that may go.
    pub last: Place,
}

impl Command for CoverAudit {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "audit.prune"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let workspace = change.workspace().await?;
        let (name, days) = (workspace.name.clone(), workspace.audit_days);
        let before = chain::checkpoint(change.tx, self.workspace).await?.map_or(0, |checkpoint| checkpoint.through);
        if days != Some(self.days) || self.last.number <= before {
            return Ok(());
        }
        let checkpoint = Checkpoint { through: self.last.number, hash: self.last.hash.clone() };
        chain::insert_checkpoint(change.tx, self.workspace, &checkpoint, change.now).await?;
        let changes = json!({
            "rows": {"new": self.last.number - before},
            "through": {"new": self.last.number},
            "until": {"new": self.last.at},
            "hash": {"new": hex(&self.last.hash)},
        });
        let id = self.workspace.to_string();
        change.record(&Event::credential(chain::PRUNED, "workspace", id, name.as_str(), changes));
        Ok(())
    }
}

/// Deletes audit rows that may go, as many as one transaction should; gives how many.
pub struct DeleteCovered {
    /// Where.
    pub workspace: WorkspaceId,
}

impl Command for DeleteCovered {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "audit.prune"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        match chain::checkpoint(change.tx, self.workspace).await? {
            Some(checkpoint) => Ok(chain::delete_covered(change.tx, self.workspace, checkpoint.through).await?),
            None => Ok(0),
        }
    }
}
