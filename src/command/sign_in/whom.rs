//! Whom a subject is that nobody knows yet: somebody who is there, or somebody new.

use super::SignIn;
use crate::command::users::{CreateUser, RoleChoice};
use crate::command::{Change, Command, CommandError, holds};
use crate::domain::barred::Barred;
use crate::domain::connection::{Connection, Kind, LinkedBy};
use crate::domain::domains;
use crate::domain::email::Email;
use crate::domain::user::{Profile, User, UserDraft};
use crate::ids::{ConnectionId, UserId};
use crate::store;

impl SignIn {
    /// Finds or makes whoever the subject is, and links them.
    pub(super) async fn find_or_make(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
    ) -> Result<User, CommandError> {
        if let Some(user) = self.provisioned(change, connection).await? {
            return self.link(change, user, LinkedBy::ExternalId).await;
        }
        let email = self.person.email.as_deref().and_then(Email::parse);
        let is_vouched_for = email.as_ref().is_some_and(|email| self.vouches(connection, email));
        if let Some(email) = &email
            && let Some(user) = store::users::find_by_email(change.tx, self.workspace, &email.key()).await?
        {
            if !is_vouched_for || !self.is_ours(change, connection, email).await? {
                return Err(CommandError::NotAdmitted(Barred::EmailUnproved));
            }
            // An address that was somebody else's before: the provider knows both, and calls them differently.
            if self.identities(change, &user).await?.contains(&self.connection) {
                return Err(CommandError::NotAdmitted(Barred::EmailTaken));
            }
            return self.link(change, user, LinkedBy::Email).await;
        }
        if !connection.jit {
            return Err(CommandError::NotAdmitted(Barred::NotAssigned));
        }
        let email = email.ok_or(CommandError::NotAdmitted(Barred::NoEmail))?;
        self.may_make(change, connection, &email, is_vouched_for).await?;
        let user = self.make(change, connection, &email).await?;
        self.link(change, user, LinkedBy::Jit).await
    }

    /// Whether the provider says that an address is the person's. Google signs in people of every company and of none:
    /// there an address counts only where its domain is the company's whose account it is.
    fn vouches(&self, connection: &Connection, email: &Email) -> bool {
        let is_theirs = connection.kind != Kind::Google
            || domains::of_email(&email.key()).is_some_and(|domain| {
                self.person.hosted_domain.as_deref().and_then(domains::name).as_ref() == Some(&domain)
            });
        is_theirs && (self.person.email_is_verified || connection.trusts_email)
    }

    /// Whether the provider vouches, now, for the address that the user has here, and may.
    pub(super) async fn proves_email(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        user: &User,
    ) -> Result<bool, CommandError> {
        let said = self.person.email.as_deref().and_then(Email::parse);
        let (Some(said), Some(kept)) = (said, user.email()) else { return Ok(false) };
        Ok(said.key() == kept.key()
            && self.vouches(connection, &said)
            && self.is_ours(change, connection, &said).await?)
    }

    /// Whom provisioning calls the same. GitHub and Google provision nobody; and whoever is known at some connection
    /// already is not taken over by another one that happens to use their id.
    async fn provisioned(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
    ) -> Result<Option<User>, CommandError> {
        if matches!(connection.kind, Kind::Github | Kind::Google) {
            return Ok(None);
        }
        let found = store::users::find_by_external_id(change.tx, self.workspace, &self.person.external_id).await?;
        let Some(user) = found.filter(|user| user.provisioned && !user.protected) else { return Ok(None) };
        let is_new = self.identities(change, &user).await?.is_empty();
        let may_say = is_new && self.may_say_who(change, connection, &user).await?;
        Ok(may_say.then_some(user))
    }

    /// Whether a connection may say by an id alone that somebody is this user: it is the only one, or no other serves
    /// the domain of their address.
    async fn may_say_who(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        user: &User,
    ) -> Result<bool, CommandError> {
        let all = store::connections::of_workspace(change.tx, self.workspace).await?;
        if all.iter().filter(|other| other.enabled).all(|other| other.id == connection.id) {
            return Ok(true);
        }
        let Some(name) = user.email().and_then(|email| domains::of_email(&email.key())) else { return Ok(false) };
        let domain = store::domains::find(change.tx, self.workspace, &name).await?;
        Ok(domain.and_then(|domain| domain.connection).is_none_or(|serving| serving == connection.id))
    }

    /// The connections at which a user is known already.
    async fn identities(&self, change: &mut Change<'_>, user: &User) -> Result<Vec<ConnectionId>, CommandError> {
        let rows = store::identities::of_user(change.tx, user.id).await?;
        Ok(rows.into_iter().map(|row| ConnectionId(row.connection_id)).collect())
    }

    /// Whether an address is in a domain that the workspace has proved, and that no other connection serves.
    async fn is_ours(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        email: &Email,
    ) -> Result<bool, CommandError> {
        let Some(name) = domains::of_email(&email.key()) else { return Ok(false) };
        let domain = store::domains::find(change.tx, self.workspace, &name).await?;
        Ok(domain.is_some_and(|domain| {
            domain.proved_at.is_some() && domain.connection.is_none_or(|serving| serving == connection.id)
        }))
    }

    /// Where a connection names domains, it makes users of those alone. An address of a domain that some workspace has
    /// proved makes a user only where it is vouched for, and in that workspace: nobody takes it before its owner comes.
    async fn may_make(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        email: &Email,
        is_vouched_for: bool,
    ) -> Result<(), CommandError> {
        let serves = store::domains::of_connection(change.tx, connection.id).await?;
        let Some(name) = domains::of_email(&email.key()) else {
            return Err(CommandError::NotAdmitted(Barred::ForeignDomain));
        };
        let is_served = serves.iter().any(|domain| domain.name == name);
        if !is_served && (!serves.is_empty() || connection.kind.is_for_everybody()) {
            return Err(CommandError::NotAdmitted(Barred::ForeignDomain));
        }
        let is_proved = store::domains::proved(change.tx, &name).await?.is_some();
        let is_enough = if is_proved {
            is_vouched_for && self.is_ours(change, connection, email).await?
        } else {
            is_vouched_for || !is_served
        };
        if is_enough { Ok(()) } else { Err(CommandError::NotAdmitted(Barred::EmailUnproved)) }
    }

    async fn make(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        email: &Email,
    ) -> Result<User, CommandError> {
        // Whom a group gives a role follows the rules; a role that was said for newcomers is pinned.
        let is_ruled = match self.named_groups(change).await? {
            Some(named) => {
                let rules = change.tx.rules(self.workspace).await?;
                rules.iter().any(|rule| rule.role.is_some() && rule.group.is_some_and(|group| named.contains(&group)))
            }
            None => false,
        };
        let default_role = connection.default_role.filter(|_| !is_ruled);
        let command = CreateUser {
            workspace: self.workspace,
            id: UserId::fresh(),
            draft: UserDraft { profile: self.profile(email), active: Some(true) },
            password_hash: None,
            role: default_role.map_or(RoleChoice::Default, RoleChoice::Id),
            protected: false,
            provisioned: false,
        };
        // Whoever an Admin deactivated does not come back as a newcomer.
        if holds::are_on(change, &command.draft.profile).await? {
            return Err(CommandError::NotAdmitted(Barred::Inactive));
        }
        // They are in already; and a link that sets a password goes to no address that nobody has vouched for.
        change.set_welcome(false);
        match command.run(change).await {
            Err(CommandError::SeatLimit { plan, limit, .. }) => {
                Err(CommandError::NotAdmitted(Barred::NoSeat { plan, limit }))
            }
            Err(CommandError::Clash { .. }) => Err(CommandError::NotAdmitted(Barred::EmailTaken)),
            done => done,
        }
    }

    fn profile(&self, email: &Email) -> Profile {
        let person = &self.person;
        let clean = |text: &Option<String>| {
            let text = text.as_deref().map(crate::text::printable).unwrap_or_default();
            let text: String = text.trim().chars().take(100).collect();
            if text.is_empty() { None } else { Some(text) }
        };
        let (given, family) = (clean(&person.given_name), clean(&person.family_name));
        let both = given.iter().chain(&family).map(String::as_str).collect::<Vec<_>>().join(" ");
        let name = clean(&person.name).or(Some(both).filter(|both| !both.is_empty()));
        let mut profile = Profile::by_hand(email, name.as_deref().unwrap_or(email.as_str()));
        if given.is_some() || family.is_some() {
            let mut parts = serde_json::Map::new();
            for (part, value) in [("givenName", given), ("familyName", family)] {
                if let Some(value) = value {
                    parts.insert(part.into(), value.into());
                }
            }
            profile.attributes.insert("name".into(), parts.into());
        }
        profile
    }
}
