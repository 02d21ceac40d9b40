//! `/roles` and `/permissions`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, success};
use super::shape::{List, Listed, Page, Paging};
use crate::command::roles::{CreateRole, DeleteRole, UpdateRole};
use crate::domain::permission::{CATALOGUE, Permissions};
use crate::domain::role;
use crate::ids::RoleId;
use crate::store;

/// A role.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Role {
    id: Uuid,
    name: String,
    description: String,
    /// Built in: it can't be edited or deleted.
    is_system: bool,
    /// What a new user gets when nothing says otherwise.
    is_default: bool,
    /// What its holders may do, as `resource:action`.
    permissions: Vec<String>,
}

impl Listed for Role {
    const PLURAL: &'static str = "roles";
}

impl From<role::Role> for Role {
    fn from(role: role::Role) -> Self {
        Self {
            id: role.id.0,
            name: role.name,
            description: role.description,
            is_system: role.is_system,
            is_default: role.is_default,
            permissions: role.permissions.names().map(str::to_owned).collect(),
        }
    }
}

/// A new role.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// 1 to 100 characters, unique in any case.
    name: String,
    #[serde(default)]
    description: String,
    /// What its holders may do: names of the catalogue, none that the key does not have itself.
    permissions: Vec<String>,
    /// Whether new users get it when nothing says otherwise.
    #[serde(default)]
    is_default: bool,
}

/// What to change of a role; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "RoleChange")]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    name: Option<String>,
    description: Option<String>,
    permissions: Option<Vec<String>>,
    /// `true`: new users get it from now on.
    is_default: Option<bool>,
}

/// A permission of the catalogue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Permission {
    /// `resource:action`.
    name: &'static str,
    description: &'static str,
}

impl Listed for Permission {
    const PLURAL: &'static str = "permissions";
}

/// The set of those names.
pub(super) fn permissions(names: &[String]) -> Result<Permissions, Failure> {
    Permissions::of(names).map_err(|name| {
        let name = crate::text::printable(&name).into_owned();
        Failure::invalid(format!("permissions: there is no permission \"{name}\"; GET /permissions lists them."))
    })
}

/// `GET /permissions`
pub async fn permissions_list(_call: Call) -> Answer {
    let all = CATALOGUE.iter().map(|one| Permission { name: one.name, description: one.description });
    success(&List::whole(all.collect()))
}

/// `GET /roles`
pub async fn list(call: Call) -> Answer {
    let Paging { page, limit } = call.query()?;
    let page = Page::of(page, limit)?;
    let roles = store::roles::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&page.cut(roles.into_iter().map(Role::from).collect()))
}

/// `GET /roles/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, RoleId::parse)?;
    let role = store::roles::find(&mut call.read().await?, call.workspace(), id).await?;
    success(&Role::from(role.ok_or_else(Failure::not_found)?))
}

/// `POST /roles`
pub async fn create(call: Call) -> Answer {
    let new: NewRole = call.body()?;
    let command = CreateRole {
        workspace: call.workspace(),
        id: RoleId::fresh(),
        name: new.name,
        description: new.description,
        permissions: permissions(&new.permissions)?,
        is_default: new.is_default,
    };
    created(&Role::from(call.execute(command).await?))
}

/// `PUT /roles/{id}`
pub async fn update(call: Call) -> Answer {
    let id = call.id(0, RoleId::parse)?;
    let wanted: Change = call.body()?;
    let command = UpdateRole {
        workspace: call.workspace(),
        id,
        name: wanted.name,
        description: wanted.description,
        permissions: wanted.permissions.as_deref().map(permissions).transpose()?,
        is_default: wanted.is_default,
    };
    success(&Role::from(call.execute(command).await?))
}

/// `DELETE /roles/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, RoleId::parse)?;
    call.execute(DeleteRole { workspace: call.workspace(), id }).await?;
    done()
}
