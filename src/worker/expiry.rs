//! A warning for every SCIM token that ends soon or has ended.

use chrono::{DateTime, TimeDelta, Utc};

use crate::command::expiry::WarnOfEnd;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::domain::expiry::{NEWS, STAGES};
use crate::ids::{TokenId, WorkspaceId};
use crate::store::{Store, tokens};

/// Tells of every token of which it is time to; gives how many that were.
///
/// # Errors
/// [`CommandError`]; what was not told is so the next time.
pub async fn warn(store: &Store, commands: &Commands, now: DateTime<Utc>) -> Result<usize, CommandError> {
    let first = STAGES.into_iter().max().unwrap_or_default();
    let (after, until) = (now - TimeDelta::days(NEWS), now + TimeDelta::days(first));
    let rows = tokens::ending(&mut store.read().await?, after, until).await?;
    let mut told = 0;
    for row in rows {
        let command = WarnOfEnd { workspace: WorkspaceId(row.workspace_id), token: TokenId(row.id) };
        told += usize::from(commands.execute(&Actor::system(), command).await?);
    }
    Ok(told)
}
