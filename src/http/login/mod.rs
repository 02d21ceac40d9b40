//! Logging in with a password, and everything that somebody does to their own account: a file a page.

mod account;
mod device;
mod entry;
mod factor;
mod failures;
mod forgot;
mod language;
mod leave;
mod link;
mod own_factor;
mod own_password;
pub mod way;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use chrono::TimeDelta;

use super::around::Around;
use super::browser::{Access, Asked, Route, Trouble, router as routed, routes};
use super::session::with_cookie;
use super::{App, limits, pages, return_to, session};
use crate::command::throttles::{self, Keys, Try};
use crate::domain::session::Stage;
use crate::domain::user::User;
use crate::ids::{UserId, WorkspaceId};
use crate::store::{second_factors, users, workspaces};

/// Every page of this folder. The router is built from it, and so are the tests that forge each form.
pub static ROUTES: std::sync::LazyLock<Vec<Route>> = std::sync::LazyLock::new(|| {
    Vec::from(routes! {
        GET  "/" Access::SignedIn, [] account::home;
        GET  "/login" Access::Anybody, ["workspace", "return_to", "email", "prompt", "way"] entry::ask;
        POST "/login" Access::Anybody, ["workspace", "return_to", "email", "way", "prompt"] entry::lead;
        POST "/login/password" Access::Anybody, ["workspace", "return_to", "email", "password"] entry::log_in;
        GET  "/login/second-factor" Access::Missing(Stage::SecondFactor), ["return_to"] factor::ask;
        POST "/login/second-factor" Access::Missing(Stage::SecondFactor), ["return_to", "code"] factor::give;
        GET  "/login/new-password" Access::Missing(Stage::NewPassword), ["return_to"] own_password::ask_first;
        POST "/login/new-password" Access::Missing(Stage::NewPassword), ["return_to", "current", "password"] own_password::choose_first;
        GET  "/language" Access::Anybody, ["at"] language::ask;
        POST "/language" Access::Anybody, ["language", "at"] language::choose;
        GET  "/logout" Access::Anybody, [] leave::ask;
        POST "/logout" Access::Anybody, [] leave::leave;
        GET  "/password/forgot" Access::Anybody, ["workspace", "email"] forgot::ask;
        POST "/password/forgot" Access::Anybody, ["workspace", "email"] forgot::send;
        GET  "/password/new" Access::Anybody, ["token"] link::ask;
        POST "/password/new" Access::Anybody, ["token", "password"] link::choose;
        GET  "/account" Access::SignedIn, ["done"] account::show;
        POST "/account/sessions/end" Access::SignedIn, ["session"] account::end_one;
        POST "/account/sessions/end-others" Access::SignedIn, [] account::end_others;
        GET  "/account/password" Access::SignedIn, [] own_password::ask;
        POST "/account/password" Access::SignedIn, ["current", "password"] own_password::choose;
        GET  "/account/second-factor" Access::SignedIn, ["return_to"] own_factor::show;
        POST "/account/second-factor" Access::SignedIn, ["current", "return_to"] own_factor::begin;
        POST "/account/second-factor/confirm" Access::SignedIn, ["code", "return_to"] own_factor::confirm;
        POST "/account/second-factor/remove" Access::SignedIn, ["current"] own_factor::remove;
    })
});

/// The router of these pages.
pub fn router(app: &Arc<App>) -> Router {
    routed(app, &ROUTES)
}

/// What a form that was not taken says.
const NOT_TAKEN: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Counts an attempt.
///
/// # Errors
/// The page that says how long to wait, where it is one too many; [`Trouble`].
async fn turn(asked: &Asked, keys: &Keys) -> Result<Result<(), Box<Response>>, Trouble> {
    Ok(turns(asked, vec![keys.clone()]).await?.map(drop))
}

/// Counts attempts that one form makes; gives which of them may be made. Whoever has to wait is told so without holding up
/// anybody who writes.
///
/// # Errors
/// The page that says how long to wait, where none may be made; [`Trouble`].
async fn turns(asked: &Asked, keys: Vec<Keys>) -> Result<Result<Vec<bool>, Box<Response>>, Trouble> {
    let now = asked.app.clock.now();
    let mut waits = throttles::waits(&mut asked.app.store.read().await?, &keys, now).await?;
    if waits.contains(&None) {
        waits = asked.app.store.write(Try { keys, now }).await?;
    }
    // None comes before every wait.
    Ok(match waits.iter().min() {
        Some(Some(shortest)) => Err(Box::new(pages::too_many(&Around::plain(asked, "/login"), seconds(*shortest)))),
        _ => Ok(waits.iter().map(Option::is_none).collect()),
    })
}

fn seconds(wait: TimeDelta) -> u64 {
    u64::try_from(wait.num_milliseconds()).unwrap_or_default().div_ceil(1_000)
}

/// What an attempt to give the password of an account is counted under, wherever it is made.
fn password_keys(asked: &Asked, address: &str, user: Option<UserId>) -> Keys {
    let known = user.and_then(|user| Some(Keys::device(user, &device::of(&asked.app, &asked.headers, user)?)));
    known.unwrap_or_else(|| Keys::password(address, asked.address.map(limits::network)))
}

/// Where somebody goes who has got that far, with the cookie of their session. Whose account is `bare`, by [`is_bare`], comes
/// by the page on which a second factor is set up, each time they log in.
fn onward(asked: &Asked, stage: Stage, token: &str, bare: bool) -> Response {
    let return_to = wanted(asked);
    let return_to = return_to.as_deref();
    let missing = |path: &str| pages::redirect(&return_to::with(path, &[("return_to", return_to)]));
    let response = match (stage, return_to) {
        (Stage::SecondFactor, _) => missing("/login/second-factor"),
        (Stage::NewPassword, _) => missing("/login/new-password"),
        (Stage::Full, _) if bare => missing("/account/second-factor"),
        (Stage::Full, Some(path)) => pages::onward(&Around::plain(asked, ""), path),
        (Stage::Full, None) => pages::redirect("/account"),
    };
    with_cookie(response, session::cookie(token))
}

/// Whether somebody who is all the way in holds a protected account, which opens the workspace when nothing else does, with
/// nothing but a password before it.
async fn is_bare(asked: &Asked, workspace: WorkspaceId, user: UserId) -> Result<bool, Trouble> {
    let mut conn = asked.app.store.read().await?;
    let is_protected = users::find(&mut conn, workspace, user).await?.is_some_and(|user| user.protected);
    Ok(is_protected && second_factors::find(&mut conn, user).await?.is_none_or(|factor| factor.confirmed_at.is_none()))
}

/// Where somebody wanted to go.
fn wanted(asked: &Asked) -> Option<String> {
    asked.field("return_to").and_then(return_to::local)
}

/// What is known of somebody, of which they can make no password.
async fn words(asked: &Asked, user: &User) -> Result<Vec<String>, Trouble> {
    let mut conn = asked.app.store.read().await?;
    let workspace = workspaces::find(&mut conn, user.workspace_id).await?;
    let email = user.email().map(|email| email.as_str().to_owned());
    let name = workspace.map(|workspace| workspace.name.as_str().to_owned());
    Ok([email, Some(user.full_name()), Some(user.profile.user_name.clone()), name].into_iter().flatten().collect())
}

/// The address under which attempts at an account are counted: its own, else its id.
fn account_of(user: &User) -> String {
    user.email_key().unwrap_or_else(|| user.id.to_string())
}
