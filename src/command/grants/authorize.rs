//! A code for a client, in a session that lives.

use chrono::TimeDelta;
use serde_json::json;

use crate::command::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::domain::login_client::Scopes;
use crate::ids::{GrantId, SessionId, UserId, WorkspaceId};
use crate::store;
use crate::store::grants::{NewGrant, SessionRow};

/// How long a code is good for, in seconds.
const CODE_SECONDS: i64 = 60;

/// Gives a client a code for the session of somebody. The code was made outside and is not here, only its hash.
pub struct Authorize {
    /// Where: the workspace of the client and of the person.
    pub workspace: WorkspaceId,
    /// The client.
    pub client: String,
    /// Whose session it is.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// The id that the grant gets.
    pub id: GrantId,
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// Where the code goes.
    pub redirect_uri: String,
    /// What is asked for.
    pub scope: Scopes,
    /// The challenge of PKCE.
    pub challenge: String,
    /// What the ID token is to repeat.
    pub nonce: Option<String>,
}

impl Command for Authorize {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "client.authorize"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.client)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        // Locked, so that whoever is being deactivated gets nothing that outlives it.
        change.workspace().await?;
        let now = change.now;
        let kept = store::login_clients::find(change.tx, &self.client).await?;
        let client = kept.map(|kept| kept.client).filter(|client| {
            client.workspace_id == self.workspace
                && client.revoked_at.is_none()
                && client.redirect_uris.contains(&self.redirect_uri)
        });
        let client = client.ok_or(CommandError::NotFound)?;
        let session = store::grants::session(change.tx, self.workspace, self.user, self.session, now).await?;
        let session = session.ok_or(CommandError::NotFound)?;
        let proved_email = self.proved_email(change, &session).await?;
        let grant = NewGrant {
            id: self.id,
            workspace: self.workspace,
            client: &self.client,
            user: self.user,
            session: self.session,
            scope: self.scope,
            redirect_uri: &self.redirect_uri,
            challenge: &self.challenge,
            nonce: self.nonce.as_deref(),
            amr: amr(&session),
            proved_email: proved_email.as_deref(),
            authenticated_at: session.authenticated_at,
            created_at: now,
            expires_at: now + TimeDelta::seconds(CODE_SECONDS),
        };
        store::grants::insert(change.tx, &grant, self.code_hash).await?;
        let changes = json!({"user_id": {"new": self.user}, "scope": {"new": self.scope.to_string()}});
        change.record(&Event::credential("client.authorized", "client", client.id, &client.name, changes));
        Ok(())
    }
}

impl Authorize {
    /// The address of whose session it is, where they have shown that it is theirs: they came by a link that was sent
    /// to it and nothing of them has changed since, or through their company's provider, which vouched for it then and
    /// there, with a domain that the company has proved.
    async fn proved_email(
        &self,
        change: &mut Change<'_>,
        session: &SessionRow,
    ) -> Result<Option<String>, CommandError> {
        let Some(email) = &session.email_key else { return Ok(None) };
        let is_proved = match session.door.as_str() {
            "link" => session.user_updated_at <= session.created_at,
            "sso" if session.email_vouched => {
                let domain = email.rsplit('@').next().unwrap_or_default();
                store::grants::is_proved(change.tx, self.workspace, domain).await?
            }
            _ => false,
        };
        Ok(is_proved.then(|| email.clone()))
    }
}

/// How they signed in, in the names of RFC 8176. It has none for a link in a mail, and how a provider asked is for it to
/// say.
fn amr(session: &SessionRow) -> &'static str {
    match (session.door.as_str(), session.has_second_factor) {
        ("password", false) => "pwd",
        ("password", true) => "pwd otp mfa",
        (_, false) => "",
        (_, true) => "otp mfa",
    }
}
