//! `/password/forgot`: a mail with a link. Whether there is an account the mail tells, and nothing else does.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::entry::{Nobody, place};
use super::{NOT_TAKEN, turn};
use crate::command::passwords::RequestReset;
use crate::command::throttles::Keys;
use crate::domain::email::Email;
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked};
use crate::http::{limits, pages, return_to};
use crate::store::passwords::reached;

/// To how many accounts of one address a mail goes.
const MOST: i64 = 10;

#[derive(Template)]
#[template(path = "forgot.html")]
struct Page<'a> {
    frame: Around,
    workspace: &'a str,
    email: &'a str,
    problem: Option<Cow<'static, str>>,
    /// The login from which somebody came.
    back: &'a str,
}

fn back(asked: &Asked) -> String {
    return_to::with("/login", &[("workspace", asked.field("workspace"))])
}

fn page(asked: &Asked, status: StatusCode, problem: Option<&str>) -> Response {
    let (workspace, email) = (asked.field("workspace").unwrap_or_default(), asked.field("email").unwrap_or_default());
    let named = [("workspace", asked.field("workspace")), ("email", asked.field("email"))];
    let frame = Around::plain(asked, &return_to::with("/password/forgot", &named));
    let problem = problem.map(|name| frame.say(name));
    pages::page(status, &Page { frame, workspace, email, problem, back: &back(asked) })
}

/// `GET /password/forgot`
pub async fn ask(asked: Asked) -> Answer {
    Ok(page(&asked, StatusCode::OK, None))
}

/// `POST /password/forgot`
pub async fn send(asked: Asked) -> Answer {
    let Some(email) = asked.field("email").map(str::trim).and_then(Email::parse) else {
        return Ok(page(&asked, NOT_TAKEN, Some("login-no-email")));
    };
    let keys = Keys::mail(&email.key(), asked.address.map(limits::network));
    if let Err(wait) = turn(&asked, &keys).await? {
        return Ok(*wait);
    }
    let place = place(&asked).await?;
    let (app, actor) = (std::sync::Arc::clone(&asked.app), asked.acting("visitor", None, "login page"));
    // The answer does not wait, so that it comes as soon for an address that nobody has.
    tokio::spawn(async move {
        let accounts = async {
            match place.workspace() {
                Ok(workspace) => reached(&mut app.store.read().await?, &email.key(), workspace, MOST).await,
                Err(Nobody) => Ok(Vec::new()),
            }
        };
        let accounts = match accounts.await {
            Ok(accounts) => accounts,
            Err(error) => return tracing::warn!(%error, "nobody could be looked up who forgot their password"),
        };
        for account in accounts {
            let command = RequestReset { workspace: account.workspace(), user: account.user() };
            if let Err(error) = app.commands.execute(&actor, command).await {
                tracing::warn!(%error, "a mail to somebody who forgot their password was not queued");
            }
        }
    });
    let (around, back) = (Around::plain(&asked, "/login"), back(&asked));
    let sentence = around.say("forgot-sent");
    Ok(pages::notice(&around, StatusCode::OK, "forgot-sent-title", sentence, Some(("login-back", &back))))
}
