//! What clients were given in a sign-in, and its end.

use super::{Change, CommandError};
use crate::ids::SessionId;

/// Ends what clients were given in a session that is ending.
#[allow(clippy::unused_async)]
pub(super) async fn end_of_session(_change: &mut Change<'_>, _session: SessionId) -> Result<(), CommandError> {
    Ok(())
}
