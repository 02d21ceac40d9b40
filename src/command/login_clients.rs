//! Making and revoking login clients: the programs that people sign in to through the bridge.

use serde_json::json;

use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::domain::login_client::{LoginClient, MOST_ADDRESSES, check_address};
use crate::ids::WorkspaceId;
use crate::store;

/// A new login client. Its secret was made outside and is not here, only its hash.
pub struct CreateLoginClient {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Where the browser may be sent with a code.
    pub redirect_uris: Vec<String>,
    /// Where it may be sent after signing out.
    pub post_logout_uris: Vec<String>,
    /// Where it is told that a session ended.
    pub backchannel_logout_uri: Option<String>,
}

impl Command for CreateLoginClient {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "client.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("client", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        if self.redirect_uris.is_empty() {
            let detail = "at least one address is needed".into();
            return Err(CommandError::Invalid { attribute: "redirect_uris", detail });
        }
        addresses("redirect_uris", &self.redirect_uris)?;
        addresses("post_logout_redirect_uris", &self.post_logout_uris)?;
        addresses("backchannel_logout_uri", self.backchannel_logout_uri.as_slice())?;
        let client = LoginClient {
            id: self.id.clone(),
            workspace_id: self.workspace,
            name: super::named("name", &self.name)?,
            redirect_uris: self.redirect_uris.clone(),
            post_logout_uris: self.post_logout_uris.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            created_at: change.now,
            last_used_at: None,
            revoked_at: None,
        };
        store::login_clients::insert(change.tx, &client, self.secret_hash).await?;
        let changes = json!({
            "redirect_uris": {"new": client.redirect_uris},
            "post_logout_redirect_uris": {"new": client.post_logout_uris},
            "backchannel_logout_uri": {"new": client.backchannel_logout_uri},
        });
        change.record(&Event::credential("client.created", "client", client.id, &client.name, changes));
        Ok(())
    }
}

/// That each of several addresses is one at which a client may be reached.
fn addresses(attribute: &'static str, all: &[String]) -> Result<(), CommandError> {
    if all.len() > MOST_ADDRESSES {
        return Err(CommandError::Invalid { attribute, detail: format!("has at most {MOST_ADDRESSES} addresses") });
    }
    for address in all {
        check_address(address).map_err(|problem| {
            let shown: String = crate::text::printable(address).chars().take(200).collect();
            CommandError::Invalid { attribute, detail: format!("{shown} {problem}") }
        })?;
    }
    Ok(())
}

/// The end of a login client; everything that it was given dies with it.
pub struct RevokeLoginClient {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: String,
}

impl Command for RevokeLoginClient {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "client.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        let name = store::login_clients::revoke(change.tx, self.workspace, &self.id, change.now).await?;
        let name = name.ok_or(CommandError::NotFound)?;
        store::grants::end_of_client(change.tx, &self.id).await?;
        change.record(&Event::credential("client.revoked", "client", self.id.clone(), &name, json!({})));
        Ok(())
    }
}
