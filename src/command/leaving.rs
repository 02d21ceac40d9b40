//! What somebody lets go of who may no longer work: in the same transaction, whichever door they went through.

use serde_json::json;

use super::{Change, CommandError};
use crate::domain::event::Event;
use crate::domain::user::User;
use crate::store;

/// Unassigns the conversations of `user`, ends their sessions, the links with which they could set a password, and the
/// API keys that act as them. What they wrote stays, and so does their password.
pub async fn let_go(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    if !change.tx.has_belongings(user.workspace_id, user.id).await? {
        return Ok(());
    }
    let now = change.now;
    for conversation in store::conversations::unassign_all(change.tx, user.id, now).await? {
        let changes = json!({"assignee": {"old": user.id, "new": null}});
        let subject = conversation.subject.as_str();
        change.record(&Event::of("conversation", "conversation.unassigned", conversation.id, subject, changes));
    }
    for key in store::api_keys::revoke_of_user(change.tx, user.id, now).await? {
        change.record(&Event::credential("key.revoked", "key", key.id.to_string(), &key.name, json!({})));
    }
    super::sessions::end_all_of(change, user, "deactivated").await?;
    store::password_links::delete_of_user(change.tx, user.id).await?;
    Ok(())
}
