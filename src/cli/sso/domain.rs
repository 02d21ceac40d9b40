//! `sso domain add`, `list`, `verify`, `remove`: whose addresses are the workspace's.

use clap::Subcommand;

use crate::app;
use crate::cli::out::{say, write};
use crate::cli::table::table;
use crate::cli::{At, CliError};
use crate::command::domains::{AddDomain, Proof, ProveDomain, RemoveDomain};
use crate::domain::access::Actor;
use crate::domain::domains::Domain;
use crate::domain::workspace::Workspace;
use crate::secret;
use crate::settings::Settings;
use crate::store::domains;

#[derive(Debug, Subcommand)]
pub enum DomainCommand {
    /// Add a domain, or give it to another connection; says what record proves it
    Add {
        /// The domain: acme.org
        domain: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// The connection through which its people sign in, by name or id
        #[arg(long)]
        connection: Option<String>,
    },
    /// List a workspace's domains with their records
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Look for a domain's record
    Verify {
        /// The domain
        domain: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// Take your word for it: for networks whose names the bridge can't look up
        #[arg(long)]
        trust: bool,
    },
    /// Remove a domain
    Remove {
        /// The domain
        domain: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

/// What has to be done for a domain to count.
pub(super) fn asked_for(domain: &Domain) -> String {
    format!(
        "To prove {}, publish a TXT record {} with the text {} and run: sso domain verify {}",
        domain.name,
        domain.record_name(),
        domain.record_value(),
        domain.name
    )
}

impl DomainCommand {
    pub(super) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Add { domain, workspace, connection: served_by } => {
                let workspace = at.workspace(&workspace).await?;
                let served_by = match served_by {
                    Some(name) => Some(super::connection(at, &workspace, &name).await?.id),
                    None => None,
                };
                let challenge = secret::new_plain()?;
                let command = AddDomain { workspace: workspace.id, domain, connection: served_by, challenge };
                let domain = at.commands.execute(&Actor::operator(), command).await?;
                if domain.proved_at.is_some() {
                    say!("{} is proved.", domain.name)
                } else {
                    say!("{}", asked_for(&domain))
                }
            }
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let rows = domains::of_workspace(&mut at.store.read().await?, workspace.id).await?;
                let row = |d: &Domain| {
                    let state = match (&d.problem, d.proved_at) {
                        (Some(problem), _) => problem.clone(),
                        (None, Some(_)) => "proved".into(),
                        (None, None) => "not looked for yet".into(),
                    };
                    let enforced = if d.sso_enforced { "yes" } else { "" };
                    vec![d.name.clone(), d.record_name(), d.record_value(), state, enforced.into()]
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                write(format_args!("{}", table(&["DOMAIN", "TXT RECORD", "ITS TEXT", "STATE", "SSO ENFORCED"], &rows)))
            }
            Self::Verify { domain, workspace, trust } => {
                let workspace = at.workspace(&workspace).await?;
                let proof = if trust { Proof::Word } else { look_up(at, settings, &workspace, &domain).await? };
                let command = ProveDomain { workspace: workspace.id, domain, proof };
                let domain = at.commands.execute(&Actor::operator(), command).await?;
                match domain.problem {
                    None => say!("{} is proved.", domain.name),
                    Some(problem) => Err(CliError::Said(problem)),
                }
            }
            Self::Remove { domain, workspace } => {
                let workspace = at.workspace(&workspace).await?;
                at.commands.execute(&Actor::operator(), RemoveDomain { workspace: workspace.id, domain }).await?;
                say!("Removed.")
            }
        }
    }
}

async fn look_up(at: &At, settings: &Settings, workspace: &Workspace, domain: &str) -> Result<Proof, CliError> {
    let missing = || CliError::Said(format!("{} has no domain \"{domain}\"", workspace.name.as_str()));
    let name = crate::domain::domains::name(domain).ok_or_else(missing)?;
    let known = domains::find(&mut at.store.read().await?, workspace.id, &name).await?.ok_or_else(missing)?;
    let resolver = app::resolver(settings)?;
    Ok(match resolver.txt(&known.record_name()).await {
        Ok(records) => Proof::Records(records),
        Err(error) => Proof::Nothing(error.to_string()),
    })
}
