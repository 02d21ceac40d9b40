//! Carrying out what an access review decided, for the REST API and the console alike: each decision by itself.

use uuid::Uuid;

use super::App;
use super::portion::Portion;
use crate::command::CommandError;
use crate::command::reviews::{ApplyDecision, NoteRefusal};
use crate::domain::access::Actor;
use crate::ids::{ReviewId, UserId, WorkspaceId};
use crate::store::reviews;

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

/// What came of carrying out.
#[derive(Default)]
pub struct Applied {
    /// How many lost their access.
    pub deactivated: usize,
    /// Whom it could not be taken from.
    pub refused: Vec<Refused>,
    /// After whom to go on, where the portion was over before the end.
    pub rest_after: Option<Uuid>,
}

/// Carries out what was decided and is not done, by id from whoever comes after somebody: how many lost their access, and
/// whom it could not be taken from, which is noted and can be tried again. Where there is a portion, as far as that gets.
///
/// # Errors
/// [`CommandError`], where the database did not do what it was asked.
pub async fn apply(
    app: &App,
    actor: &Actor,
    (workspace, review): (WorkspaceId, ReviewId),
    mut after: Uuid,
    portion: Option<Portion>,
) -> Result<Applied, CommandError> {
    let mut applied = Applied::default();
    loop {
        let items = reviews::items_to_apply(&mut app.store.read().await?, review, after, PIECE).await?;
        if items.is_empty() {
            return Ok(applied);
        }
        for item in items {
            if portion.is_some_and(Portion::is_over) && applied.has_begun() {
                applied.rest_after = Some(after);
                return Ok(applied);
            }
            after = item.user_id;
            let user = UserId(item.user_id);
            match app.commands.execute(actor, ApplyDecision { workspace, review, user }).await {
                Ok(was_done) => applied.deactivated += usize::from(was_done),
                Err(error @ CommandError::Store(_)) => return Err(error),
                Err(error) => {
                    let because = error.to_string();
                    let note = NoteRefusal { workspace, review, user, because: because.clone() };
                    app.commands.execute(actor, note).await?;
                    applied.refused.push(Refused { user: item.user_id, name: item.name.clone(), because });
                }
            }
        }
    }
}

impl Applied {
    fn has_begun(&self) -> bool {
        self.deactivated > 0 || !self.refused.is_empty()
    }
}
