//! `client add`, `client list`, `client revoke`: OAuth clients. With an address to come back to, they are programs that
//! people sign in to; without, they get short-lived access tokens for SCIM at `/oauth/token`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::out::{say, write};
use super::table::table;
use super::token::{DIALECTS, SCOPES, none_living, when};
use super::{At, CliError, one_of};
use crate::command::CommandError;
use crate::command::credentials::{CreateClient, RevokeClient};
use crate::command::login_clients::{CreateLoginClient, RevokeLoginClient};
use crate::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use crate::domain::login_client::LoginClient;
use crate::ids::WorkspaceId;
use crate::provider;
use crate::secret;
use crate::store::{login_clients, oauth};

const ADD_HELP: &str = "\
Examples:
  aisoule-bridge client add --workspace Acme --name entra
      a provider that writes users and groups; prints id and secret, a line each
  aisoule-bridge client add --workspace Acme --name AIsoule \\
      --redirect-uri https://app.aisoule.com/api/auth/sso/custom/callback
      a program that people sign in to; prints id and secret, a line each";

#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Make a client; prints its id and, unless it signs, its secret, a line each
    #[command(after_help = ADD_HELP)]
    Add(Add),
    /// List a workspace's clients
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Revoke a client; the access tokens it holds die within a second
    Revoke {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// The client's id
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// The workspace that it acts in
    #[arg(long)]
    workspace: String,
    /// A name by which people know it
    #[arg(long)]
    name: String,
    /// What it may ask for
    #[arg(long, value_name = "scim:read|scim", default_value = "scim", value_parser = one_of(SCOPES))]
    scope: Scope,
    /// How its requests are read
    #[arg(long, value_name = "compat|interop", default_value = "compat", value_parser = one_of(DIALECTS))]
    profile: Dialect,
    /// A JWK set with its public keys: it proves itself by `private_key_jwt` and has no secret
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where people come back to who sign in to it; several times for several addresses
    #[arg(long = "redirect-uri", value_name = "URL", conflicts_with_all = ["scope", "profile", "jwks"])]
    redirect_uris: Vec<String>,
    /// Where they may be sent after signing out
    #[arg(long = "post-logout-redirect-uri", value_name = "URL", requires = "redirect_uris")]
    post_logout_uris: Vec<String>,
    /// Where it is told that a session ended
    #[arg(long, value_name = "URL", requires = "redirect_uris")]
    backchannel_logout_uri: Option<String>,
}

impl ClientCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Add(add) if !add.redirect_uris.is_empty() => {
                let workspace = at.workspace(&add.workspace).await?.id;
                add_login(at, workspace, add).await?;
            }
            Self::Add(add) => {
                let workspace = at.workspace(&add.workspace).await?;
                let keys = add.jwks.map(|path| public_keys(&path)).transpose()?;
                let id = crate::ids::new_client_id();
                let secret = if keys.is_none() { Some(secret::new_token()?) } else { None };
                let grant = Grant {
                    workspace_id: workspace.id,
                    holder: Holder::Client(id.clone()),
                    name: add.name,
                    scope: add.scope,
                    dialect: add.profile,
                    user_id: None,
                    expires_at: None,
                };
                let secret_hash = secret.as_deref().map(secret::hash);
                at.commands
                    .execute(&Actor::operator(), CreateClient { id: id.clone(), grant, secret_hash, keys })
                    .await?;
                say!("{id}")?;
                if let Some(secret) = secret {
                    say!("{secret}")?;
                }
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?.id;
                let mut conn = at.store.read().await?;
                let rows = oauth::list_clients(&mut conn, workspace).await?;
                let logins = login_clients::list(&mut conn, workspace).await?;
                drop(conn);
                let row = |row: &oauth::ClientRow| {
                    let proof = if row.keys.is_some() { "private_key_jwt" } else { "secret" };
                    let state = if row.revoked_at.is_some() { "revoked" } else { "alive" };
                    vec![
                        row.id.clone(),
                        row.name.clone(),
                        proof.into(),
                        row.scope.clone(),
                        row.dialect.clone(),
                        when(row.last_used_at),
                        state.into(),
                    ]
                };
                let rows: Vec<_> = rows.iter().map(row).chain(logins.iter().map(login_row)).collect();
                write(format_args!(
                    "{}",
                    table(&["ID", "NAME", "PROOF", "SCOPE", "PROFILE", "LAST USED", "STATE"], &rows)
                ))?;
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let (operator, workspace_id) = (Actor::operator(), workspace.id);
                let writer = RevokeClient { workspace: workspace_id, id: id.clone() };
                let done = match at.commands.execute(&operator, writer).await {
                    Err(CommandError::NotFound) => {
                        let login = RevokeLoginClient { workspace: workspace_id, id: id.clone() };
                        at.commands.execute(&operator, login).await
                    }
                    done => done,
                };
                done.map_err(|error| none_living(error, "client", &id, &workspace))?;
                say!("Revoked.")?;
            }
        }
        Ok(())
    }
}

/// Makes a program that people sign in to; prints its id and secret, a line each.
async fn add_login(at: &At, workspace: WorkspaceId, add: Add) -> Result<(), CliError> {
    let (id, secret) = (crate::ids::new_client_id(), secret::new_with(secret::CLIENT_PREFIX)?);
    let command = CreateLoginClient {
        workspace,
        id: id.clone(),
        name: add.name,
        secret_hash: secret::hash(&secret),
        redirect_uris: add.redirect_uris,
        post_logout_uris: add.post_logout_uris,
        backchannel_logout_uri: add.backchannel_logout_uri,
    };
    at.commands.execute(&Actor::operator(), command).await?;
    say!("{id}")?;
    say!("{secret}")
}

fn login_row(client: &LoginClient) -> Vec<String> {
    let state = if client.revoked_at.is_some() { "revoked" } else { "alive" };
    let (used, none) = (when(client.last_used_at), String::new());
    vec![client.id.clone(), client.name.clone(), "secret".into(), "sign-in".into(), none, used, state.into()]
}

/// The JWK set in a file.
fn public_keys(path: &std::path::Path) -> Result<Value, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::Io("the JWK set can't be read", error))?;
    provider::assertion::public_keys(&text)
        .map_err(|why| CliError::Said(format!("{} is no JWK set of public keys: {why}", path.display())))
}
