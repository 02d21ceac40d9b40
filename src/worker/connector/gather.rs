//! What is here, as far as the other side has to know it.

use uuid::Uuid;

use crate::connector::WantedRole;
use crate::connector::plan::Person;
use crate::domain::role::Role;
use crate::domain::user::Standing;
use crate::ids::{UserId, WorkspaceId};
use crate::store::connector_links::LinkRow;
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
    let all = roles::of_workspace(conn, workspace).await?;
    let links = connector_links::all(conn, workspace, "role").await?;
    let role = all.iter().find(|role| role.id.0 == row.role_id).map(|role| wanted(role, &all, &links));
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
pub(super) fn wanted(role: &Role, all: &[Role], links: &[LinkRow]) -> WantedRole {
    let (own, others): (Vec<&LinkRow>, Vec<&LinkRow>) = links.iter().partition(|link| link.local_id == role.id.0);
    let link = own.into_iter().next();
    // Of a role that is gone here nothing is kept from others.
    let others = others.into_iter().filter(|link| all.iter().any(|other| other.id.0 == link.local_id));
    WantedRole {
        id: role.id.0,
        former: link.and_then(|link| link.creating_address.clone()),
        name: role.name.clone(),
        description: role.description.clone(),
        is_system: role.is_system,
        permissions: role.permissions.names().collect(),
        linked: link.and_then(|link| link.remote_id.clone()),
        others: others.filter_map(|link| link.remote_id.clone()).collect(),
    }
}
