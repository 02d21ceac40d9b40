//! `/password/new`: the password that somebody chooses through a link in a mail. The link is used up by the form, not by
//! opening it: programs that look at mail open links too.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::own_password::told;
use super::{NOT_TAKEN, device, is_bare, onward, turn, with_cookie, words};
use crate::command::passwords::SetByLink;
use crate::command::throttles::{Keys, TakeBack};
use crate::domain::session::{Door, Stage};
use crate::domain::user::{Standing, User};
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{limits, pages, return_to};
use crate::password::{self, PasswordError};
use crate::secret;
use crate::store::{password_links, users};

#[derive(Template)]
#[template(path = "link.html")]
struct Page<'a> {
    frame: Around,
    token: &'a str,
    email: &'a str,
    problem: Option<String>,
}

fn page(asked: &Asked, user: &User, token: &str, status: StatusCode, refused: Option<&PasswordError>) -> Response {
    let email = user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let frame = Around::plain(asked, &return_to::with("/password/new", &[("token", Some(token))]));
    let problem = refused.map(|refused| told(&frame, refused));
    pages::page(status, &Page { frame, token, email: &email, problem })
}

/// What is said of every link that is good for nothing.
fn useless(asked: &Asked) -> Response {
    // What the link held is repeated nowhere.
    let around = Around { here: "/password/forgot".into(), ..Around::plain(asked, "/password/forgot") };
    let next = Some(("password-link-another", "/password/forgot"));
    let sentence = around.say("password-link-useless");
    pages::notice(&around, StatusCode::GONE, "password-link-useless-title", sentence, next)
}

/// Whose password a link sets, where it is good.
async fn owner(asked: &Asked, token: &str) -> Result<Option<User>, Trouble> {
    if !secret::is_plain(token) {
        return Ok(None);
    }
    let mut conn = asked.app.store.read().await?;
    let link = password_links::find(&mut conn, secret::hash(token)).await?;
    let Some(link) = link.filter(|link| link.expires_at > asked.app.clock.now()) else { return Ok(None) };
    let user = users::find(&mut conn, link.workspace_id, link.user_id).await?;
    Ok(user.filter(|user| user.standing == Standing::Active))
}

/// `GET /password/new`
pub async fn ask(asked: Asked) -> Answer {
    let token = asked.field("token").unwrap_or_default().to_owned();
    match owner(&asked, &token).await? {
        Some(user) => Ok(page(&asked, &user, &token, StatusCode::OK, None)),
        None => Ok(useless(&asked)),
    }
}

/// `POST /password/new`
pub async fn choose(asked: Asked) -> Answer {
    let token = asked.field("token").unwrap_or_default().to_owned();
    let keys = Keys::link(asked.address.map(limits::network));
    if let Err(wait) = turn(&asked, &keys).await? {
        return Ok(*wait);
    }
    let Some(user) = owner(&asked, &token).await? else { return Ok(useless(&asked)) };
    asked.app.store.write(TakeBack { keys }).await?;
    let chosen = asked.field("password").unwrap_or_default().to_owned();
    let password_hash = match password::hash_for(chosen, words(&asked, &user).await?).await {
        Ok(hash) => hash,
        Err(refused) if refused.is_refusal() => {
            return Ok(page(&asked, &user, &token, NOT_TAKEN, Some(&refused)));
        }
        Err(error) => return Err(Trouble::Internal(error.to_string())),
    };
    let (opening, cookie) = asked.opening(Door::Link, Stage::SecondFactor)?;
    let link_hash = secret::hash(&token);
    let actor = asked.acting("user", Some(user.id.to_string()), &user.full_name());
    let command = SetByLink { workspace: user.workspace_id, link_hash, password_hash, opening };
    let Some(stage) = asked.app.commands.execute(&actor, command).await? else { return Ok(useless(&asked)) };
    let bare = stage == Stage::Full && is_bare(&asked, user.workspace_id, user.id).await?;
    let response = onward(&asked, stage, &cookie, bare);
    if stage == Stage::SecondFactor {
        return Ok(response);
    }
    Ok(with_cookie(response, device::known(&asked.app, &asked.headers, user.id)?))
}
