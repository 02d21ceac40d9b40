//! Making, editing and deleting roles.

use serde_json::{Value, json};

use super::{Change, Command, CommandError, Stamped, Subject, evaluate};
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::role::Role;
use crate::domain::version::Stamp;
use crate::ids::{RoleId, WorkspaceId};
use crate::store;

/// A new role of a workspace's own.
pub struct CreateRole {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: RoleId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What its holders may do; no more than whoever makes it.
    pub permissions: Permissions,
    /// Whether new users get it when nothing says otherwise.
    pub is_default: bool,
}

impl Command for CreateRole {
    type Output = Role;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "role.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("role", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Role, CommandError> {
        change.workspace().await?;
        let role = Role {
            id: self.id,
            name: super::named("name", &self.name)?,
            description: super::described("description", &self.description)?,
            is_system: false,
            is_default: false,
            permissions: self.permissions,
        };
        change.may_grant(role.permissions)?;
        if !store::roles::insert(change.tx, self.workspace, &role).await? {
            return Err(CommandError::Clash { kind: "role", attribute: "name" });
        }
        change.record(&event("role.created", &role, difference(&json!({}), &described(&role))));
        if self.is_default { make_default(change, self.workspace, role).await } else { Ok(role) }
    }
}

/// Another name, description or set of permissions for a role, or its becoming the default; what is `None` stays. It
/// holds at the next request of everybody who has it.
pub struct UpdateRole {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: RoleId,
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Other permissions.
    pub permissions: Option<Permissions>,
    /// `true`: new users get it from now on. It ends when another role becomes the default.
    pub is_default: Option<bool>,
}

impl Command for UpdateRole {
    type Output = Role;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "role.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("role", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Role, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        let mut new = old.clone();
        if let Some(name) = &self.name {
            new.name = super::named("name", name)?;
        }
        if let Some(description) = &self.description {
            new.description = super::described("description", description)?;
        }
        new.permissions = self.permissions.unwrap_or(old.permissions);
        if new != old {
            if old.is_system {
                return Err(CommandError::Invalid {
                    attribute: "role",
                    detail: format!("{} is built in and can't be edited; make a role of your own", old.name),
                });
            }
            change.may_grant(old.permissions)?;
            change.may_grant(new.permissions)?;
            if !store::roles::update(change.tx, self.workspace, &new).await? {
                return Err(CommandError::Clash { kind: "role", attribute: "name" });
            }
            change.record(&event("role.updated", &new, difference(&described(&old), &described(&new))));
        }
        match self.is_default {
            Some(true) if !old.is_default => make_default(change, self.workspace, new).await,
            Some(false) if old.is_default => Err(CommandError::Invalid {
                attribute: "is_default",
                detail: "one role is always the default; make another one the default instead".into(),
            }),
            _ => Ok(new),
        }
    }
}

impl Stamped for UpdateRole {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id).await?))
    }
}

/// The end of a role that nobody has and no rule gives.
pub struct DeleteRole {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: RoleId,
}

impl Command for DeleteRole {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "role.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("role", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let role = existing(change, self.workspace, self.id).await?;
        let refuse = |detail: String| Err(CommandError::Invalid { attribute: "role", detail });
        if role.is_system {
            return refuse(format!("{} is built in and can't be deleted", role.name));
        }
        if role.is_default {
            return refuse(format!("{} is the default role; make another one the default first", role.name));
        }
        change.may_grant(role.permissions)?;
        let (users, rules) = store::roles::uses(change.tx, self.workspace, self.id).await?;
        if users > 0 || rules > 0 {
            return Err(CommandError::InUse { kind: "role", name: role.name, users, rules });
        }
        let roles = change.tx.roles(self.workspace).await?;
        let default = roles.iter().find(|role| role.is_default).map(|role| role.id).ok_or(CommandError::NotFound)?;
        store::roles::delete(change.tx, self.workspace, self.id, default).await?;
        change.record(&event("role.deleted", &role, difference(&described(&role), &json!({}))));
        Ok(())
    }
}

async fn existing(change: &mut Change<'_>, workspace: WorkspaceId, id: RoleId) -> Result<Role, CommandError> {
    change.workspace().await?;
    let roles = change.tx.roles(workspace).await?;
    roles.iter().find(|role| role.id == id).cloned().ok_or(CommandError::NotFound)
}

/// Makes a role the default, and gives it to everybody who has the default because nothing said otherwise.
async fn make_default(change: &mut Change<'_>, workspace: WorkspaceId, role: Role) -> Result<Role, CommandError> {
    change.may_grant(role.permissions)?;
    if role.is_admin() {
        let detail = "everybody would be an Admin whom nothing says otherwise of; choose another role".into();
        return Err(CommandError::Invalid { attribute: "is_default", detail });
    }
    let before = change.tx.roles(workspace).await?.iter().find(|role| role.is_default).cloned();
    let mut before = before.ok_or(CommandError::NotFound)?;
    before.is_default = false;
    store::roles::update(change.tx, workspace, &before).await?;
    change.record(&event("role.updated", &before, json!({"is_default": {"old": true, "new": false}})));
    let role = Role { is_default: true, ..role };
    store::roles::update(change.tx, workspace, &role).await?;
    change.record(&event("role.updated", &role, json!({"is_default": {"old": false, "new": true}})));
    let users = store::roles::defaulted(change.tx, workspace, before.id).await?;
    evaluate::evaluate(change, &users).await?;
    Ok(role)
}

/// In which state a role is.
#[must_use]
pub fn stamp(role: &Role) -> Stamp {
    Stamp::of(&described(role))
}

fn event(name: &'static str, role: &Role, changes: Value) -> Event {
    Event::of("role", name, role.id.0, &role.name, changes)
}

fn described(role: &Role) -> Value {
    json!({"name": role.name, "description": role.description, "permissions": role.permissions})
}
