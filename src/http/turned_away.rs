//! What is answered to whoever can't have a page: it broke, it is not for them, or their form is not one of ours.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::browser::Trouble;
use super::console::texts::Language;
use super::pages;
use crate::command::CommandError;

/// Why there is no page of what was asked for.
pub fn told(trouble: &Trouble) -> Response {
    match trouble {
        Trouble::Store(error) | Trouble::Command(CommandError::Store(error)) => {
            tracing::warn!(%error, "a page could not be answered");
            pages::busy()
        }
        Trouble::Command(CommandError::NotFound) => {
            let sentence = "What this page was about is not there any more.";
            pages::notice(StatusCode::NOT_FOUND, "Not found", sentence, Some(("Your account", "/account")))
        }
        Trouble::Command(error) => {
            let sentence = format!("{error}.");
            pages::notice(StatusCode::CONFLICT, "That is not possible", &sentence, Some(("Your account", "/account")))
        }
        Trouble::Internal(error) => {
            tracing::error!(error, "a page could not be made");
            let sentence = "Something went wrong inside the bridge. The request id finds it in the log.";
            pages::notice(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", sentence, None)
        }
    }
}

/// That the role of whoever asks does not allow this.
#[must_use]
pub fn barred(headers: &HeaderMap, permission: &str) -> Response {
    let language = Language::of(headers);
    let sentence = language.fill("frame-forbidden").with("permission", permission).to_string();
    let next = language.say("frame-forbidden-next");
    pages::notice(StatusCode::FORBIDDEN, &language.say("frame-forbidden-title"), &sentence, Some((&next, "/account")))
}

/// That there is no set-up link in whose name anything could be done, or none any more.
#[must_use]
pub fn ended(headers: &HeaderMap) -> Response {
    let language = Language::of(headers);
    pages::notice(StatusCode::GONE, &language.say("setup-ended-title"), &language.say("setup-ended"), None)
}

/// That a form did not come from a page of ours.
#[must_use]
pub fn forged() -> Response {
    let sentence = "This form did not come from a page of this site that is still open, or the browser keeps no cookies. \
                    Nothing was changed. Go back to the page, load it again, and send the form once more.";
    pages::notice(StatusCode::FORBIDDEN, "The form has expired", sentence, Some(("Log in", "/login")))
}

/// That an address or a form has parts that its page does not know.
#[must_use]
pub fn unreadable() -> Response {
    let sentence = "The address or the form has parts that this page does not know. Nothing was changed.";
    pages::notice(StatusCode::BAD_REQUEST, "That can't be read", sentence, Some(("Log in", "/login")))
}
