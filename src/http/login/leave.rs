//! `/logout`.

use askama::Template;
use axum::http::StatusCode;

use super::with_cookie;
use crate::command::CommandError;
use crate::command::sessions::EndSession;
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked};
use crate::http::upstream::logout_address;
use crate::http::{pages, session};

#[derive(Template)]
#[template(path = "logout.html")]
struct Page<'a> {
    frame: Around,
    name: &'a str,
}

/// `GET /logout`: asks, because a link must not end a session.
pub async fn ask(asked: Asked) -> Answer {
    match &asked.visitor {
        Some(visitor) => {
            let frame = Around::plain(&asked, "/logout");
            Ok(pages::page(StatusCode::OK, &Page { frame, name: &visitor.user.full_name() }))
        }
        None => Ok(out(&Around::plain(&asked, "/login"))),
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
    let around = Around::bare(&asked.app, &asked.headers, "/login");
    let page = elsewhere.map_or_else(|| out(&around), |address| pages::onward(&around, &address));
    let mut response = with_cookie(page, session::cleared());
    let everything = axum::http::HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert("clear-site-data", everything);
    Ok(response)
}

fn out(around: &Around) -> axum::response::Response {
    let sentence = around.say("logout-done");
    pages::notice(around, StatusCode::OK, "logout-done-title", sentence, Some(("logout-again", "/login")))
}
