//! Changing users by hand: what an Admin, the command line and the console do.
//!
//! A provider keeps what it provisioned. Who changes that by hand has to say that it is meant (`overrule`), and the
//! change is pinned then: no later sync undoes it, until it is released.

use serde_json::{Map, Value, json};

use super::mails::{self, Letter};
use super::profile::{described, search_keys};
use super::{Change, Command, CommandError, Subject, evaluate, leaving, seats};
use crate::domain::email::Email;
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::pins::{Hold, Pin};
use crate::domain::role::{Role, RoleSource};
use crate::domain::user::{Standing, User};
use crate::domain::version::Expected;
use crate::ids::{RoleId, UserId, WorkspaceId};
use crate::store;

/// What to change of a user by hand; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ByHand {
    /// Another name for colleagues to see.
    pub full_name: Option<String>,
    /// Another address to log in with.
    pub email: Option<Email>,
    /// Another role, which is pinned.
    pub role: Option<RoleId>,
    /// Whether they may work.
    pub is_active: Option<bool>,
    /// Whether they take conversations now.
    pub is_available: Option<bool>,
    /// The hash of a new password.
    pub password_hash: Option<String>,
}

/// A change of a user by hand, protected or not.
pub struct EditByHand {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub id: UserId,
    /// The version on which the change depends.
    pub expected: Expected,
    /// What to change.
    pub changes: ByHand,
    /// That it is meant where a provider says otherwise.
    pub overrule: bool,
}

impl Command for EditByHand {
    type Output = User;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<User, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        if !self.expected.allows(old.version) {
            return Err(CommandError::VersionMismatch);
        }
        may_touch(change, &old).await?;
        let mut new = old.clone();
        let wanted = &self.changes;
        if let Some(name) = &wanted.full_name {
            self.rename(change, &mut new, name)?;
        }
        if let Some(email) = &wanted.email {
            self.readdress(change, &mut new, email).await?;
        }
        if let Some(role) = wanted.role {
            give_role(change, &mut new, role).await?;
        }
        new.is_available = wanted.is_available.unwrap_or(old.is_available);
        let mut limit = None;
        match wanted.is_active {
            Some(true) if old.standing == Standing::Inactive => {
                let said_inactive = old.provisioned && old.pins.inactive.as_ref().is_none_or(|hold| !hold.wanted);
                self.overrules(said_inactive, "is_active", "the identity provider has this person as inactive")?;
                new.pins.inactive = None;
                super::holds::release(change, &new).await?;
                limit = seats::take(change, &mut new).await?;
            }
            Some(false) if old.standing != Standing::Inactive => {
                let (by, at) = (change.actor().name.clone(), change.now);
                new.pins.inactive = Some(Hold { by, at, wanted: old.provisioned });
                if old.standing == Standing::Active {
                    seats::free(change, &mut new).await?;
                } else {
                    (new.standing, new.waiting_since) = (Standing::Inactive, None);
                }
            }
            // Whom the provider has as inactive stays so from here on, whatever it says later.
            Some(false) if old.pins.inactive.is_none() => {
                new.pins.inactive = Some(Hold { by: change.actor().name.clone(), at: change.now, wanted: false });
            }
            _ => {}
        }
        if let Some(hash) = &wanted.password_hash {
            new.has_password = true;
            super::passwords::reset(change, &new, hash).await?;
            // Where the address changes too, it is the old one at which they must hear of it.
            let to = if old.email().is_some() { &old } else { &new };
            mails::post(change, to, Letter::PasswordChanged).await?;
        }
        store_changes(change, &old, &mut new).await?;
        seats::tell(change, limit).await?;
        Ok(new)
    }
}

impl EditByHand {
    /// Refuses where a provider says otherwise and whoever asks does not know.
    fn overrules(&self, is_kept: bool, field: &'static str, detail: &str) -> Result<(), CommandError> {
        if is_kept && !self.overrule {
            return Err(CommandError::Owned { field, detail: detail.to_owned() });
        }
        Ok(())
    }

    fn rename(&self, change: &Change<'_>, user: &mut User, name: &str) -> Result<(), CommandError> {
        let name = super::named("full_name", name)?;
        if user.full_name() == name {
            return Ok(());
        }
        if !user.provisioned {
            user.profile.display_name = Some(name);
        } else if user.profile.label() == name {
            user.pins.full_name = None;
        } else {
            self.overrules(true, "full_name", "the identity provider keeps this person's name")?;
            user.pins.full_name = Some(Pin { value: name, by: change.actor().name.clone(), at: change.now });
        }
        Ok(())
    }

    async fn readdress(&self, change: &mut Change<'_>, user: &mut User, email: &Email) -> Result<(), CommandError> {
        if user.email().as_ref() == Some(email) {
            return Ok(());
        }
        if !user.provisioned {
            set_email(user, email);
        } else if user.profile.email().as_ref() == Some(email) {
            user.pins.email = None;
        } else {
            self.overrules(true, "email", "the identity provider keeps this person's address")?;
            let value = email.as_str().to_owned();
            user.pins.email = Some(Pin { value, by: change.actor().name.clone(), at: change.now });
        }
        match store::users::clash(change.tx, user).await? {
            Some(attribute) => Err(CommandError::Clash { kind: "user", attribute }),
            None => Ok(()),
        }
    }
}

/// What can be given back to whom it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// The name.
    FullName,
    /// The address.
    Email,
    /// The role: the rules decide again.
    Role,
    /// Whether they may work: as the provider says.
    Active,
}

/// Gives a pinned field back to whoever keeps it: the provider, or the rules.
pub struct Release {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose.
    pub id: UserId,
    /// Which.
    pub field: Pinned,
}

impl Command for Release {
    type Output = User;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "user.release"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<User, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        may_touch(change, &old).await?;
        let mut new = old.clone();
        let mut limit = None;
        match self.field {
            Pinned::FullName => new.pins.full_name = None,
            Pinned::Email => new.pins.email = None,
            Pinned::Role => return release_role(change, &old).await,
            Pinned::Active => {
                let hold = new.pins.inactive.take();
                super::holds::release(change, &new).await?;
                if hold.is_some_and(|hold| hold.wanted) && old.standing == Standing::Inactive {
                    limit = seats::take(change, &mut new).await?;
                }
            }
        }
        if new.email_key() != old.email_key()
            && let Some(attribute) = store::users::clash(change.tx, &new).await?
        {
            return Err(CommandError::Clash { kind: "user", attribute });
        }
        store_changes(change, &old, &mut new).await?;
        seats::tell(change, limit).await?;
        Ok(new)
    }
}

async fn release_role(change: &mut Change<'_>, old: &User) -> Result<User, CommandError> {
    if old.role_source != RoleSource::Manual {
        return Ok(old.clone());
    }
    if old.protected {
        let detail = "a protected account is in no group; its role is always set by hand".into();
        return Err(CommandError::Invalid { attribute: "role", detail });
    }
    // The role itself changes when the rules have been asked, and so does whether an Admin is left.
    let mut new = User { role_source: RoleSource::Default, ..old.clone() };
    store_changes(change, old, &mut new).await?;
    evaluate::evaluate(change, &[old.id.0]).await?;
    existing(change, old.workspace_id, old.id).await
}

/// The user of that id, protected or not, in the locked workspace.
pub(super) async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: UserId,
) -> Result<User, CommandError> {
    change.workspace().await?;
    store::users::find(change.tx, workspace, id).await?.ok_or(CommandError::NotFound)
}

/// Nobody changes somebody who may do more than they: a new password for an Admin would be a way to become one.
pub(super) async fn may_touch(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    let roles = change.tx.roles(user.workspace_id).await?;
    let held = roles.iter().find(|role| role.id == user.role.id).map_or(Permissions::NONE, |role| role.permissions);
    change.may_grant(held)
}

async fn give_role(change: &mut Change<'_>, user: &mut User, id: RoleId) -> Result<(), CommandError> {
    let roles = change.tx.roles(user.workspace_id).await?;
    let Some(role): Option<Role> = roles.iter().find(|role| role.id == id).cloned() else {
        let detail = "there is no such role in this workspace".into();
        return Err(CommandError::Invalid { attribute: "role_id", detail });
    };
    if role.id == user.role.id {
        // Said again is meant: from here on no rule changes it.
        (user.role_source, user.role_rule) = (RoleSource::Manual, None);
        return Ok(());
    }
    change.may_grant(role.permissions)?;
    if user.standing == Standing::Active {
        seats::may_lose_admin(change, user).await?;
    }
    (user.role, user.role_source, user.role_rule) = (role.brief(), RoleSource::Manual, None);
    Ok(())
}

/// The user whom somebody wants to delete by hand, where they may.
///
/// # Errors
/// [`CommandError::NotFound`], [`CommandError::VersionMismatch`], [`CommandError::Forbidden`], [`CommandError::Owned`]
pub async fn deletable(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: UserId,
    expected: &Expected,
    overrule: bool,
) -> Result<User, CommandError> {
    let user = existing(change, workspace, id).await?;
    if !expected.allows(user.version) {
        return Err(CommandError::VersionMismatch);
    }
    may_touch(change, &user).await?;
    if user.provisioned && !overrule {
        let detail = "the identity provider keeps this person and would make them anew; deactivate them, or take them \
                      out there";
        return Err(CommandError::Owned { field: "user", detail: detail.into() });
    }
    Ok(user)
}

/// A new address for somebody whom no provider keeps: the primary email, and the userName where that was the old one.
pub(super) fn set_email(user: &mut User, email: &Email) {
    let old = user.profile.email();
    if old.is_some_and(|old| crate::text::same(&user.profile.user_name, old.as_str())) {
        email.as_str().clone_into(&mut user.profile.user_name);
    }
    let emails = user.profile.attributes.entry("emails").or_insert_with(|| json!([]));
    let Some(emails) = emails.as_array_mut() else { return };
    let primary = emails.iter().position(|one| one.get("primary") == Some(&Value::Bool(true)));
    match primary.or(if emails.is_empty() { None } else { Some(0) }).and_then(|place| emails.get_mut(place)) {
        Some(Value::Object(one)) => {
            one.insert("value".into(), json!(email.as_str()));
        }
        _ => emails.push(json!({"value": email.as_str(), "type": "work", "primary": true})),
    }
}

/// Stores what differs, tells of it, and lets go of what somebody who may no longer work held.
pub(super) async fn store_changes(change: &mut Change<'_>, old: &User, new: &mut User) -> Result<(), CommandError> {
    let changes = difference(&described_by_hand(old), &described_by_hand(new));
    let only_source = new.role_source != old.role_source;
    if changes.as_object().is_some_and(Map::is_empty) && !only_source {
        return Ok(());
    }
    (new.version, new.updated_at) = (old.version + 1, change.now);
    let (keys, old_keys) = (search_keys(&new.profile), search_keys(&old.profile));
    store::users::update(change.tx, new, &keys, keys.values != old_keys.values).await?;
    let event = match (old.standing, new.standing) {
        (Standing::Inactive | Standing::Waiting, Standing::Active) => "user.activated",
        (Standing::Active | Standing::Waiting, Standing::Inactive) => "user.deactivated",
        (Standing::Inactive, Standing::Waiting) => "user.parked",
        _ if new.role != old.role => "user.role_changed",
        _ => "user.updated",
    };
    change.record(&Event::user(event, new.id, &new.full_name(), changes));
    super::holds::keep(change, new).await?;
    super::passwords::readdressed(change, old, new).await?;
    mails::readdressed(change, old, new).await?;
    if event == "user.activated" {
        mails::welcome(change, new).await?;
    }
    if event == "user.deactivated" {
        leaving::let_go(change, new).await?;
        seats::promote(change).await?;
    }
    Ok(())
}

/// What the audit log compares, with what only hands change.
fn described_by_hand(user: &User) -> Value {
    let mut all = described(user);
    if let Some(all) = all.as_object_mut() {
        all.insert("roleSource".into(), json!(user.role_source.name()));
        all.insert("rule".into(), json!(user.role_rule));
        all.insert("pins".into(), json!(user.pins));
        all.insert("is_available".into(), json!(user.is_available));
    }
    all
}
