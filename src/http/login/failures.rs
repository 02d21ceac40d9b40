//! What the audit log keeps of attempts that failed. It is written while the answer is on its way already, which takes as
//! long for everybody.

use super::entry::Where;
use crate::command::Subject;
use crate::domain::user::User;
use crate::http::browser::Asked;
use crate::store::passwords::{Account, dormant};

/// Somebody gave a password that opens none of these accounts, or one of somebody who was deactivated or waits for a seat.
pub(super) fn password(asked: &Asked, key: String, place: Where, wrong: Vec<Account>) {
    let (app, actor) = (std::sync::Arc::clone(&asked.app), asked.acting("visitor", None, "login page"));
    tokio::spawn(async move {
        let note = async |account: Account, sentence: &str| {
            let subject = Subject { name: account.full_name.clone(), ..Subject::of("user", &account.user()) };
            app.commands.refused(&actor, Some(account.workspace()), "session.open", subject, sentence.to_owned()).await;
        };
        if wrong.is_empty()
            && let Ok(workspace) = place.workspace()
        {
            let dormant = async { dormant(&mut app.store.read().await?, &key, workspace).await }.await;
            match dormant {
                Ok(dormant) => {
                    for account in dormant {
                        note(account, "the user is not active").await;
                    }
                }
                Err(error) => tracing::warn!(%error, "it could not be looked up who failed to log in"),
            }
        }
        for account in wrong {
            note(account, "the password was wrong").await;
        }
    });
}

/// Somebody who has a session gave something that is wrong.
pub(super) fn own(asked: &Asked, user: &User, what: &'static str, sentence: &'static str) {
    let (app, actor) = (std::sync::Arc::clone(&asked.app), asked.actor());
    let subject = Subject { name: user.full_name(), ..Subject::of("user", &user.id) };
    let workspace = user.workspace_id;
    tokio::spawn(async move {
        app.commands.refused(&actor, Some(workspace), what, subject, sentence.to_owned()).await;
    });
}
