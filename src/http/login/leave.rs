//! `/logout`.

use askama::Template;
use axum::http::StatusCode;

use super::with_cookie;
use crate::command::CommandError;
use crate::command::sessions::EndSession;
use crate::http::browser::{Answer, Asked};
use crate::http::upstream::logout_address;
use crate::http::{pages, session};

#[derive(Template)]
#[template(path = "logout.html")]
struct Page<'a> {
    proof: &'a str,
    name: &'a str,
}

/// `GET /logout`: asks, because a link must not end a session.
pub async fn ask(asked: Asked) -> Answer {
    match &asked.visitor {
        Some(visitor) => {
            Ok(pages::page(StatusCode::OK, &Page { proof: &asked.proof, name: &visitor.user.full_name() }))
        }
        None => Ok(out()),
    }
}

/// `POST /logout`
pub async fn leave(asked: Asked) -> Answer {
    if let Some(visitor) = &asked.visitor {
        let (workspace, user) = (visitor.user.workspace_id, visitor.user.id);
        let command = EndSession { workspace, user, session: visitor.session.id, reason: "logout" };
        match asked.execute(command).await {
            // Somebody else was quicker.
            Ok(()) | Err(CommandError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let elsewhere = match &asked.visitor {
        Some(visitor) => logout_address(&asked.app, &visitor.session, None).await,
        None => None,
    };
    // Where the session came from a provider, its own ends too.
    let page = elsewhere.map_or_else(out, |address| pages::onward(&address));
    let mut response = with_cookie(page, session::cleared());
    let everything = axum::http::HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert("clear-site-data", everything);
    Ok(response)
}

fn out() -> axum::response::Response {
    let sentence = "You are logged out in this browser.";
    pages::notice(StatusCode::OK, "Logged out", sentence, Some(("Log in again", "/login")))
}
