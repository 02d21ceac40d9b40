//! `setup-link create`, `setup-link list`, `setup-link revoke`: links with which a company's IT admin connects their own
//! provider, without an account.

use clap::{Args, Subcommand};

use super::out::{remark, say, write};
use super::table::table;
use super::token::when;
use super::{At, CliError};
use crate::command::setup_links::{CreateSetupLink, RevokeSetupLink};
use crate::domain::access::Actor;
use crate::domain::setup_link::{MOST_DAYS, SetupLink};
use crate::ids::SetupLinkId;
use crate::secret;
use crate::settings::Settings;
use crate::store::setup_links;

/// Links that are listed at the most.
const MOST: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub enum SetupLinkCommand {
    /// Make a link; prints it, and nothing else, on stdout
    Create(Create),
    /// List the newest links of a workspace
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Revoke a link; what was made through it stays
    Revoke {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// The link's id
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// The workspace that the provider is connected to
    #[arg(long)]
    workspace: String,
    /// A name by which people know it, such as the company's
    #[arg(long)]
    name: String,
    /// For how many days it works
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=MOST_DAYS))]
    days: i64,
}

impl SetupLinkCommand {
    pub(super) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?.id;
                let token = secret::new_plain()?;
                let command = CreateSetupLink {
                    id: SetupLinkId::fresh(),
                    workspace,
                    name: create.name,
                    days: create.days,
                    token_hash: secret::hash(&token),
                    hint: token.chars().take(4).collect(),
                };
                let link = at.commands.execute(&Actor::operator(), command).await?;
                remark(&format!("It works until {} UTC. Its id is {}.", when(Some(link.expires_at)), link.id));
                say!("{}/setup/{token}", settings.public_url(settings.listen))
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?.id;
                let links = setup_links::of_workspace(&mut at.store.read().await?, workspace, 0, MOST).await?.0;
                let rows: Vec<_> = links.iter().map(|link| row(at, link)).collect();
                write(format_args!("{}", table(&["ID", "NAME", "BEGINS", "MADE BY", "OPENED", "ENDS", "STATE"], &rows)))
            }
            Self::Revoke { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let id = SetupLinkId::parse(&id)
                    .ok_or_else(|| CliError::Said(format!("\"{id}\" is no link's id; see `setup-link list`")))?;
                let command = RevokeSetupLink { workspace: workspace.id, id };
                let done = at.commands.execute(&Actor::operator(), command).await;
                done.map_err(|error| super::token::none_living(error, "setup-link", &id.to_string(), &workspace))?;
                say!("Revoked.")
            }
        }
    }
}

fn row(at: &At, link: &SetupLink) -> Vec<String> {
    let state = match link {
        link if link.revoked_at.is_some() => "revoked",
        link if link.is_open(at.clock.now()) => "open",
        _ => "expired",
    };
    vec![
        link.id.to_string(),
        link.name.clone(),
        link.hint.clone(),
        link.created_by.clone(),
        when(link.used_at),
        when(Some(link.expires_at)),
        state.into(),
    ]
}
