//! What belongs to a link: its connection and the domains of that, and what it may still do with them.

use super::ThroughLink;
use crate::command::{Change, CommandError, connections};
use crate::domain::connection::Connection;
use crate::domain::domains::{self, Domain};
use crate::domain::setup_link::{Kind, SetupLink};
use crate::store;

impl ThroughLink {
    /// The connection of the link.
    pub(super) async fn connection(
        &self,
        change: &mut Change<'_>,
        link: &SetupLink,
    ) -> Result<Connection, CommandError> {
        let id = link.connection.ok_or(CommandError::NotFound)?;
        connections::existing(change, self.workspace, id).await
    }

    /// Refuses a domain that is there already and is not the link's: it may be another company's, or lead elsewhere.
    pub(super) async fn may_have(
        &self,
        change: &mut Change<'_>,
        link: &SetupLink,
        domain: &str,
    ) -> Result<(), CommandError> {
        let Some(name) = domains::name(domain) else { return Ok(()) };
        match store::domains::find(change.tx, self.workspace, &name).await? {
            Some(known) if known.connection != link.connection => {
                Err(CommandError::Clash { kind: "connection", attribute: "domain" })
            }
            _ => Ok(()),
        }
    }

    /// That nobody is led to the provider by that domain, where an Admin has let people in through it: a link must not
    /// decide who signs in. One that is not proved leads nobody, and to prove another one is the DNS's to decide.
    pub(super) async fn may_remove(
        &self,
        change: &mut Change<'_>,
        link: &SetupLink,
        own: &Domain,
    ) -> Result<(), CommandError> {
        if link.kind != Kind::Customer || own.proved_at.is_none() || !self.connection(change, link).await?.enabled {
            return Ok(());
        }
        let detail =
            "leads people to a connection that is on; an Admin of the workspace removes it under Single sign-on";
        Err(CommandError::Invalid { attribute: "domain", detail: detail.into() })
    }

    /// A domain of the link's connection.
    pub(super) async fn own(
        &self,
        change: &mut Change<'_>,
        link: &SetupLink,
        domain: &str,
    ) -> Result<Domain, CommandError> {
        let name = domains::name(domain).ok_or(CommandError::NotFound)?;
        let known = store::domains::find(change.tx, self.workspace, &name).await?;
        let is_own = |known: &Domain| known.connection.is_some() && known.connection == link.connection;
        known.filter(is_own).ok_or(CommandError::NotFound)
    }
}
