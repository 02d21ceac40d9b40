//! What login clients are given: a code for a session, tokens for the code, new tokens for old ones, and its end.

mod authorize;
mod notices;
mod redeem;

pub use authorize::Authorize;
pub use notices::{DropNotice, Ending, LeaseNotice};
pub use redeem::{Asked, Forget, Given, NewTokens, Outcome, Redeem, RevokeGrant};

use super::{Change, CommandError};
use crate::ids::{SessionId, UserId};
use crate::store;
use crate::store::grants::Which;

/// Ends everything that was given in a session, because it ended by a hand; its clients will be told.
pub(super) async fn end_of_session(change: &mut Change<'_>, session: SessionId) -> Result<(), CommandError> {
    end(change, Which::OfSession(session)).await
}

/// Ends what was given in a session that reached its limits: all but what was given to outlive them.
pub(super) async fn end_of_limits(change: &mut Change<'_>, session: SessionId) -> Result<(), CommandError> {
    end(change, Which::Bound(session)).await
}

/// Ends everything that was given to clients in sessions of a person, also in those that are over; all but one session.
pub(super) async fn end_of_user(
    change: &mut Change<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> Result<(), CommandError> {
    end(change, Which::OfUser { user, except }).await
}

async fn end(change: &mut Change<'_>, which: Which) -> Result<(), CommandError> {
    for client in store::grants::end(change.tx, which).await? {
        store::logout_notices::insert(change.tx, &client, change.now).await?;
    }
    Ok(())
}
