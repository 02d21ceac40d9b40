//! Making, editing and deleting users.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::mails::Letter;
use super::profile::{check, described, search_keys};
use super::{Change, Command, CommandError, Subject, evaluate, holds, leaving, mails, passwords, people, seats};
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::pins::{Hold, Pins};
use crate::domain::role::{Role, RoleSource};
use crate::domain::user::{Standing, User, UserDraft};
use crate::domain::version::Expected;
use crate::ids::{RoleId, UserId, WorkspaceId};
use crate::store;

/// What an edit makes of a user; an error is the asker's own and comes back as [`CommandError::Edit`].
pub type Edit = Box<dyn Fn(&User) -> Result<UserDraft, EditError> + Send + Sync>;

/// Why an edit does not apply.
pub type EditError = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// Which role a new user gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChoice {
    /// What the rules say.
    Default,
    /// The one of that name, pinned.
    Named(String),
    /// The one of that id, pinned.
    Id(RoleId),
}

/// A new user, or the return of one who was deactivated and is known by the same externalId.
pub struct CreateUser {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that the user gets, unless they return.
    pub id: UserId,
    /// Who they are.
    pub draft: UserDraft,
    /// The hash of their password.
    pub password_hash: Option<String>,
    /// The role that they get.
    pub role: RoleChoice,
    /// A break-glass account, which no identity provider can see.
    pub protected: bool,
    /// Whether a provider keeps them.
    pub provisioned: bool,
}

impl Command for CreateUser {
    type Output = User;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("user", &self.draft.profile.user_name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<User, CommandError> {
        let role = self.choose_role(change.tx.roles(self.workspace).await?)?;
        // No rule and no default ever reaches a protected account.
        let is_by_hand = self.protected || self.role != RoleChoice::Default;
        let role_source = if is_by_hand { RoleSource::Manual } else { RoleSource::Default };
        if self.protected {
            change.may_grant(Permissions::ALL)?;
        } else if is_by_hand {
            change.may_grant(role.permissions)?;
        }
        let mut user = User {
            id: self.id,
            workspace_id: self.workspace,
            profile: self.draft.profile.clone(),
            standing: Standing::Inactive,
            waiting_since: None,
            protected: self.protected,
            role: role.brief(),
            role_source,
            role_rule: None,
            pins: Pins::default(),
            provisioned: self.provisioned,
            is_available: false,
            last_login_at: None,
            manager_name: None,
            has_password: self.password_hash.is_some(),
            in_groups: false,
            version: 1,
            created_at: change.now,
            updated_at: change.now,
        };
        check(change, &mut user, None).await?;
        let mut active = self.draft.active.unwrap_or(true);
        if !self.provisioned {
            // Somebody made by hand is meant to be there.
            holds::release(change, &user).await?;
        } else if let Some(hold) = holds::of(change, &user).await? {
            user.pins.inactive = Some(Hold { wanted: active, ..hold });
            active = false;
        }
        let limit = match if active { seats::take(change, &mut user).await } else { Ok(None) } {
            Ok(limit) => limit,
            // Whoever exists already is told so, also when there is no seat for a newcomer.
            Err(refused @ CommandError::SeatLimit { .. }) => {
                return self.exists(change, &user).await?.ok_or(refused);
            }
            Err(error) => return Err(error),
        };
        let keys = search_keys(&user.profile);
        let welcome = mails::is_welcomed(change, &user);
        let welcomed_at = welcome.then_some(change.now);
        if !store::users::insert(change.tx, &user, &keys, self.password_hash.clone(), welcomed_at).await? {
            if user.standing == Standing::Active {
                change.workspace().await?.seats_used -= 1;
            }
            let clash = CommandError::Clash { kind: "user", attribute: "userName" };
            return self.exists(change, &user).await?.ok_or(clash);
        }
        if self.password_hash.is_some() && !self.provisioned && change.actor().kind != "operator" {
            // An Admin chose it; the person chooses their own when they first log in.
            store::passwords::set_must_change(change.tx, user.id).await?;
        }
        change.workspace().await?.users += i64::from(!self.protected);
        let event = if user.standing == Standing::Waiting { "user.parked" } else { "user.created" };
        let changes = difference(&json!({}), &described(&user));
        change.record(&Event::user(event, user.id, &user.profile.label(), changes));
        seats::tell(change, limit).await?;
        if welcome {
            mails::post(change, &user, Letter::Welcome).await?;
        }
        Ok(user)
    }
}

impl CreateUser {
    fn choose_role(&self, roles: &[Role]) -> Result<Role, CommandError> {
        let (found, wanted) = match &self.role {
            RoleChoice::Default => (roles.iter().find(|role| role.is_default), "default".to_owned()),
            RoleChoice::Named(name) => (roles.iter().find(|role| crate::text::same(&role.name, name)), name.clone()),
            RoleChoice::Id(id) => (roles.iter().find(|role| role.id == *id), id.to_string()),
        };
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
            CommandError::Invalid {
                attribute: "role",
                detail: format!("there is no role \"{wanted}\"; there are {}", known.join(", ")),
            }
        })
    }

    /// Where somebody has what the new user would have: their return if they were deactivated and have the same
    /// externalId, else the clash. `None` where nobody does.
    async fn exists(&self, change: &mut Change<'_>, wanted: &User) -> Result<Option<User>, CommandError> {
        if let (Some(external_id), false) = (&wanted.profile.external_id, self.protected)
            && let Some(old) = store::users::find_by_external_id(change.tx, self.workspace, external_id).await?
            && old.standing == Standing::Inactive
            && !old.protected
        {
            let draft =
                UserDraft { profile: self.draft.profile.clone(), active: Some(self.draft.active.unwrap_or(true)) };
            return apply(change, &old, draft, self.password_hash.as_deref(), true).await.map(Some);
        }
        match store::users::clash(change.tx, wanted).await? {
            Some(attribute) => Err(CommandError::Clash { kind: "user", attribute }),
            None => Ok(None),
        }
    }
}

/// A change of a user whom identity providers can see, whatever of them changes.
pub struct EditUser {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub id: UserId,
    /// The version on which the change depends.
    pub expected: Expected,
    /// What to make of them.
    pub edit: Edit,
    /// The hash of a new password.
    pub password_hash: Option<String>,
}

impl Command for EditUser {
    type Output = User;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn begins_with(&self) -> Option<UserId> {
        Some(self.id)
    }

    fn name(&self) -> &'static str {
        "user.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<User, CommandError> {
        let user = visible(change, self.workspace, self.id, &self.expected).await?;
        let draft = (self.edit)(&user).map_err(CommandError::Edit)?;
        apply(change, &user, draft, self.password_hash.as_deref(), true).await
    }
}

/// The end of a user as far as identity providers are concerned: deactivated, their names free, their history kept.
pub struct DeleteUser {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub id: UserId,
    /// The version on which the change depends.
    pub expected: Expected,
    /// Through which door.
    pub door: Door,
}

/// Who deletes a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// An identity provider, which does not see protected accounts.
    Provider,
    /// Somebody by hand, who has to say that it is meant where a provider keeps the user.
    Hand {
        /// That it is meant.
        overrule: bool,
    },
}

impl Command for DeleteUser {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let user = match self.door {
            Door::Provider => visible(change, self.workspace, self.id, &self.expected).await?,
            Door::Hand { overrule } => {
                people::deletable(change, self.workspace, self.id, &self.expected, overrule).await?
            }
        };
        let was_active = user.standing == Standing::Active;
        let mut gone = user.clone();
        if was_active {
            seats::free(change, &mut gone).await?;
        }
        leaving::let_go(change, &user).await?;
        store::identities::unlink(change.tx, user.id).await?;
        let left = store::teams::leave_all(change.tx, user.id).await?;
        if !left.is_empty() {
            change.record(&evaluate::team_change(user.id, &user.full_name(), &BTreeMap::new(), &left));
        }
        holds::keep(change, &user).await?;
        super::groups::leave_all(change, user.id.0).await?;
        for report in store::users::reports(change.tx, user.id).await? {
            let changes = json!({"manager": {"old": user.id, "new": null}});
            change.record(&Event::user("user.updated", report.id, &report.profile.label(), changes));
        }
        store::users::delete(change.tx, user.id, change.now).await?;
        change.workspace().await?.users -= i64::from(!user.protected);
        change.record(&Event::user(
            "user.deleted",
            user.id,
            &user.full_name(),
            difference(&described(&user), &json!({})),
        ));
        seats::promote(change).await
    }
}

/// The user as identity providers see them, of a version that the asker knows.
async fn visible(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: UserId,
    expected: &Expected,
) -> Result<User, CommandError> {
    change.workspace().await?;
    let user: User = change.tx.visible_user(workspace, id).await?.ok_or(CommandError::NotFound)?.try_into()?;
    if expected.allows(user.version) { Ok(user) } else { Err(CommandError::VersionMismatch) }
}

/// Makes `old` into what the draft says, and stores the difference. No difference: no new version, no trace.
pub(super) async fn apply(
    change: &mut Change<'_>,
    old: &User,
    draft: UserDraft,
    password_hash: Option<&str>,
    provisioned: bool,
) -> Result<User, CommandError> {
    let mut new = User { profile: draft.profile, provisioned, ..old.clone() };
    check(change, &mut new, Some(old)).await?;
    let mut limit = None;
    match (old.standing, draft.active, &mut new.pins.inactive) {
        // Who was deactivated by hand is activated by hand; until then it is known what the provider would have.
        (Standing::Inactive, Some(active), Some(hold)) => hold.wanted = active,
        (Standing::Inactive, Some(true), None) => limit = seats::take(change, &mut new).await?,
        (Standing::Active, Some(false), _) => seats::free(change, &mut new).await?,
        (Standing::Waiting, Some(false), _) => (new.standing, new.waiting_since) = (Standing::Inactive, None),
        _ => {}
    }
    if let Some(hash) = password_hash {
        new.has_password = true;
        passwords::provisioned(change, &new, hash).await?;
    }
    let changes = difference(&described(old), &described(&new));
    let is_silent = changes.as_object().is_some_and(Map::is_empty);
    if is_silent && new.pins == old.pins && new.provisioned == old.provisioned {
        return Ok(new);
    }
    if is_silent {
        // Nothing that a provider sees: no new version, and nobody outside is told.
        let keys = search_keys(&new.profile);
        store::users::update(change.tx, &new, &keys, false).await?;
        let changes = json!({
            "provisioned": {"old": old.provisioned, "new": new.provisioned}, "pins": {"old": old.pins, "new": new.pins},
        });
        change.record(&Event { published: false, ..Event::user("user.noted", new.id, &new.full_name(), changes) });
        return Ok(new);
    }
    (new.version, new.updated_at) = (old.version + 1, change.now);
    if new.profile == old.profile && new.provisioned == old.provisioned {
        store::users::set_standing(change.tx, &new).await?;
    } else {
        let (keys, old_keys) = (search_keys(&new.profile), search_keys(&old.profile));
        store::users::update(change.tx, &new, &keys, keys.values != old_keys.values).await?;
    }
    let event = match (old.standing, new.standing) {
        (Standing::Inactive | Standing::Waiting, Standing::Active) => "user.activated",
        (Standing::Active | Standing::Waiting, Standing::Inactive) => "user.deactivated",
        (Standing::Inactive, Standing::Waiting) => "user.parked",
        _ => "user.updated",
    };
    change.record(&Event::user(event, new.id, &new.profile.label(), changes));
    seats::tell(change, limit).await?;
    holds::keep(change, &new).await?;
    passwords::readdressed(change, old, &new).await?;
    if old.last_login_at.is_some() || old.has_password {
        mails::readdressed(change, old, &new).await?;
    }
    if event == "user.activated" {
        mails::welcome(change, &new).await?;
    }
    if event == "user.deactivated" {
        leaving::let_go(change, &new).await?;
        seats::promote(change).await?;
    }
    Ok(new)
}
