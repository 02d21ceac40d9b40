//! `key create`, `key list`, `key revoke`: what programs authenticate with at the REST API.

use clap::{Args, Subcommand};

use super::out::{say, write};
use super::table::table;
use super::token::{Lifetime, left, lifetime, none_living, when};
use super::{At, CliError};
use crate::command::credentials::{CreateKey, RevokeKey};
use crate::domain::access::Actor;
use crate::domain::permission::{CATALOGUE, Permissions};
use crate::ids::KeyId;
use crate::secret;
use crate::store::api_keys::{self, KeyRow, NewKey};

const CREATE_HELP: &str = "\
The key is printed once, on stdout, and nothing else is. It goes into the header
X-API-Key of requests to /api. A key that acts as a user may do what their role
allows at the time, and dies when they are deactivated.

Examples:
  aisoule-bridge key create --workspace Acme --name reports --user anna@acme.org
  aisoule-bridge key create --workspace Acme --name reader --permissions users:read,teams:read";

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// List a workspace's keys
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Revoke a key at once
    Revoke {
        /// The key's id, as `key list` shows it
        id: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// The user it acts as, by address or userName; without: the workspace itself
    #[arg(long)]
    user: Option<String>,
    /// What it may do at most, such as users:read,chat:write; without: everything its user may do
    #[arg(long, value_delimiter = ',')]
    permissions: Option<Vec<String>>,
    /// How long it lives: 90d, 1y, never
    #[arg(long, default_value = "never", value_parser = lifetime)]
    expires: Lifetime,
}

impl KeyCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?;
                let user = match &create.user {
                    Some(name) => Some(at.user(&workspace, name).await?.id),
                    None => None,
                };
                let permissions = create.permissions.map(|names| {
                    Permissions::of(&names).map_err(|name| {
                        let known: Vec<&str> = CATALOGUE.iter().map(|one| one.name).collect();
                        CliError::Said(format!("there is no permission \"{name}\"; there are {}", known.join(", ")))
                    })
                });
                let (key, now) = (secret::new_key()?, at.clock.now());
                let stored = NewKey {
                    id: KeyId::fresh(),
                    workspace: workspace.id,
                    name: create.name,
                    hash: secret::hash(&key),
                    hint: secret::hint(&key),
                    user,
                    permissions: None,
                    created_at: now,
                    expires_at: create.expires.0.map(|delta| now + delta),
                };
                let command = CreateKey { key: stored, permissions: permissions.transpose()? };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("{key}")?;
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let now = at.clock.now();
                let rows = api_keys::of_workspace(&mut at.store.read().await?, workspace.id).await?;
                let row = |row: &KeyRow| {
                    let state = match (row.revoked_at, row.expires_at) {
                        (Some(_), _) => "revoked".to_owned(),
                        (None, Some(end)) => left(end, now).map_or("expired".into(), |left| format!("{left} left")),
                        (None, None) => "no end".to_owned(),
                    };
                    let (user, key) = (row.user_name.clone().unwrap_or_default(), format!("{}…", row.hint));
                    vec![row.id.to_string(), row.name.clone(), key, user, when(row.last_used_at), state]
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                write(format_args!("{}", table(&["ID", "NAME", "KEY", "ACTS AS", "LAST USED", "STATE"], &rows)))?;
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let id = KeyId::parse(&id)
                    .ok_or_else(|| CliError::Said(format!("\"{id}\" is no key's id; see `key list`")))?;
                at.commands
                    .execute(&Actor::operator(), RevokeKey { workspace: workspace.id, id })
                    .await
                    .map_err(|error| none_living(error, "key", &id.to_string(), &workspace))?;
                say!("Revoked.")?;
            }
        }
        Ok(())
    }
}
