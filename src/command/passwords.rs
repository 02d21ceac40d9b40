//! Passwords: logging in with one, choosing one, and the links by which somebody chooses one who has none.
//!
//! A password is compared with its hash before the transaction, which would otherwise be held up. So what was compared is
//! given along, and a command does nothing where it is no longer what is stored.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::mails::{Letter, post};
use super::sessions::{self, Opening};
use super::throttles::Keys;
use super::{Change, Command, CommandError, Subject, domains, people};
use crate::domain::barred::Barred;
use crate::domain::event::Event;
use crate::domain::password_link::{PasswordLink, Purpose};
use crate::domain::session::{Lifetime, Stage};
use crate::domain::user::{Standing, User};
use crate::ids::{SessionId, UserId, WorkspaceId};
use crate::store;

/// Begins a session of somebody whose password was right.
pub struct SignIn {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// The hash with which the password was compared.
    pub password_hash: String,
    /// The session; how far it gets is decided here.
    pub opening: Opening,
    /// What the attempt was counted under.
    pub keys: Keys,
}

impl Command for SignIn {
    /// How far they have got; none where they may not log in after all.
    type Output = Option<Stage>;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "session.open"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Option<Stage>, CommandError> {
        let Some(user) = standing(change, self.workspace, self.user).await? else { return Ok(None) };
        let kept = store::passwords::find(change.tx, user.id).await?.ok_or(CommandError::NotFound)?;
        if kept.password_hash.as_deref() != Some(&self.password_hash) {
            return Ok(None);
        }
        if domains::must_use_sso(change, &user).await? {
            return Err(CommandError::NotAdmitted(Barred::MustUseSso));
        }
        let stage = stage(change, &user, kept.must_change_password).await?;
        sessions::open(change, &user, Opening { stage, ..self.opening.clone() }).await?;
        self.keys.succeeded(change.tx).await?;
        Ok(Some(stage))
    }
}

/// The user, where they may work now.
async fn standing(change: &mut Change<'_>, workspace: WorkspaceId, user: UserId) -> Result<Option<User>, CommandError> {
    match people::existing(change, workspace, user).await {
        Ok(user) => Ok((user.standing == Standing::Active).then_some(user)),
        Err(CommandError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The user, where they may work now, and may do so with a password.
async fn may_have_one(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<User>, CommandError> {
    let Some(user) = standing(change, workspace, user).await? else { return Ok(None) };
    Ok(if domains::must_use_sso(change, &user).await? { None } else { Some(user) })
}

/// How far somebody has got who proved that they know their password, or have their mail.
async fn stage(change: &mut Change<'_>, user: &User, must_change: bool) -> Result<Stage, CommandError> {
    let factor = store::second_factors::find(change.tx, user.id).await?;
    Ok(if factor.is_some_and(|factor| factor.confirmed_at.is_some()) {
        Stage::SecondFactor
    } else if must_change {
        Stage::NewPassword
    } else {
        Stage::Full
    })
}

/// Stores a password that its owner chose: every link to set one is void, and so is every session but one.
async fn chosen(
    change: &mut Change<'_>,
    user: &User,
    hash: &str,
    stays: Option<SessionId>,
) -> Result<(), CommandError> {
    store::passwords::set(change.tx, user.id, hash, false).await?;
    store::password_links::delete_of_user(change.tx, user.id).await?;
    sessions::end_all_but(change, user, stays, "password_changed").await?;
    change.record(&Event::user("user.password_changed", user.id, &user.full_name(), json!({})));
    post(change, user, Letter::PasswordChanged).await
}

/// Stores a password that an Admin chose for somebody: it opens the page on which they choose their own.
pub(super) async fn reset(change: &mut Change<'_>, user: &User, hash: &str) -> Result<(), CommandError> {
    store::passwords::set(change.tx, user.id, hash, true).await?;
    store::password_links::delete_of_user(change.tx, user.id).await?;
    change.record(&Event::user("user.password_reset", user.id, &user.full_name(), json!({})));
    sessions::end_all_of(change, user, "password_reset").await.map(drop)
}

/// Stores a password that an identity provider keeps for somebody: they chose it there.
pub(super) async fn provisioned(change: &mut Change<'_>, user: &User, hash: &str) -> Result<(), CommandError> {
    store::passwords::set(change.tx, user.id, hash, false).await?;
    store::password_links::delete_of_user(change.tx, user.id).await?;
    change.record(&Event::user("user.password_changed", user.id, &user.profile.label(), json!({})));
    sessions::end_all_of(change, user, "password_changed").await.map(drop)
}

/// Voids the links that went to an address which is somebody's no longer.
pub(super) async fn readdressed(change: &mut Change<'_>, old: &User, new: &User) -> Result<(), CommandError> {
    if old.email_key() == new.email_key() || !change.tx.has_belongings(new.workspace_id, new.id).await? {
        return Ok(());
    }
    Ok(store::password_links::delete_of_user(change.tx, new.id).await?)
}

/// Another password for oneself, by somebody who gave the one that they have.
pub struct ChangePassword {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// The hash with which the present password was compared.
    pub compared: String,
    /// The hash of the new one.
    pub password_hash: String,
    /// In which session; it goes on.
    pub session: SessionId,
    /// Under that token.
    pub token_hash: [u8; 32],
    /// How long it lives from then on, where the new password was what was missing.
    pub lifetime: Lifetime,
}

impl Command for ChangePassword {
    /// Whether it was changed: not where the password or the session is another by now.
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.change_password"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let Some(user) = may_have_one(change, self.workspace, self.user).await? else { return Ok(false) };
        let kept = store::passwords::find(change.tx, user.id).await?;
        let session = store::sessions::find(change.tx, self.workspace, self.session).await?;
        let session = session.filter(|session| session.user_id == user.id && session.stage != Stage::SecondFactor);
        let (Some(kept), Some(mut session)) = (kept, session) else { return Ok(false) };
        if kept.password_hash.as_deref() != Some(&self.compared) {
            return Ok(false);
        }
        chosen(change, &user, &self.password_hash, Some(session.id)).await?;
        let was = session.stage;
        (session.stage, session.authenticated_at) = (Stage::Full, change.now);
        sessions::prolong(&mut session, was, self.lifetime, change.now);
        sessions::go_on(change, &user, &session, was, self.token_hash).await?;
        Ok(true)
    }
}

/// A password that somebody chooses through a link in a mail. The link is used up with it, and so are its siblings.
pub struct SetByLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// SHA-256 of what the link holds.
    pub link_hash: [u8; 32],
    /// The hash of the password.
    pub password_hash: String,
    /// The session that begins; how far it gets is decided here.
    pub opening: Opening,
}

impl Command for SetByLink {
    /// How far they have got; none where the link is good for nothing.
    type Output = Option<Stage>;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.set_password"
    }

    fn subject(&self) -> Subject {
        Subject::new("user", "")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Option<Stage>, CommandError> {
        change.workspace().await?;
        let link = store::password_links::find(change.tx, self.link_hash).await?;
        let link = link.filter(|link| link.workspace_id == self.workspace && link.expires_at > change.now);
        let Some(link) = link else { return Ok(None) };
        let Some(user) = may_have_one(change, self.workspace, link.user_id).await? else { return Ok(None) };
        chosen(change, &user, &self.password_hash, None).await?;
        let stage = stage(change, &user, false).await?;
        sessions::open(change, &user, Opening { stage, ..self.opening.clone() }).await?;
        Ok(Some(stage))
    }
}

/// A link for somebody to choose a password with; those that they had for the same purpose are void.
pub struct IssueLink {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// The address to which it goes, as addresses are compared.
    pub email_key: String,
    /// What for.
    pub purpose: Purpose,
    /// SHA-256 of what the link will hold.
    pub token_hash: [u8; 32],
}

impl Command for IssueLink {
    /// Until when it can be used. Somebody who may not work, or has another address by now, gets none.
    type Output = DateTime<Utc>;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "password_link.issue"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<DateTime<Utc>, CommandError> {
        let user = may_have_one(change, self.workspace, self.user).await?.ok_or(CommandError::NotFound)?;
        if user.email_key().as_deref() != Some(self.email_key.as_str()) {
            return Err(CommandError::NotFound);
        }
        let expires_at = change.now + self.purpose.lifetime();
        let link =
            PasswordLink { workspace_id: user.workspace_id, user_id: user.id, purpose: self.purpose, expires_at };
        store::password_links::replace(change.tx, &link, self.token_hash, change.now).await?;
        let changes = json!({"purpose": {"new": self.purpose.name()}, "expires_at": {"new": expires_at}});
        let (id, name) = (user.id.to_string(), user.full_name());
        change.record(&Event::credential("password_link.issued", "user", id, &name, changes));
        Ok(expires_at)
    }
}

/// A mail with a link for somebody who forgot their password. Whether they get one they alone learn.
pub struct RequestReset {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
}

impl Command for RequestReset {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.request_reset"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let Some(user) = may_have_one(change, self.workspace, self.user).await? else { return Ok(()) };
        post(change, &user, Letter::Reset).await?;
        let (id, name) = (user.id.to_string(), user.full_name());
        change.record(&Event::credential("user.reset_requested", "user", id, &name, json!({})));
        Ok(())
    }
}
