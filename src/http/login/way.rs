//! Which way somebody logs in who gave their address.

use crate::domain::email::Email;
use crate::http::App;
use crate::store::StoreError;

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

/// Which way an address leads. It says nothing of whether anybody has that address.
///
/// # Errors
/// [`StoreError`], classified.
#[allow(clippy::unused_async)]
pub async fn route_of(_app: &App, _email: &Email) -> Result<Way, StoreError> {
    Ok(Way::Password)
}
