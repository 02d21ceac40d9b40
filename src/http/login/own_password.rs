//! `/account/password`, and `/login/new-password` for whom somebody else chose one: another password, by whoever knows the
//! present one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NOT_TAKEN, account_of, failures, is_bare, onward, password_keys, turn, wanted, with_cookie, words};
use crate::command::passwords::ChangePassword;
use crate::command::throttles::TakeBack;
use crate::domain::session::Stage;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{pages, session};
use crate::password::{self, PasswordError};
use crate::secret;
use crate::store::passwords;

#[derive(Template)]
#[template(path = "choose.html")]
struct Page<'a> {
    proof: &'a str,
    /// Where the form goes.
    action: &'a str,
    return_to: &'a str,
    email: &'a str,
    /// Whether somebody else chose the present one.
    is_first: bool,
    problem: Option<&'a str>,
    /// The field that is wrong.
    wrong: &'a str,
}

fn page(asked: &Asked, status: StatusCode, wrong: &str, problem: Option<&str>) -> Answer {
    let visitor = asked.visitor()?;
    let is_first = visitor.session.stage == Stage::NewPassword;
    let action = if is_first { "/login/new-password" } else { "/account/password" };
    let email = visitor.user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let return_to = wanted(asked).unwrap_or_default();
    let (proof, email, return_to) = (asked.proof.as_str(), email.as_str(), return_to.as_str());
    Ok(pages::page(status, &Page { proof, action, return_to, email, is_first, problem, wrong }))
}

/// What is said of a password that is not taken.
pub(super) fn told(refused: &PasswordError) -> String {
    match refused {
        PasswordError::TooShort => format!("Choose a password of {} characters or more.", password::SHORTEST),
        PasswordError::TooLong => format!("Choose a password of {} bytes at the most.", password::LONGEST),
        PasswordError::TooEasy | PasswordError::Hash(_) => {
            "This password is too easy to guess: it is common, a pattern, or made of your own name or address. A few words \
             that have nothing to do with each other make a good one."
                .to_owned()
        }
    }
}

/// `GET /account/password`
pub async fn ask(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    if !visitor.user.has_password {
        let sentence = "Your account has no password. You can choose one through a link in a mail.";
        let next = Some(("Get a link", "/password/forgot"));
        return Ok(pages::notice(StatusCode::OK, "No password yet", sentence, next));
    }
    page(&asked, StatusCode::OK, "", None)
}

/// `GET /login/new-password`
pub async fn ask_first(asked: Asked) -> Answer {
    page(&asked, StatusCode::OK, "", None)
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
            Ok(onward(Stage::Full, &token, wanted(&asked).as_deref(), bare))
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
            let problem = Some("This is not your present password.");
            return Ok(Err(Box::new(page(asked, NOT_TAKEN, "current", problem)?)));
        }
    };
    let visitor = asked.visitor()?;
    let chosen = asked.field("password").unwrap_or_default().to_owned();
    if asked.field("current") == Some(chosen.as_str()) {
        let problem = Some("Choose another password than the present one.");
        return Ok(Err(Box::new(page(asked, NOT_TAKEN, "password", problem)?)));
    }
    let password_hash = match password::hash_for(chosen, words(asked, &visitor.user).await?).await {
        Ok(hash) => hash,
        Err(refused) if refused.is_refusal() => {
            return Ok(Err(Box::new(page(asked, NOT_TAKEN, "password", Some(&told(&refused)))?)));
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
    let problem = Some("Your password was changed elsewhere in the meantime. Log in again.");
    Ok(Err(Box::new(page(asked, NOT_TAKEN, "current", problem)?)))
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
        return Ok(Err(Refused::Page(Box::new(pages::busy()))));
    };
    let (Some(hash), true) = (hash, is_right) else {
        failures::own(asked, &visitor.user, "user.confirm_password", "the present password was wrong");
        return Ok(Err(Refused::Wrong));
    };
    asked.app.store.write(TakeBack { keys }).await?;
    Ok(Ok(hash))
}
