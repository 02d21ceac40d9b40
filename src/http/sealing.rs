//! What somebody enters that is secret, checked and sealed for the one place for which it was entered. The REST API and
//! the console take it here.

use super::App;
use crate::command::CommandError;
use crate::command::endpoints::Seal;
use crate::ids::{ConnectionId, WorkspaceId};
use crate::sealed::KeyError;
use crate::store::{StoreError, connections, connectors};

/// The secret or private key of a connection, sealed.
///
/// # Errors
/// [`CommandError::Invalid`] where it can't be one.
pub fn connection_secret(app: &App, id: ConnectionId, secret: &str) -> Result<Vec<u8>, CommandError> {
    if secret.is_empty() || secret.len() > 10_000 || secret.contains('\0') {
        let detail = "has 1 to 10,000 characters".into();
        return Err(CommandError::Invalid { attribute: "secret", detail });
    }
    app.master.seal(&connections::place(id), secret.as_bytes()).map_err(unlucky)
}

/// The key of a remote workspace, sealed for the address that it is given for.
///
/// # Errors
/// [`CommandError::Invalid`] where it can't be one.
pub fn connector_key(app: &App, workspace: WorkspaceId, base_url: &str, key: &str) -> Result<Vec<u8>, CommandError> {
    if key.is_empty() || key.len() > 1_000 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let detail = "has 1 to 1,000 printable characters without spaces".into();
        return Err(CommandError::Invalid { attribute: "api_key", detail });
    }
    app.master.seal(&connectors::place(workspace, base_url), key.as_bytes()).map_err(unlucky)
}

/// Where the API of a profile of the settings is.
///
/// # Errors
/// [`CommandError::Invalid`] where the settings have none of that name.
pub fn connector_address(app: &App, profile: &str) -> Result<String, CommandError> {
    let known = app.settings.connector(profile).map(|profile| profile.base_url);
    known.ok_or_else(|| {
        let detail = "the settings have no such profile under connectors".into();
        CommandError::Invalid { attribute: "profile", detail }
    })
}

/// With what the address and the secrets of an endpoint are sealed.
#[must_use]
pub fn of_endpoints(app: &App) -> Seal {
    Seal { master: app.master.clone(), loopback: app.allows_loopback() }
}

/// The system gives no random bytes.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unlucky(error: KeyError) -> CommandError {
    CommandError::Store(StoreError::Statement(error.to_string()))
}
