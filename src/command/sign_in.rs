//! From what a provider says of a person to the user that they are, and in.
//!
//! Whom a subject is, is decided once and kept: (connection, issuer, subject). Before that, in this order: the id with
//! which the provider provisions them; an address that it vouches for, in a domain that the workspace has proved; a new
//! user, where the connection makes any. Nothing that a user has is overwritten by a login.

use serde_json::json;

use super::sessions::{self, Opening};
use super::users::{CreateUser, RoleChoice};
use super::{Change, Command, CommandError, Subject, holds, upstream};
use crate::domain::barred::Barred;
use crate::domain::connection::{Connection, Kind, LinkedBy};
use crate::domain::domains;
use crate::domain::email::Email;
use crate::domain::event::Event;
use crate::domain::session::{Door, Lifetime, Seen, Stage, Upstream};
use crate::domain::user::{Profile, Standing, User, UserDraft};
use crate::ids::{ConnectionId, SessionId, UserId, WorkspaceId};
use crate::store::{self, identities::Key};

/// What a provider said of a person, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: String,
    /// Whom it calls them.
    pub subject: String,
    /// What it provisions them with.
    pub external_id: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider says that the address is theirs.
    pub email_is_verified: bool,
    /// Their whole name.
    pub name: Option<String>,
    /// Their first name.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
}

/// Somebody comes back from a provider.
pub struct SignIn {
    /// Where.
    pub workspace: WorkspaceId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// As the connection was when they left.
    pub connection_version: i64,
    /// Who they are.
    pub person: Person,
    /// The provider's session and token.
    pub upstream: Upstream,
    /// SHA-256 of what their browser will hold.
    pub token_hash: [u8; 32],
    /// SHA-256 of what it held before.
    pub replaces: Option<[u8; 32]>,
    /// From where.
    pub seen: Seen,
    /// When they proved who they are.
    pub authenticated_at: chrono::DateTime<chrono::Utc>,
    /// How long the session lives.
    pub lifetime: Lifetime,
}

/// What came of it. Refusals are errors; this is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They are in.
    In(SessionId),
    /// They are known from now on, and wait for a seat.
    Waits,
}

impl Command for SignIn {
    type Output = Outcome;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "sign_in"
    }

    fn subject(&self) -> Subject {
        Subject::new("user", self.person.email.as_deref().unwrap_or(&self.person.subject))
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Outcome, CommandError> {
        change.workspace().await?;
        let kept = store::connections::find(change.tx, self.connection).await?;
        let connection = kept.map(|kept| kept.connection).filter(|connection| {
            connection.enabled
                && connection.version == self.connection_version
                && connection.workspace_id == self.workspace
        });
        let connection = connection.ok_or(CommandError::NotAdmitted(Barred::Connection))?;
        let user = match self.known(change).await? {
            Some(user) => user,
            None => self.find_or_make(change, &connection).await?,
        };
        match user.standing {
            Standing::Active => {}
            Standing::Inactive => return Err(CommandError::NotAdmitted(Barred::Inactive)),
            // Kept where they were made just now; whoever waits already is told so each time.
            Standing::Waiting if user.created_at == change.now => return Ok(Outcome::Waits),
            Standing::Waiting => return Err(CommandError::NotAdmitted(Barred::Waiting)),
        }
        store::identities::touch(change.tx, self.key(), change.now).await?;
        if user.role.is_admin() && store::connections::let_admin_in(change.tx, connection.id, change.now).await? {
            let changes = json!({"admin": {"new": user.id}});
            change.record(&Event::of(
                "connection",
                "connection.admin_came_in",
                connection.id.0,
                &connection.name,
                changes,
            ));
        }
        let opening = Opening {
            door: Door::Sso(self.upstream.clone()),
            stage: Stage::Full,
            token_hash: self.token_hash,
            replaces: self.replaces,
            seen: self.seen.clone(),
            authenticated_at: self.authenticated_at,
            has_second_factor: false,
            lifetime: self.lifetime,
        };
        Ok(Outcome::In(sessions::open(change, &user, opening).await?))
    }
}

impl SignIn {
    fn key(&self) -> Key<'_> {
        Key { connection: self.connection, issuer: &self.person.issuer, subject: &self.person.subject }
    }

    /// Whom the subject is known to be.
    async fn known(&self, change: &mut Change<'_>) -> Result<Option<User>, CommandError> {
        let Some(id) = store::identities::find(change.tx, self.key()).await? else { return Ok(None) };
        Ok(store::users::find(change.tx, self.workspace, id).await?)
    }

    async fn find_or_make(&self, change: &mut Change<'_>, connection: &Connection) -> Result<User, CommandError> {
        if let Some(user) = self.provisioned(change, connection).await? {
            return self.link(change, user, LinkedBy::ExternalId).await;
        }
        let email = self.person.email.as_deref().and_then(Email::parse);
        let is_vouched_for = self.person.email_is_verified || connection.trusts_email;
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
        if self.identities(change, &user).await?.is_empty() { Ok(Some(user)) } else { Ok(None) }
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

    /// Where a connection names domains, it makes users of those alone.
    async fn may_make(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        email: &Email,
        is_vouched_for: bool,
    ) -> Result<(), CommandError> {
        let serves = store::domains::of_connection(change.tx, connection.id).await?;
        if serves.is_empty() {
            return Ok(());
        }
        let name = domains::of_email(&email.key());
        if !serves.iter().any(|domain| Some(&domain.name) == name.as_ref()) {
            return Err(CommandError::NotAdmitted(Barred::ForeignDomain));
        }
        if is_vouched_for { Ok(()) } else { Err(CommandError::NotAdmitted(Barred::EmailUnproved)) }
    }

    async fn make(
        &self,
        change: &mut Change<'_>,
        connection: &Connection,
        email: &Email,
    ) -> Result<User, CommandError> {
        let command = CreateUser {
            workspace: self.workspace,
            id: UserId::fresh(),
            draft: UserDraft { profile: self.profile(email), active: Some(true) },
            password_hash: None,
            role: connection.default_role.map_or(RoleChoice::Default, RoleChoice::Id),
            protected: false,
            provisioned: false,
        };
        // Whoever an Admin deactivated does not come back as a newcomer.
        if holds::are_on(change, &command.draft.profile).await? {
            return Err(CommandError::NotAdmitted(Barred::Inactive));
        }
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

    /// From now on the subject is that user. Whatever somebody else may have prepared for them is void: sessions, links,
    /// and a password that they did not choose.
    async fn link(&self, change: &mut Change<'_>, user: User, by: LinkedBy) -> Result<User, CommandError> {
        store::identities::insert(change.tx, self.key(), (self.workspace, user.id), by, change.now).await?;
        if by == LinkedBy::Email {
            upstream::claimed(change, &user).await?;
        }
        let changes = json!({
            "connection_id": {"new": self.connection}, "issuer": {"new": self.person.issuer},
            "subject": {"new": self.person.subject}, "by": {"new": by.name()},
        });
        let event = Event::credential("identity.linked", "user", user.id.to_string(), &user.full_name(), changes);
        change.record(&event);
        Ok(user)
    }
}
