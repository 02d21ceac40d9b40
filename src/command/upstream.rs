//! Sessions that came from a provider, and end because of it: it said so, or its connection is gone.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Change, Command, CommandError, Subject, sessions};
use crate::domain::event::Event;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::ids::{ConnectionId, WorkspaceId};
use crate::store;

/// A provider says that somebody is to be out (OpenID Connect Back-Channel Logout §2.7). Gives how many sessions ended:
/// none is fine.
pub struct EndUpstream {
    /// Where.
    pub workspace: WorkspaceId,
    /// Through which connection it says so.
    pub connection: ConnectionId,
    /// The issuer of the token.
    pub issuer: String,
    /// Whom; none: whoever has the session.
    pub subject: Option<String>,
    /// Which session of the provider's; none: all of the person's.
    pub sid: Option<String>,
    /// The id of the logout token, which is good once.
    pub jti: String,
    /// Until when it is remembered.
    pub expires_at: DateTime<Utc>,
}

impl Command for EndUpstream {
    type Output = usize;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "backchannel_logout"
    }

    fn subject(&self) -> Subject {
        Subject::of("connection", &self.connection)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<usize, CommandError> {
        change.workspace().await?;
        if !store::login_flows::use_token(change.tx, self.connection, &self.jti, self.expires_at).await? {
            return Err(CommandError::Invalid { attribute: "jti", detail: "was used already".into() });
        }
        let mut found = match &self.sid {
            Some(sid) => store::sessions::of_sid(change.tx, self.connection, sid).await?,
            None => Vec::new(),
        };
        if let Some(subject) = &self.subject {
            let mut theirs = store::sessions::of_subject(change.tx, self.connection, subject).await?;
            // Where one session is meant, those of which we do not know which they are may be it.
            let is_unknown = |session: &Session| session.upstream().is_some_and(|upstream| upstream.sid.is_none());
            theirs.retain(|session| self.sid.is_none() || is_unknown(session));
            found.append(&mut theirs);
        }
        found.retain(|session| session.issuer() == Some(self.issuer.as_str()) && self.is_meant(session));
        for session in &found {
            sessions::end(change, session, "logged out at the provider").await?;
        }
        Ok(found.len())
    }
}

impl EndUpstream {
    /// Whether a session is the person's whom the token names, where it names one.
    fn is_meant(&self, session: &Session) -> bool {
        self.subject.is_none() || session.subject() == self.subject.as_deref()
    }
}

/// Ends every session that began at a connection.
pub(super) async fn end_all_through(
    change: &mut Change<'_>,
    connection: ConnectionId,
    reason: &'static str,
) -> Result<(), CommandError> {
    for session in store::sessions::of_connection(change.tx, connection).await? {
        sessions::end(change, &session, reason).await?;
    }
    Ok(())
}

/// A user was claimed by a provider's subject for whom only their address spoke. Whatever somebody else may have prepared
/// before is void: sessions, links, a password that they did not choose themselves, and whoever became this user at
/// another connection by making it.
pub(super) async fn claimed(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    sessions::end_all_of(change, user, "claimed at the provider").await?;
    store::password_links::delete_of_user(change.tx, user.id).await?;
    let strangers = store::identities::unlink_jit(change.tx, user.id).await?;
    if strangers > 0 {
        let changes = json!({"count": {"old": strangers}, "by": {"old": "jit"}});
        change.record(&Event::credential("identity.unlinked", "user", user.id.to_string(), &user.full_name(), changes));
    }
    if store::users::forget_foreign_password(change.tx, user.id).await? {
        let event =
            Event::credential("user.password_removed", "user", user.id.to_string(), &user.full_name(), json!({}));
        change.record(&event);
    }
    Ok(())
}
