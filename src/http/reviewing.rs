//! Carrying out what an access review decided, for the REST API and the console alike: each decision by itself.

use uuid::Uuid;

use super::App;
use crate::command::CommandError;
use crate::command::reviews::{ApplyDecision, NoteRefusal};
use crate::domain::access::Actor;
use crate::domain::review::Decision;
use crate::ids::{ReviewId, UserId, WorkspaceId};
use crate::store::reviews::{self, ItemRow};

/// People who are read at once.
const PIECE: i64 = 200;

/// A decision that could not be carried out.
pub struct Refused {
    /// About whom.
    pub user: Uuid,
    /// What they are called.
    pub name: String,
    /// Why not.
    pub because: String,
}

/// Carries out what was decided and is not done: how many lost their access, and whom it could not be taken from, which is
/// noted and can be tried again.
///
/// # Errors
/// [`CommandError`], where the database did not do what it was asked.
pub async fn apply(
    app: &App,
    actor: &Actor,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<(usize, Vec<Refused>), CommandError> {
    let (mut deactivated, mut refused, mut after) = (0, Vec::new(), Uuid::nil());
    loop {
        let items = reviews::items(&mut app.store.read().await?, review, after, PIECE).await?;
        let Some(last) = items.last() else { break };
        after = last.user_id;
        let wanted = |item: &&ItemRow| {
            item.decision.as_deref() == Some(Decision::Deactivate.name()) && item.applied_at.is_none()
        };
        for item in items.iter().filter(wanted) {
            let user = UserId(item.user_id);
            match app.commands.execute(actor, ApplyDecision { workspace, review, user }).await {
                Ok(was_done) => deactivated += usize::from(was_done),
                Err(error @ CommandError::Store(_)) => return Err(error),
                Err(error) => {
                    let because = error.to_string();
                    let note = NoteRefusal { workspace, review, user, because: because.clone() };
                    app.commands.execute(actor, note).await?;
                    refused.push(Refused { user: item.user_id, name: item.name.clone(), because });
                }
            }
        }
    }
    Ok((deactivated, refused))
}
