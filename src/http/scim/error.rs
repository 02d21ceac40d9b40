//! Every refusal in SCIM's own form (RFC 7644 §3.12), in one place.

use std::sync::Arc;

use super::course;
use crate::command::CommandError;
use crate::http::auth::AuthError;
use crate::password::PasswordError;
use crate::query::page::PageError;
use crate::scim::error::ScimError;
use crate::store::StoreError;

/// How many seconds an asker should wait when the database is busy.
const BUSY: u64 = 2;

/// A refusal, with what its headers have to say.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What is said.
    pub error: ScimError,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl From<ScimError> for Failure {
    fn from(error: ScimError) -> Self {
        Self { error, retry_after: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "a request met a database that could not serve it");
            let error = ScimError::unavailable("The bridge is busy; the same request will do in a moment.");
            return Self { error, retry_after: Some(BUSY) };
        }
        tracing::error!(%error, "a request met a mistake of ours");
        ScimError::internal("Something went wrong inside the bridge. The request id finds it in the log.").into()
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Asked(error) => error.into(),
            PageError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort | PasswordError::TooLong | PasswordError::TooEasy => {
                ScimError::invalid_value(format!("password: {error}.")).into()
            }
            PasswordError::Hash(_) => StoreError::Statement(error.to_string()).into(),
        }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Store(error) => error.into(),
            other => ScimError::unauthorized(sentence(&other.to_string())).into(),
        }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let said = sentence(&error.to_string());
        match error {
            CommandError::NotFound => ScimError::not_found(),
            CommandError::Clash { .. } => ScimError::uniqueness(said),
            CommandError::SeatLimit { .. } => ScimError::forbidden(format!(
                "{said} Deactivate somebody or get more seats; the provisioning of this user can be repeated then."
            )),
            CommandError::LastAdmin
            | CommandError::LastProtected
            | CommandError::Forbidden { .. }
            | CommandError::NotToldOf { .. } => ScimError::forbidden(said),
            CommandError::Owned { .. }
            | CommandError::InUse { .. }
            | CommandError::Enforced
            | CommandError::NobodyCameIn
            | CommandError::NoWayBack
            | CommandError::NotAdmitted(_) => ScimError::conflict(said),
            CommandError::VersionMismatch => {
                ScimError::precondition_failed("The resource has changed since; read it again and repeat the request.")
            }
            CommandError::Invalid { .. } => ScimError::invalid_value(said),
            CommandError::Abandoned => {
                let detail = "Whoever asked went away before it was begun; nothing was changed.".to_owned();
                ScimError { status: course::GONE, scim_type: None, detail }
            }
            CommandError::Edit(error) => return edit(&error),
            CommandError::Store(error) => return error.into(),
        }
        .into()
    }
}

/// What an edit refuses it refuses in SCIM's terms.
fn edit(error: &Arc<dyn std::error::Error + Send + Sync>) -> Failure {
    match error.downcast_ref::<ScimError>() {
        Some(error) => error.clone().into(),
        None => StoreError::Statement(error.to_string()).into(),
    }
}

/// With a capital at the beginning, where it is a word, and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().collect();
    let is_name = text
        .split([' ', ':'])
        .next()
        .is_some_and(|word| word.chars().skip(1).any(char::is_uppercase) || text.starts_with(&format!("{word}:")));
    let first = if is_name { first } else { first.to_uppercase() };
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_sentence() {
        assert_eq!(sentence("another user already has this userName"), "Another user already has this userName.");
        assert_eq!(sentence("userName: too long"), "userName: too long.");
        assert_eq!(sentence("manager: there is no such user"), "manager: there is no such user.");
    }

    #[test]
    fn a_failure_of_the_database_shows_nothing_of_it() {
        for error in [StoreError::Statement("near \"SELEC\"".into()), StoreError::Busy("lock on users".into())] {
            let failure = Failure::from(error);
            assert!(failure.error.status >= 500);
            assert!(!failure.error.detail.contains("SELEC") && !failure.error.detail.contains("users"));
        }
        assert_eq!(Failure::from(StoreError::Busy(String::new())).retry_after, Some(BUSY));
    }
}
