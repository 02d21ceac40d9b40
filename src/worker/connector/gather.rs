//! What is here, as far as the other side has to know it.

use uuid::Uuid;

use crate::connector::WantedRole;
use crate::connector::plan::Person;
use crate::domain::role::Role;
use crate::domain::user::Standing;
use crate::ids::{RoleId, UserId, WorkspaceId};
use crate::store::people::PersonRow;
use crate::store::{Conn, StoreError, connector_links, people, roles, teams};

/// Somebody here.
#[derive(Debug, Clone, Default)]
pub(super) struct Local {
    /// None: they were deleted.
    pub person: Option<Person>,
    pub role: Option<WantedRole>,
    /// The teams that they are in, and what they are there.
    pub teams: Vec<(Uuid, String)>,
}

/// Somebody as they are now.
pub(super) async fn local(conn: &mut Conn, workspace: WorkspaceId, id: UserId) -> Result<Local, StoreError> {
    let Some(row) = people::find(conn, workspace, id).await? else { return Ok(Local::default()) };
    let role = match roles::find(conn, workspace, RoleId(row.role_id)).await? {
        Some(role) => {
            let link = connector_links::find(conn, workspace, "role", role.id.0).await?;
            Some(wanted(&role, link.and_then(|link| link.remote_id)))
        }
        None => None,
    };
    let teams = teams::belongings(conn, &[id.0]).await?;
    let teams = teams.into_iter().map(|row| (row.team_id, row.kind)).collect();
    Ok(Local { person: Some(person(&row)), role, teams })
}

/// A row of somebody.
pub(super) fn person(row: &PersonRow) -> Person {
    Person {
        email: row.email.clone(),
        full_name: row.full_name.clone(),
        is_active: row.standing == Standing::Active.name(),
    }
}

/// A role, to be found there.
pub(super) fn wanted(role: &Role, linked: Option<String>) -> WantedRole {
    WantedRole {
        name: role.name.clone(),
        description: role.description.clone(),
        is_system: role.is_system,
        permissions: role.permissions.names().collect(),
        linked,
    }
}
