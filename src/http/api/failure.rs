//! Every refusal in the API's own form: `{"status": "error", "message": …, "code": …}`, in one place.

use axum::http::StatusCode;

use crate::command::CommandError;
use crate::password::PasswordError;
use crate::scim::error::ScimError;
use crate::sealed::KeyError;
use crate::store::StoreError;

/// How many seconds an asker should wait when the database is busy.
const BUSY: u64 = 2;

/// A refusal.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status.
    pub status: StatusCode,
    /// What kind of refusal it is, for programs.
    pub code: &'static str,
    /// What is said, for people.
    pub message: String,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A refusal with that status, code and sentence.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// Something in the request can't be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    /// There is no such thing, or the asker must not know of it.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }

    /// The asker lacks a permission.
    pub(super) fn forbidden(permission: &str) -> Self {
        let message = format!("This key does not have the permission {permission}.");
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "a request met a database that could not serve it");
            let said = "The bridge is busy; the same request will do in a moment.";
            return Self { retry_after: Some(BUSY), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", said) };
        }
        tracing::error!(%error, "a request met a mistake of ours");
        let said = "Something went wrong inside the bridge. The request id finds it in the log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", said)
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort | PasswordError::TooLong | PasswordError::TooEasy => {
                Self::invalid(format!("password: {error}."))
            }
            PasswordError::Hash(_) => StoreError::Statement(error.to_string()).into(),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        StoreError::Statement(error.to_string()).into()
    }
}

/// What the strict reader of JSON refuses.
impl From<ScimError> for Failure {
    fn from(error: ScimError) -> Self {
        Self::invalid(error.detail)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let message = sentence(&error.to_string());
        let (status, code) = match error {
            CommandError::NotFound => return Self::not_found(),
            CommandError::Store(error) => return error.into(),
            CommandError::Edit(error) => return StoreError::Statement(error.to_string()).into(),
            CommandError::Abandoned => return StoreError::Busy(message).into(),
            CommandError::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid"),
            CommandError::Clash { .. } => (StatusCode::CONFLICT, "duplicate"),
            CommandError::InUse { .. } => (StatusCode::CONFLICT, "in_use"),
            CommandError::Owned { .. } => (StatusCode::CONFLICT, "kept_elsewhere"),
            CommandError::Enforced => (StatusCode::CONFLICT, "sso_enforced"),
            CommandError::NobodyCameIn => (StatusCode::CONFLICT, "sso_untried"),
            CommandError::NoWayBack => (StatusCode::CONFLICT, "sso_no_way_back"),
            CommandError::NotAdmitted(_) => (StatusCode::FORBIDDEN, "not_admitted"),
            CommandError::LastAdmin | CommandError::LastProtected => (StatusCode::CONFLICT, "last_admin"),
            CommandError::SeatLimit { .. } => (StatusCode::FORBIDDEN, "seat_limit"),
            CommandError::Forbidden { .. } | CommandError::NotToldOf { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            CommandError::VersionMismatch => (StatusCode::PRECONDITION_FAILED, "changed_since"),
        };
        Self::new(status, code, message)
    }
}

/// With a capital at the beginning, where it is not a field's name, and a full stop at the end.
fn sentence(text: &str) -> String {
    let is_field = text.split_once(": ").is_some_and(|(field, _)| !field.contains(' '));
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().collect();
    let first = if is_field { first } else { first.to_uppercase() };
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_a_sentence() {
        assert_eq!(sentence("the role X is in use: 1 user"), "The role X is in use: 1 user.");
        assert_eq!(sentence("name: too long"), "name: too long.");
    }

    #[test]
    fn a_failure_of_the_database_shows_nothing_of_it() {
        for error in [StoreError::Statement("near \"SELEC\"".into()), StoreError::Busy("lock on users".into())] {
            let failure = Failure::from(error);
            assert!(failure.status.is_server_error());
            assert!(!failure.message.contains("SELEC") && !failure.message.contains("users"));
        }
    }
}
