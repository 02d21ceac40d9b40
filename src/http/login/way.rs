//! Which way somebody logs in who gave their address, and the ways that a workspace has.

use crate::domain::connection::{Connection, Kind};
use crate::domain::domains;
use crate::domain::email::Email;
use crate::http::App;
use crate::ids::{ConnectionId, WorkspaceId};
use crate::store::{Conn, StoreError, connections, workspaces};

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

/// Which way an address leads: through the connection that serves its domain, where the domain is proved. In a workspace
/// that was named its own domains count and no others; and where it signs everybody in through its provider, and has one,
/// that is the way of every address. It says nothing of whether anybody has that address.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn route_of(app: &App, email: &Email, workspace: Option<WorkspaceId>) -> Result<Way, StoreError> {
    let mut conn = app.store.read().await?;
    let domain = match domains::of_email(&email.key()) {
        Some(name) => crate::store::domains::proved(&mut conn, &name).await?,
        None => None,
    };
    let domain = domain.filter(|domain| workspace.is_none_or(|workspace| workspace == domain.workspace_id));
    if let Some(connection) = domain.and_then(|domain| domain.connection)
        && let Some(kept) = connections::find(&mut conn, connection).await?
        && kept.connection.enabled
    {
        return Ok(Way::Connection { path: path(kept.connection.id) });
    }
    let only = match workspace {
        Some(workspace) => enforced(&mut conn, workspace).await?,
        None => None,
    };
    Ok(only.map_or(Way::Password, |only| Way::Connection { path: path(only) }))
}

/// The connection through which everybody of a workspace has to sign in, where there is but one.
async fn enforced(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<ConnectionId>, StoreError> {
    if workspaces::find(conn, workspace).await?.is_none_or(|workspace| !workspace.sso_enforced) {
        return Ok(None);
    }
    let all = connections::of_workspace(conn, workspace).await?;
    let mut enabled = all.iter().filter(|connection| connection.enabled);
    Ok(match (enabled.next(), enabled.next()) {
        (Some(only), None) => Some(only.id),
        _ => None,
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
