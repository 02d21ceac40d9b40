//! People, brought in: found again by their externalId, else by their userName or address.

use super::{Batch, Outcome, What, since};
use crate::command::people::{self, ByHand, EditByHand};
use crate::command::teams::{AddToTeam, RemoveFromTeam};
use crate::command::users::{CreateUser, RoleChoice, apply};
use crate::command::{Change, Command, CommandError, seats};
use crate::domain::email::Email;
use crate::domain::pins::Pins;
use crate::domain::role::{Role, RoleSource};
use crate::domain::seat::Grant;
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::user::{Profile, Standing, User, UserDraft};
use crate::domain::version::Expected;
use crate::ids::{TeamId, UserId, WorkspaceId};
use crate::store;
use crate::text;

/// A person.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Who they are.
    pub says: Says,
    /// Whether they may work; nothing said: as they are, somebody new may.
    pub active: Option<bool>,
    /// Their role's name; nothing said: what the rules give.
    pub role: Option<String>,
    /// Their teams, by name; nothing said: as they are.
    pub teams: Option<Vec<(String, TeamRole)>>,
    /// A break-glass account; nothing said: whoever has the name.
    pub protected: Option<bool>,
    /// What another bridge knew of them besides.
    pub kept: Option<Kept>,
}

/// What a row says of who somebody is.
#[derive(Debug, Clone)]
pub enum Says {
    /// A few fields; nothing said: as it is.
    Fields {
        /// The userName; somebody new without one has the address.
        user_name: Option<String>,
        /// The address that they log in with.
        email: Option<Email>,
        /// What colleagues see.
        full_name: Option<String>,
        /// The provider's own id.
        external_id: Option<String>,
    },
    /// Everything that there is, their manager aside.
    Whole(Box<Profile>),
}

/// What another bridge knew of somebody.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Whether a provider keeps them.
    pub provisioned: bool,
    /// Whether their role was set by hand.
    pub pinned_role: bool,
    /// What was decided by hand.
    pub pins: Pins,
    /// Whether they take conversations now.
    pub is_available: bool,
    /// The hash of their password.
    pub password_hash: Option<String>,
}

/// The role of that name.
pub(super) async fn role_named(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Role, CommandError> {
    let roles = change.tx.roles(workspace).await?;
    roles.iter().find(|role| text::same(&role.name, name)).cloned().ok_or_else(|| {
        let known: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        let detail = format!("there is no role \"{name}\"; there are {}", known.join(", "));
        CommandError::Invalid { attribute: "role", detail }
    })
}

impl UserRow {
    fn external_id(&self) -> Option<&String> {
        match &self.says {
            Says::Fields { external_id, .. } => external_id.as_ref(),
            Says::Whole(profile) => profile.external_id.as_ref(),
        }
    }

    /// The names by which they would be known, as they are compared.
    fn keys(&self) -> [Option<String>; 2] {
        match &self.says {
            Says::Fields { user_name, email, .. } => {
                [user_name.as_deref().map(text::fold), email.as_ref().map(Email::key)]
            }
            Says::Whole(profile) => [Some(profile.user_name_key()), profile.email_key()],
        }
    }

    async fn find(
        &self,
        change: &mut Change<'_>,
        workspace: WorkspaceId,
        protected: Option<bool>,
    ) -> Result<Option<User>, CommandError> {
        if let Some(id) = self.external_id()
            && let Some(user) = store::users::find_by_external_id(change.tx, workspace, id).await?
        {
            if protected.is_some_and(|protected| protected != user.protected) {
                return Err(CommandError::Clash { kind: "user", attribute: "externalId" });
            }
            return Ok(Some(user));
        }
        let keys = self.keys();
        for (place, key) in keys.iter().enumerate() {
            let Some(key) = key.as_ref().filter(|key| place == 0 || keys.first() != Some(&Some((*key).clone()))) else {
                continue;
            };
            let found = if protected == Some(true) {
                store::users::find_by_user_name(change.tx, workspace, true, key).await?
            } else {
                let found = store::users::find_by_name(change.tx, workspace, key).await?;
                found.filter(|user| protected.is_none() || !user.protected)
            };
            let Some(user) = found else { continue };
            let (theirs, wanted) = (user.profile.external_id.as_ref(), self.external_id());
            if theirs.is_some() && wanted.is_some() && theirs != wanted {
                return Err(CommandError::Clash {
                    kind: "user",
                    attribute: if place == 0 { "userName" } else { "emails" },
                });
            }
            return Ok(Some(user));
        }
        Ok(None)
    }

    /// The profile of somebody new, or `old`'s with what the row says.
    fn profile(&self, old: Option<&User>) -> Profile {
        let (user_name, email, full_name, external_id) = match &self.says {
            Says::Whole(profile) => {
                let manager = old.and_then(|old| old.profile.manager);
                return Profile { manager, ..(**profile).clone() };
            }
            Says::Fields { user_name, email, full_name, external_id } => (user_name, email, full_name, external_id),
        };
        let mut profile = match (old, email) {
            (Some(old), Some(email)) if old.profile.email().as_ref() != Some(email) => {
                let mut user = old.clone();
                people::set_email(&mut user, email);
                user.profile
            }
            (Some(old), _) => old.profile.clone(),
            (None, Some(email)) => Profile { display_name: None, ..Profile::by_hand(email, "") },
            (None, None) => Profile::default(),
        };
        if let Some(name) = user_name {
            profile.user_name.clone_from(name);
        }
        if full_name.as_ref().is_some_and(|name| profile.label() != *name) {
            profile.display_name.clone_from(full_name);
        }
        profile.external_id = external_id.clone().or(profile.external_id);
        profile
    }
}

impl Batch {
    pub(super) async fn user(&mut self, change: &mut Change<'_>, row: &UserRow) -> Outcome {
        let mut teams = Vec::new();
        for (name, role) in row.teams.iter().flatten() {
            teams.push((self.team_named(change, name).await?, *role));
        }
        let role = match &row.role {
            None => None,
            Some(name) => Some(role_named(change, self.workspace, name).await?),
        };
        let before = change.recorded();
        // A provider does not see the protected accounts.
        let protected = if self.manner.as_provider && row.kept.is_none() { Some(false) } else { row.protected };
        let old = row.find(change, self.workspace, protected).await?;
        let was_waiting = old.as_ref().is_some_and(|old| old.standing == Standing::Waiting);
        let is_new = old.is_none();
        let mut user = match old {
            None => self.create(change, row, role.as_ref(), protected).await?,
            Some(old) => self.update(change, row, old, role.as_ref()).await?,
        };
        if let Some(kept) = &row.kept {
            user = restore(change, user, kept, role.as_ref()).await?;
        }
        if row.teams.is_some() {
            self.teams_of(change, user.id, &teams, is_new).await?;
        }
        let what = match (user.standing == Standing::Waiting && !was_waiting, is_new) {
            (true, _) => What::Parked,
            (false, true) => What::Created,
            (false, false) => since(change, before),
        };
        Ok((what, user.id.0))
    }

    async fn create(
        &self,
        change: &mut Change<'_>,
        row: &UserRow,
        role: Option<&Role>,
        protected: Option<bool>,
    ) -> Result<User, CommandError> {
        let pinned =
            row.kept.as_ref().map_or_else(|| role.is_some_and(|role| !role.is_default), |kept| kept.pinned_role);
        let command = CreateUser {
            workspace: self.workspace,
            id: UserId::fresh(),
            draft: UserDraft { profile: row.profile(None), active: Some(row.active.unwrap_or(true)) },
            password_hash: row.kept.as_ref().and_then(|kept| kept.password_hash.clone()),
            role: role.filter(|_| pinned).map_or(RoleChoice::Default, |role| RoleChoice::Id(role.id)),
            protected: protected.unwrap_or_default(),
            provisioned: row.kept.as_ref().map_or(self.manner.as_provider, |kept| kept.provisioned),
        };
        command.run(change).await
    }

    async fn update(
        &self,
        change: &mut Change<'_>,
        row: &UserRow,
        old: User,
        role: Option<&Role>,
    ) -> Result<User, CommandError> {
        let is_active = old.standing != Standing::Inactive;
        let active = row.active.filter(|active| *active != is_active);
        let as_provider = self.manner.as_provider || row.kept.is_some();
        let whole = as_provider || matches!(row.says, Says::Whole(_));
        let (mut user, mut changes) = (old, ByHand::default());
        if whole {
            let profile = row.profile(Some(&user));
            if !as_provider && user.provisioned && profile != user.profile && !self.manner.overrule {
                let detail = "the identity provider keeps this person".into();
                return Err(CommandError::Owned { field: "user", detail });
            }
            let provisioned =
                row.kept.as_ref().map_or(self.manner.as_provider || user.provisioned, |kept| kept.provisioned);
            let hash = row.kept.as_ref().and_then(|kept| kept.password_hash.as_deref()).filter(|_| !user.has_password);
            let draft = UserDraft { profile, active: active.filter(|_| as_provider) };
            user = apply(change, &user, draft, hash, provisioned).await?;
        } else if let Says::Fields { email, full_name, external_id, .. } = &row.says {
            if external_id.is_some() && user.profile.external_id != *external_id {
                let detail = "only a provider changes it; use --as-provider".into();
                return Err(CommandError::Invalid { attribute: "external_id", detail });
            }
            changes.full_name = full_name.clone().filter(|name| user.full_name() != *name);
            changes.email = email.clone().filter(|email| user.email().as_ref() != Some(email));
        }
        if row.kept.is_none() {
            changes.role = role.filter(|role| role.id != user.role.id).map(|role| role.id);
        }
        if !as_provider {
            changes.is_active = active;
            let workspace = change.plans;
            let seats = change.workspace().await?;
            if active == Some(true) && seats.seats(workspace).next(seats.seat_policy) == Grant::Refuse {
                return Err(CommandError::seat_limit(seats, workspace));
            }
        }
        let nothing = changes.full_name.is_none() && changes.email.is_none() && changes.role.is_none();
        if nothing && changes.is_active.is_none() {
            return Ok(user);
        }
        let (id, expected, overrule) = (user.id, Expected::Any, self.manner.overrule);
        EditByHand { workspace: self.workspace, id, expected, changes, overrule }.run(change).await
    }

    /// Puts somebody into these teams, and takes them out of others that they are in by hand.
    async fn teams_of(
        &self,
        change: &mut Change<'_>,
        user: UserId,
        wanted: &[(TeamId, TeamRole)],
        is_new: bool,
    ) -> Result<(), CommandError> {
        let workspace = self.workspace;
        let held = if is_new { Vec::new() } else { store::teams::of_user(change.tx, user).await? };
        for (team, role) in wanted {
            let now = held.iter().find(|row| row.team_id == team.0 && row.source() != TeamSource::KeptOut);
            if now.is_none_or(|row| row.role() != *role) {
                AddToTeam { workspace, team: *team, user, role: *role }.run(change).await?;
            }
        }
        for row in held.iter().filter(|row| row.source() == TeamSource::Hand) {
            let team = TeamId(row.team_id);
            if wanted.iter().any(|(wanted, _)| *wanted == team) {
                continue;
            }
            match (RemoveFromTeam { workspace, team, user, overrule: false }).run(change).await {
                // A rule gives it too.
                Ok(()) | Err(CommandError::Owned { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) async fn manager(&self, change: &mut Change<'_>, user: UserId, manager: UserId) -> Outcome {
        let before = change.recorded();
        let old = people::existing(change, self.workspace, user).await?;
        let profile = Profile { manager: Some(manager), ..old.profile.clone() };
        let provisioned = old.provisioned;
        apply(change, &old, UserDraft { profile, active: None }, None, provisioned).await?;
        Ok((since(change, before), user.0))
    }
}

/// Gives somebody what another bridge knew of them besides.
async fn restore(change: &mut Change<'_>, old: User, kept: &Kept, role: Option<&Role>) -> Result<User, CommandError> {
    let mut new = User { pins: kept.pins.clone(), is_available: kept.is_available, ..old.clone() };
    if let Some(role) = role.filter(|_| kept.pinned_role) {
        if old.standing == Standing::Active && role.id != old.role.id {
            seats::may_lose_admin(change, &old).await?;
        }
        (new.role, new.role_source, new.role_rule) = (role.brief(), RoleSource::Manual, None);
    }
    if new.email_key() != old.email_key()
        && let Some(attribute) = store::users::clash(change.tx, &new).await?
    {
        return Err(CommandError::Clash { kind: "user", attribute });
    }
    people::store_changes(change, &old, &mut new).await?;
    Ok(new)
}
