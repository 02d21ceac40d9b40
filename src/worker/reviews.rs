//! A reminder for every workspace whose next access review is due.

use crate::command::reviews::RemindOfReview;
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::store::{Store, workspaces};

/// Reminds whoever is to be reminded now; gives how many workspaces that were.
///
/// # Errors
/// [`CommandError`]; who was not reminded is so the next time.
pub async fn remind(store: &Store, commands: &Commands) -> Result<usize, CommandError> {
    let all = workspaces::list(&mut store.read().await?).await?;
    let mut reminded = 0;
    for workspace in all {
        let command = RemindOfReview { workspace: workspace.id };
        reminded += usize::from(commands.execute(&Actor::system(), command).await?);
    }
    Ok(reminded)
}
