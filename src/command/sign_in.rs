//! From what a provider says of a person to the user that they are, and in.
//!
//! Whom a subject is, is decided once and kept: (connection, issuer, subject). Before that, in this order: the id with
//! which the provider provisions them; an address that it vouches for, in a domain that the workspace has proved; a new
//! user, where the connection makes any. Nothing that a user has is overwritten by a login.

mod groups;
mod whom;

pub(super) use groups::take_back;

use serde_json::{Value, json};

use super::sessions::{self, Opening};
use super::{Change, Command, CommandError, Subject, domains, upstream};
use crate::domain::barred::Barred;
use crate::domain::connection::LinkedBy;
use crate::domain::event::Event;
use crate::domain::session::{Door, Lifetime, Seen, Stage, Upstream};
use crate::domain::user::{Standing, User};
use crate::ids::{ConnectionId, SessionId, WorkspaceId};
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
    /// The company whose account it is, where the provider serves many (Google's `hd`).
    pub hosted_domain: Option<String>,
    /// The groups and roles that the provider names, as the audit log has them.
    pub belongs_to: Option<Value>,
    /// The same to be looked for among the workspace's groups; none where the connection asks for none, or there are too
    /// many for a token.
    pub groups: Option<Vec<String>>,
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
        if domains::wants_another(change, &user, connection.id).await? {
            return Err(CommandError::NotAdmitted(Barred::OtherConnection));
        }
        match user.standing {
            Standing::Active => {}
            Standing::Inactive => return Err(CommandError::NotAdmitted(Barred::Inactive)),
            // Kept where they were made just now; whoever waits already is told so each time.
            Standing::Waiting if user.created_at == change.now => return Ok(Outcome::Waits),
            Standing::Waiting => return Err(CommandError::NotAdmitted(Barred::Waiting)),
        }
        let user = self.follow_groups(change, user, &connection).await?;
        store::identities::touch(change.tx, self.key(), change.now).await?;
        if let Some(claims) = self.person.belongs_to.clone() {
            let id = user.id.to_string();
            change.record(&Event::credential("identity.claims", "user", id, &user.full_name(), claims));
        }
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
        let email_vouched = self.proves_email(change, &connection, &user).await?;
        let opening = Opening {
            door: Door::Sso(Upstream { email_vouched, ..self.upstream.clone() }),
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
