//! Which way somebody logs in who gave their address, and the ways that a workspace has.

use crate::domain::connection::{Connection, Kind};
use crate::domain::domains;
use crate::domain::email::Email;
use crate::http::App;
use crate::ids::{ConnectionId, WorkspaceId};
use crate::store::{StoreError, connections, workspaces};

/// A way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// With a password, here.
    Password,
    /// Through a connection.
    Connection {
        /// The path at which that begins.
        path: String,
    },
}

/// A button: "Log in with Okta".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// The path at which that begins.
    pub path: String,
}

/// Which way an address leads: through the connection that serves its domain, where the domain is proved. It says nothing
/// of whether anybody has that address.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn route_of(app: &App, email: &Email) -> Result<Way, StoreError> {
    let Some(name) = domains::of_email(&email.key()) else { return Ok(Way::Password) };
    let mut conn = app.store.read().await?;
    let domain = crate::store::domains::proved(&mut conn, &name).await?;
    let Some(connection) = domain.and_then(|domain| domain.connection) else { return Ok(Way::Password) };
    let kept = connections::find(&mut conn, connection).await?;
    Ok(match kept.filter(|kept| kept.connection.enabled) {
        Some(kept) => Way::Connection { path: path(kept.connection.id) },
        None => Way::Password,
    })
}

/// The buttons of a workspace. Where none is named they are those of the only one that there is, and none where there are
/// several: which companies are customers here is nobody's business.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn buttons(app: &App, workspace: Option<WorkspaceId>) -> Result<Vec<Button>, StoreError> {
    let mut conn = app.store.read().await?;
    let workspace = match workspace {
        Some(workspace) => workspace,
        None => match workspaces::only(&mut conn).await? {
            Some(only) => only.id,
            None => return Ok(Vec::new()),
        },
    };
    let all = connections::of_workspace(&mut conn, workspace).await?;
    let enabled = all.iter().filter(|connection| connection.enabled);
    Ok(enabled.map(|connection| Button { label: label(connection), path: path(connection.id) }).collect())
}

/// What people call the provider: by its own name where it has one, else by the connection's.
fn label(connection: &Connection) -> String {
    match connection.kind {
        Kind::Oidc => connection.name.clone(),
        kind => kind.title().to_owned(),
    }
}

fn path(connection: ConnectionId) -> String {
    format!("/sso/{connection}/login")
}
