//! A connector as one program's for a while that is no server: whoever else could ask with its key waits meanwhile.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use super::LEASE;
use crate::command::connector_work::LeaseConnector;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::ids::{RequestId, WorkspaceId};

/// How often the lease is made longer.
const RENEW: Duration = Duration::from_secs(10);

/// A connector that somebody has; dropped, it is theirs until the lease is over.
pub struct Turn {
    commands: Commands,
    workspace: WorkspaceId,
    holder: Uuid,
    task: JoinHandle<()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Turn {
    /// Takes a connector that runs; none where a server has it.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn take(commands: &Commands, workspace: WorkspaceId) -> Result<Option<Self>, CommandError> {
        let (holder, own) = (RequestId::fresh().0, commands.clone());
        let lease = move || LeaseConnector { workspace, holder, seconds: LEASE };
        if !commands.execute(&Actor::operator(), lease()).await? {
            return Ok(None);
        }
        let renewing = commands.clone();
        let task = tokio::spawn(async move {
            loop {
                sleep(RENEW).await;
                if let Err(error) = renewing.execute(&Actor::operator(), lease()).await {
                    tracing::warn!(%error, %workspace, "a connector's lease could not be made longer");
                }
            }
        });
        Ok(Some(Self { commands: own, workspace, holder, task }))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`CommandError`]; the lease runs out by itself then.
    pub async fn end(self) -> Result<(), CommandError> {
        self.task.abort();
        let release = LeaseConnector { workspace: self.workspace, holder: self.holder, seconds: 0 };
        self.commands.execute(&Actor::operator(), release).await.map(drop)
    }
}
