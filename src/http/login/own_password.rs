//! `/account/password`, and `/login/new-password` for whom somebody else chose one: another password, by whoever knows the
//! present one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NOT_TAKEN, account_of, failures, is_bare, onward, password_keys, turn, wanted, with_cookie, words};
use crate::command::passwords::ChangePassword;
use crate::command::throttles::TakeBack;
use crate::domain::session::Stage;
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{pages, return_to, session};
use crate::password::{self, PasswordError};
use crate::secret;
use crate::store::passwords;

#[derive(Template)]
#[template(path = "choose.html")]
struct Page<'a> {
    frame: Around,
    /// Where the form goes.
    action: &'a str,
    return_to: &'a str,
    email: &'a str,
    /// Whether somebody else chose the present one.
    is_first: bool,
    problem: Option<String>,
    /// The field that is wrong.
    wrong: &'a str,
}

/// What is wrong: the field, and why.
enum Wrong {
    Nothing,
    Present(&'static str),
    Chosen(PasswordError),
    Same,
}

fn page(asked: &Asked, wrong: &Wrong) -> Answer {
    let visitor = asked.visitor()?;
    let is_first = visitor.session.stage == Stage::NewPassword;
    let action = if is_first { "/login/new-password" } else { "/account/password" };
    let email = visitor.user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let return_to = wanted(asked).unwrap_or_default();
    let (email, return_to) = (email.as_str(), return_to.as_str());
    let frame = Around::plain(asked, &return_to::with(action, &[("return_to", wanted(asked).as_deref())]));
    let say = |name: &str| frame.say(name).into_owned();
    let (wrong, problem) = match wrong {
        Wrong::Nothing => ("", None),
        Wrong::Present(name) => ("current", Some(say(name))),
        Wrong::Same => ("password", Some(say("password-same"))),
        Wrong::Chosen(refused) => ("password", Some(told(&frame, refused))),
    };
    let status = if problem.is_some() { NOT_TAKEN } else { StatusCode::OK };
    Ok(pages::page(status, &Page { frame, action, return_to, email, is_first, problem, wrong }))
}

/// What is said of a password that is not taken.
pub(super) fn told(around: &Around, refused: &PasswordError) -> String {
    match refused {
        PasswordError::TooShort => around.count("users-password-short", password::SHORTEST).to_string(),
        PasswordError::TooLong => around.count("users-password-long", password::LONGEST).to_string(),
        PasswordError::TooEasy | PasswordError::Hash(_) => around.say("password-easy").into_owned(),
    }
}

/// `GET /account/password`
pub async fn ask(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    if !visitor.user.has_password {
        let around = Around::plain(&asked, "");
        let next = Some(("password-none-next", "/password/forgot"));
        let sentence = around.say("password-none");
        return Ok(pages::notice(&around, StatusCode::OK, "password-none-title", sentence, next));
    }
    page(&asked, &Wrong::Nothing)
}

/// `GET /login/new-password`
pub async fn ask_first(asked: Asked) -> Answer {
    page(&asked, &Wrong::Nothing)
}

/// `POST /account/password`
pub async fn choose(asked: Asked) -> Answer {
    match changed(&asked).await? {
        Ok(token) => Ok(with_cookie(pages::redirect("/account?done=password"), session::cookie(&token))),
        Err(page) => Ok(*page),
    }
}

/// `POST /login/new-password`
pub async fn choose_first(asked: Asked) -> Answer {
    match changed(&asked).await? {
        Ok(token) => {
            let user = &asked.visitor()?.user;
            let bare = is_bare(&asked, user.workspace_id, user.id).await?;
            Ok(onward(&asked, Stage::Full, &token, bare))
        }
        Err(page) => Ok(*page),
    }
}

/// Changes the password; gives the session's new token, or the page that says why not.
async fn changed(asked: &Asked) -> Result<Result<String, Box<Response>>, Trouble> {
    let compared = match confirmed(asked).await? {
        Ok(compared) => compared,
        Err(Refused::Page(page)) => return Ok(Err(page)),
        Err(Refused::Wrong) => {
            return Ok(Err(Box::new(page(asked, &Wrong::Present("password-wrong"))?)));
        }
    };
    let visitor = asked.visitor()?;
    let chosen = asked.field("password").unwrap_or_default().to_owned();
    if asked.field("current") == Some(chosen.as_str()) {
        return Ok(Err(Box::new(page(asked, &Wrong::Same)?)));
    }
    let password_hash = match password::hash_for(chosen, words(asked, &visitor.user).await?).await {
        Ok(hash) => hash,
        Err(refused) if refused.is_refusal() => {
            return Ok(Err(Box::new(page(asked, &Wrong::Chosen(refused))?)));
        }
        Err(error) => return Err(Trouble::Internal(error.to_string())),
    };
    let token = secret::new_plain()?;
    let command = ChangePassword {
        workspace: visitor.user.workspace_id,
        user: visitor.user.id,
        compared,
        password_hash,
        session: visitor.session.id,
        token_hash: secret::hash(&token),
        lifetime: asked.app.settings.sessions.lifetime(),
    };
    if asked.execute(command).await? {
        return Ok(Ok(token));
    }
    Ok(Err(Box::new(page(asked, &Wrong::Present("password-changed-elsewhere"))?)))
}

/// Why somebody did not prove that they know their password.
pub(super) enum Refused {
    /// They have to wait.
    Page(Box<Response>),
    /// It was another one.
    Wrong,
}

/// Compares the field `current` with the visitor's password, under the same count as their logins; gives the hash with
/// which it was compared.
pub(super) async fn confirmed(asked: &Asked) -> Result<Result<String, Refused>, Trouble> {
    let visitor = asked.visitor()?;
    let keys = password_keys(asked, &account_of(&visitor.user), Some(visitor.user.id));
    if let Err(wait) = turn(asked, &keys).await? {
        return Ok(Err(Refused::Page(wait)));
    }
    let kept = passwords::find(&mut asked.app.store.read().await?, visitor.user.id).await?;
    let hash = kept.and_then(|kept| kept.password_hash);
    let current = asked.field("current").unwrap_or_default().to_owned();
    let Ok(is_right) = asked.app.verifier.verify(hash.clone(), current).await else {
        return Ok(Err(Refused::Page(Box::new(pages::busy(&Around::plain(asked, "/account"))))));
    };
    let (Some(hash), true) = (hash, is_right) else {
        failures::own(asked, &visitor.user, "user.confirm_password", "the present password was wrong");
        return Ok(Err(Refused::Wrong));
    };
    asked.app.store.write(TakeBack { keys }).await?;
    Ok(Ok(hash))
}
