//! Links with which a company's IT admin connects their own provider, without an account; and what can be done through one:
//! the one connection, the domains of that connection and the one token that belong to it, and nothing else.
//!
//! The same is done in the first run by whoever is signed in. Whether a link still opens anything is looked up in the
//! transaction of each act, so that its rights end with it.

mod own;

use chrono::TimeDelta;
use serde_json::json;

use super::connections::{CreateConnection, EditConnection, Terms};
use super::credentials::{CreateToken, RevokeToken};
use super::domains::{AddDomain, Proof, ProveDomain, RemoveDomain};
use super::{Change, Command, CommandError, Subject};
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::domain::connection::{AuthMethod, Endpoints};
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::setup_link::{Kind, MOST_DAYS, Provider, SetupLink};
use crate::domain::version::Stamp;
use crate::ids::{ConnectionId, SetupLinkId, TokenId, WorkspaceId};
use crate::store;

/// A new link for a company's IT admin. What it holds was made outside and is not here, only its hash.
pub struct CreateSetupLink {
    /// The id that it gets.
    pub id: SetupLinkId,
    /// Where.
    pub workspace: WorkspaceId,
    /// What people call it: the company's name, for instance.
    pub name: String,
    /// Days that it lives.
    pub days: i64,
    /// SHA-256 of what it holds.
    pub token_hash: [u8; 32],
    /// Its beginning.
    pub hint: String,
}

impl Command for CreateSetupLink {
    type Output = SetupLink;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "setup_link.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("setup_link", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<SetupLink, CommandError> {
        change.workspace().await?;
        // Through it somebody makes a connection and a token, which decide who everybody is.
        change.may_grant(Permissions::ALL)?;
        let name = super::named("name", &self.name)?;
        if !(1..=MOST_DAYS).contains(&self.days) {
            let detail = format!("are 1 to {MOST_DAYS}");
            return Err(CommandError::Invalid { attribute: "days", detail });
        }
        let link = SetupLink {
            id: self.id,
            kind: Kind::Customer,
            workspace: Some(self.workspace),
            name,
            hint: self.hint.clone(),
            provider: None,
            connection: None,
            token: None,
            created_by: change.actor().name.clone(),
            created_at: change.now,
            expires_at: change.now + TimeDelta::days(self.days),
            used_at: None,
            revoked_at: None,
            skipped_at: None,
            finished_at: None,
        };
        store::setup_links::insert(change.tx, &link, self.token_hash).await?;
        record(change, "setup_link.created", &link, json!({"expires_at": {"new": link.expires_at}}));
        Ok(link)
    }
}

/// The end of a link: whoever has it can do nothing with it any more. What was made through it stays.
pub struct RevokeSetupLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: SetupLinkId,
}

impl Command for RevokeSetupLink {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "setup_link.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("setup_link", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        change.may_grant(Permissions::ALL)?;
        let link = store::setup_links::lock(change.tx, self.id).await?;
        let is_it = |link: &SetupLink| {
            link.workspace == Some(self.workspace) && link.kind == Kind::Customer && link.revoked_at.is_none()
        };
        let mut link = link.filter(is_it).ok_or(CommandError::NotFound)?;
        link.revoked_at = Some(change.now);
        store::setup_links::update(change.tx, &link).await?;
        record(change, "setup_link.revoked", &link, json!({}));
        Ok(())
    }
}

fn record(change: &mut Change<'_>, what: &'static str, link: &SetupLink, changes: serde_json::Value) {
    change.record(&Event::credential(what, "setup_link", link.id.to_string(), &link.name, changes));
}

/// What somebody does through a link, or in the first run.
#[derive(Debug, Clone)]
pub enum Act {
    /// Opens it.
    Open,
    /// Chooses the provider.
    Choose(Provider),
    /// Says that they want no second factor now.
    SkipFactor,
    /// Says that they are done.
    Finish,
    /// Makes or changes the connection.
    Connect(Connecting),
    /// Makes the token; the one before it ends.
    Token {
        /// The id that it gets.
        id: TokenId,
        /// SHA-256 of it.
        hash: [u8; 32],
        /// Its beginning.
        hint: String,
    },
    /// Adds a domain.
    AddDomain {
        /// Its name.
        domain: String,
        /// What its record will have to say.
        challenge: String,
    },
    /// Says what was found where the record of a domain should be.
    Prove {
        /// Its name.
        domain: String,
        /// What was found.
        proof: Proof,
    },
    /// Takes a domain away.
    RemoveDomain {
        /// Its name.
        domain: String,
    },
}

/// What the connection of a link is to be.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// Its id, for which the secret is sealed.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// The issuer, as the provider writes it.
    pub issuer: String,
    /// The bridge's id there.
    pub client_id: String,
    /// Its secret, sealed; none: the one that is kept.
    pub secret: Option<Vec<u8>>,
    /// Whether addresses on this machine are allowed.
    pub loopback: bool,
    /// In which state it was seen, where it was there.
    pub seen: Stamp,
}

/// Something that is done through a link of a customer; or in the first run, by whoever is signed in.
pub struct ThroughLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// The link.
    pub link: SetupLinkId,
    /// What.
    pub act: Act,
}

impl Command for ThroughLink {
    /// The link as it is then.
    type Output = SetupLink;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        match &self.act {
            Act::Open => "setup_link.open",
            Act::Choose(_) | Act::SkipFactor | Act::Finish => "setup_link.update",
            Act::Connect(_) => "connection.update",
            Act::Token { .. } => "token.create",
            Act::AddDomain { .. } => "domain.add",
            Act::Prove { .. } => "domain.prove",
            Act::RemoveDomain { .. } => "domain.remove",
        }
    }

    fn subject(&self) -> Subject {
        Subject::of("setup_link", &self.link)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<SetupLink, CommandError> {
        change.workspace().await?;
        let link = store::setup_links::lock(change.tx, self.link).await?;
        let now = change.now;
        let is_it = |link: &SetupLink| {
            // A first run is begun, and over once somebody finished it.
            let is_begun = link.used_at.is_some() && link.finished_at.is_none();
            let is_open = if link.kind == Kind::Customer { link.is_open(now) } else { is_begun };
            link.workspace == Some(self.workspace) && is_open
        };
        let mut link = link.filter(is_it).ok_or(CommandError::NotFound)?;
        let before = link.clone();
        match &self.act {
            Act::Open => {
                if link.used_at.is_none() {
                    link.used_at = Some(now);
                    record(change, "setup_link.opened", &link, json!({}));
                }
            }
            Act::Choose(provider) => {
                let old = link.provider.replace(*provider).map(Provider::name);
                let changes = difference(&json!({"provider": old}), &json!({"provider": provider.name()}));
                record(change, "setup_link.updated", &link, changes);
                // So that its addresses can be entered at the provider before it is made.
                link.connection.get_or_insert_with(ConnectionId::fresh);
            }
            Act::SkipFactor => link.skipped_at = Some(now),
            Act::Finish => link.finished_at = Some(now),
            Act::Connect(connecting) => self.connect(change, &link, connecting).await?,
            Act::Token { id, hash, hint } => {
                if let Some(old) = link.token.replace(*id) {
                    self.may_replace(change, old).await?;
                    match (RevokeToken { workspace: self.workspace, id: old }).run(change).await {
                        Ok(()) | Err(CommandError::NotFound) => {}
                        Err(error) => return Err(error),
                    }
                }
                let grant = self.grant(&link, *id);
                CreateToken { id: *id, grant, hash: *hash, hint: hint.clone() }.run(change).await?;
            }
            Act::AddDomain { domain, challenge } => {
                let connection = Some(self.connection(change, &link).await?.id);
                self.may_have(change, &link, domain).await?;
                let (domain, challenge) = (domain.clone(), challenge.clone());
                AddDomain { workspace: self.workspace, domain, connection, challenge }.run(change).await?;
            }
            Act::Prove { domain, proof } => {
                self.own(change, &link, domain).await?;
                let (domain, proof) = (domain.clone(), proof.clone());
                ProveDomain { workspace: self.workspace, domain, proof }.run(change).await?;
            }
            Act::RemoveDomain { domain } => {
                let own = self.own(change, &link, domain).await?;
                self.may_remove(change, &link, &own).await?;
                RemoveDomain { workspace: self.workspace, domain: domain.clone() }.run(change).await?;
            }
        }
        if link != before {
            store::setup_links::update(change.tx, &link).await?;
        }
        Ok(link)
    }
}

impl ThroughLink {
    fn grant(&self, link: &SetupLink, id: TokenId) -> Grant {
        let name = match link.kind {
            Kind::Customer => link.name.clone(),
            Kind::FirstRun => link.provider.map_or("provider", Provider::name).to_owned(),
        };
        Grant {
            workspace_id: self.workspace,
            holder: Holder::Token(id),
            name,
            scope: Scope::Write,
            dialect: Dialect::Compat,
            user_id: None,
            expires_at: None,
        }
    }

    /// That the token before is not what keeps the workspace going, and was not taken back by an Admin.
    async fn may_replace(&self, change: &mut Change<'_>, old: TokenId) -> Result<(), CommandError> {
        let rows = store::tokens::list(change.tx, self.workspace).await?;
        let row = rows.into_iter().find(|row| TokenId(row.id) == old);
        if row.is_some_and(|row| row.last_used_at.is_none() && !row.is_dead()) {
            return Ok(());
        }
        let detail = "is in use or was revoked; an Admin makes another one under Provisioning";
        Err(CommandError::Invalid { attribute: "token", detail: detail.into() })
    }

    /// Makes the connection of the link, or changes where it leads; never what it gives to whom.
    async fn connect(
        &self,
        change: &mut Change<'_>,
        link: &SetupLink,
        connecting: &Connecting,
    ) -> Result<(), CommandError> {
        let provider = link.provider.ok_or(CommandError::VersionMismatch)?;
        // Somebody else began anew in the meantime.
        let id = link.connection.filter(|id| *id == connecting.id).ok_or(CommandError::VersionMismatch)?;
        let Connecting { name, issuer, client_id, secret, loopback, .. } = connecting.clone();
        let Some(kept) = store::connections::find(change.tx, id).await? else {
            if secret.is_none() {
                return Err(CommandError::Invalid { attribute: "secret", detail: "is missing".into() });
            }
            let terms = Terms {
                name,
                kind: provider.kind(),
                issuer,
                endpoints: Endpoints::default(),
                client_id,
                auth_method: AuthMethod::ClientSecretBasic,
                scopes: Vec::new(),
                groups_claim: None,
                roles_claim: None,
                key_id: None,
                // Entra ID says of no address that it is verified; this one counts in proved domains alone.
                trusts_email: provider == Provider::Entra,
                jit: false,
                default_role: None,
                // Whom a company's provider vouches for decides an Admin, who switches it on.
                enabled: link.kind != Kind::Customer,
            };
            CreateConnection { id, workspace: self.workspace, terms, secret, loopback }.run(change).await?;
            return Ok(());
        };
        let old = kept.connection;
        if super::connections::stamp(&old) != connecting.seen {
            return Err(CommandError::VersionMismatch);
        }
        let gives = old.jit || old.groups_claim.is_some() || old.roles_claim.is_some() || old.default_role.is_some();
        if link.kind == Kind::Customer && (gives || old.enabled) {
            // An Admin has let people in through it since: who those are, this link must not decide.
            let detail = "was changed by an Admin, and can be changed by them alone now";
            return Err(CommandError::Invalid { attribute: "connection", detail: detail.into() });
        }
        let edit = Box::new(move |terms: &mut Terms| {
            terms.name.clone_from(&name);
            terms.kind = provider.kind();
            terms.issuer.clone_from(&issuer);
            terms.client_id.clone_from(&client_id);
        });
        EditConnection { workspace: self.workspace, id, edit, secret, loopback }.run(change).await?;
        Ok(())
    }
}
