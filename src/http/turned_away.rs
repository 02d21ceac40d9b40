//! What is answered to whoever can't have a page: it broke, it is not for them, or their form is not one of ours.

use axum::http::StatusCode;
use axum::response::Response;

use super::around::Around;
use super::browser::Trouble;
use super::{pages, trouble};
use crate::command::CommandError;
use crate::domain::barred::Barred;

/// Where somebody goes on who has an account.
const ACCOUNT: Option<(&str, &str)> = Some(("notice-account", "/account"));
/// Where somebody goes on who may have none.
const LOGIN: Option<(&str, &str)> = Some(("notice-login", "/login"));

/// Why there is no page of what was asked for.
pub fn told(around: &Around, why: &Trouble) -> Response {
    match why {
        Trouble::Store(error) | Trouble::Command(CommandError::Store(error)) => {
            tracing::warn!(%error, "a page could not be answered");
            pages::busy(around)
        }
        Trouble::Command(CommandError::NotFound) => {
            let sentence = around.say("notice-gone");
            pages::notice(around, StatusCode::NOT_FOUND, "notice-nowhere-title", sentence, ACCOUNT)
        }
        Trouble::Command(error) => {
            let sentence = trouble::words(around.language, error).unwrap_or_default();
            pages::notice(around, StatusCode::CONFLICT, "notice-refused-title", sentence, ACCOUNT)
        }
        Trouble::Internal(error) => {
            tracing::error!(error, "a page could not be made");
            let sentence = around.say("notice-broken");
            pages::notice(around, StatusCode::INTERNAL_SERVER_ERROR, "notice-broken-title", sentence, None)
        }
    }
}

/// That the role of whoever asks does not allow this.
#[must_use]
pub fn barred(around: &Around, permission: &str) -> Response {
    let sentence = around.fill("frame-forbidden").with("permission", permission);
    pages::notice(around, StatusCode::FORBIDDEN, "frame-forbidden-title", sentence, ACCOUNT)
}

/// Why somebody is not let in, for them.
#[must_use]
pub fn not_admitted(around: &Around, status: StatusCode, why: &Barred, next: Option<(&str, &str)>) -> Response {
    let name = why.code().replace('_', "-");
    pages::notice(around, status, &format!("barred-{name}-title"), around.say(&format!("barred-{name}")), next)
}

/// That there is no set-up link in whose name anything could be done, or none any more.
#[must_use]
pub fn ended(around: &Around) -> Response {
    pages::notice(around, StatusCode::GONE, "setup-ended-title", around.say("setup-ended"), None)
}

/// That a form did not come from a page of ours.
#[must_use]
pub fn forged(around: &Around) -> Response {
    pages::notice(around, StatusCode::FORBIDDEN, "notice-forged-title", around.say("notice-forged"), LOGIN)
}

/// That an address or a form has parts that its page does not know.
#[must_use]
pub fn unreadable(around: &Around) -> Response {
    pages::notice(around, StatusCode::BAD_REQUEST, "notice-unreadable-title", around.say("notice-unreadable"), LOGIN)
}
