//! The first run: the one-time link to the first Admin of an installation, and what it makes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::sessions::{self, Opening};
use super::users::{CreateUser, RoleChoice};
use super::workspaces::CreateWorkspace;
use super::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::domain::seat::SeatPolicy;
use crate::domain::setup_link::{FIRST_RUN, Kind, SetupLink};
use crate::domain::user::{Profile, UserDraft};
use crate::domain::workspace::WorkspaceName;
use crate::ids::{SetupLinkId, UserId, WorkspaceId};
use crate::store;

/// The role of whoever comes first.
const ADMIN: &str = "Admin";

/// For how long the link that another bridge printed is left alone: whoever starts several at once reads one of their logs.
const JUST_NOW: TimeDelta = TimeDelta::minutes(1);

/// A link for the first Admin, as long as there is no workspace; one that was not used is void from then on.
pub struct OfferFirstRun {
    /// The id that it gets.
    pub id: SetupLinkId,
    /// SHA-256 of what it holds.
    pub token_hash: [u8; 32],
    /// Its beginning.
    pub hint: String,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The link is good.
    Made,
    /// Another one was made at this moment, just now, and is good in place of it.
    MadeBefore(DateTime<Utc>),
    /// There is a workspace.
    Unneeded,
}

impl Command for OfferFirstRun {
    type Output = Offer;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "setup_link.offer"
    }

    fn subject(&self) -> Subject {
        Subject::of("setup_link", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Offer, CommandError> {
        store::setup_links::delete_unused(change.tx, change.now - JUST_NOW).await?;
        if store::workspaces::is_any(change.tx).await? {
            return Ok(Offer::Unneeded);
        }
        let link = SetupLink {
            id: self.id,
            kind: Kind::FirstRun,
            workspace: None,
            name: "first run".into(),
            hint: self.hint.clone(),
            provider: None,
            connection: None,
            token: None,
            created_by: change.actor().name.clone(),
            created_at: change.now,
            expires_at: change.now + FIRST_RUN,
            used_at: None,
            revoked_at: None,
            skipped_at: None,
            finished_at: None,
        };
        if store::setup_links::insert(change.tx, &link, self.token_hash).await? {
            return Ok(Offer::Made);
        }
        let other = store::setup_links::unused(change.tx).await?;
        Ok(other.map_or(Offer::Unneeded, |link| Offer::MadeBefore(link.created_at)))
    }
}

/// The first workspace with its first Admin, who is protected, has a password, and is logged in.
pub struct UseFirstRun {
    /// The link.
    pub link: SetupLinkId,
    /// What the workspace is called.
    pub name: WorkspaceName,
    /// Its plan.
    pub plan: String,
    /// The id that the Admin gets.
    pub user: UserId,
    /// Who they are.
    pub profile: Profile,
    /// The hash of their password.
    pub password_hash: String,
    /// Their session.
    pub opening: Opening,
}

impl Command for UseFirstRun {
    /// The workspace; none where the link is good for nothing any more.
    type Output = Option<WorkspaceId>;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "setup_link.use"
    }

    fn subject(&self) -> Subject {
        Subject::of("setup_link", &self.link)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Option<WorkspaceId>, CommandError> {
        // Whoever else has the link waits here, and finds it used.
        let link = store::setup_links::lock(change.tx, self.link).await?;
        let link = link.filter(|link| link.kind == Kind::FirstRun && link.is_open(change.now));
        let Some(mut link) = link else { return Ok(None) };
        if store::workspaces::is_any(change.tx).await? {
            return Ok(None);
        }
        let create = CreateWorkspace {
            name: self.name.clone(),
            plan: self.plan.clone(),
            seats: None,
            seat_policy: SeatPolicy::Reject,
        };
        let workspace = create.run(change).await?.id;
        change.enter(workspace);
        // They are here: nobody has to write to them how they log in.
        change.set_welcome(false);
        let create = CreateUser {
            workspace,
            id: self.user,
            draft: UserDraft { profile: self.profile.clone(), active: Some(true) },
            password_hash: Some(self.password_hash.clone()),
            role: RoleChoice::Named(ADMIN.into()),
            protected: true,
            provisioned: false,
        };
        let user = create.run(change).await?;
        // They chose it themselves, just now.
        store::passwords::set(change.tx, user.id, &self.password_hash, false).await?;
        (link.workspace, link.used_at) = (Some(workspace), Some(change.now));
        store::setup_links::update(change.tx, &link).await?;
        let changes = json!({"user": {"new": user.id}});
        let event = Event::credential("setup_link.used", "setup_link", link.id.to_string(), &link.name, changes);
        change.record(&event);
        sessions::open(change, &user, self.opening.clone()).await?;
        Ok(Some(workspace))
    }
}
