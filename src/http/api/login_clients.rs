//! `/login-clients`: the programs that people sign in to through the bridge.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::call::{Answer, Call, created, done, success};
use super::shape::{List, Listed};
use crate::command::login_clients::{CreateLoginClient, RevokeLoginClient};
use crate::domain::login_client::LoginClient;
use crate::secret;
use crate::store::login_clients as rows;

/// A program that people sign in to through the bridge.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LoginClient")]
pub struct Client {
    /// What it is called as an OAuth client (`client_id`).
    id: String,
    name: String,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    created_at: DateTime<Utc>,
    /// When it last got a token.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Listed for Client {
    const PLURAL: &'static str = "login_clients";
}

impl From<LoginClient> for Client {
    fn from(client: LoginClient) -> Self {
        Self {
            id: client.id,
            name: client.name,
            redirect_uris: client.redirect_uris,
            post_logout_redirect_uris: client.post_logout_uris,
            backchannel_logout_uri: client.backchannel_logout_uri,
            created_at: client.created_at,
            last_used_at: client.last_used_at,
            revoked_at: client.revoked_at,
        }
    }
}

/// A new program that people sign in to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoginClient {
    /// What people call it.
    name: String,
    /// Where people come back to with a code: https, or http on the machine itself; compared character by character.
    redirect_uris: Vec<String>,
    /// Where they may be sent after signing out.
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout).
    backchannel_logout_uri: Option<String>,
}

/// A program that was just made: the only time that its secret is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MadeLoginClient")]
pub struct Made {
    id: String,
    secret: String,
    /// Where the program finds everything else.
    issuer: String,
}

/// `GET /login-clients`
pub async fn list(call: Call) -> Answer {
    let clients = rows::list(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(clients.into_iter().map(Client::from).collect()))
}

/// `POST /login-clients`
pub async fn create(call: Call) -> Answer {
    let new: NewLoginClient = call.body()?;
    let (id, secret) = (crate::ids::new_client_id(), secret::new_with(secret::CLIENT_PREFIX)?);
    let command = CreateLoginClient {
        workspace: call.workspace(),
        id: id.clone(),
        name: new.name,
        secret_hash: secret::hash(&secret),
        redirect_uris: new.redirect_uris,
        post_logout_uris: new.post_logout_redirect_uris,
        backchannel_logout_uri: new.backchannel_logout_uri,
    };
    call.execute(command).await?;
    created(&Made { id, secret, issuer: call.app.public_url.clone() })
}

/// `DELETE /login-clients/{id}`
pub async fn revoke(call: Call) -> Answer {
    let id = call.path.first().filter(|id| !id.contains('\0')).cloned().ok_or_else(Failure::not_found)?;
    call.execute(RevokeLoginClient { workspace: call.workspace(), id }).await?;
    done()
}
