//! `client add`, `client list`, `client revoke`: OAuth clients that get short-lived access tokens at `/oauth/token`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::out::{say, write};
use super::table::table;
use super::token::{DIALECTS, SCOPES, none_living, when};
use super::{At, CliError, one_of};
use crate::command::credentials::{CreateClient, RevokeClient};
use crate::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use crate::provider;
use crate::secret;
use crate::store::oauth;

#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Make a client; prints its id and, unless it signs, its secret, a line each
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
}

impl ClientCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
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
                let rows = oauth::list_clients(&mut at.store.read().await?, workspace).await?;
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
                let rows: Vec<_> = rows.iter().map(row).collect();
                write(format_args!(
                    "{}",
                    table(&["ID", "NAME", "PROOF", "SCOPE", "PROFILE", "LAST USED", "STATE"], &rows)
                ))?;
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let command = RevokeClient { workspace: workspace.id, id: id.clone() };
                at.commands
                    .execute(&Actor::operator(), command)
                    .await
                    .map_err(|error| none_living(error, "client", &id, &workspace))?;
                say!("Revoked.")?;
            }
        }
        Ok(())
    }
}

/// The JWK set in a file.
fn public_keys(path: &std::path::Path) -> Result<Value, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::Io("the JWK set can't be read", error))?;
    provider::assertion::public_keys(&text)
        .map_err(|why| CliError::Said(format!("{} is no JWK set of public keys: {why}", path.display())))
}
