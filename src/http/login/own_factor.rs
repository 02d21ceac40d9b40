//! `/account/second-factor`: setting one up, and taking it away.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;

use super::own_password::{Refused, confirmed};
use super::{NOT_TAKEN, failures, turn, wanted, with_cookie};
use crate::command::second_factors::{BeginFactor, ConfirmFactor, RemoveFactor};
use crate::command::throttles::{Keys, TakeBack};
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::{pages, return_to, session};
use crate::store::second_factors;
use crate::{secret, totp};

/// Where somebody stands.
#[derive(PartialEq)]
enum State {
    None,
    Begun { picture: String, typed: String },
    Confirmed,
}

#[derive(Template)]
#[template(path = "own_factor.html")]
struct Page<'a> {
    frame: Around,
    state: State,
    has_password: bool,
    is_protected: bool,
    /// Whether it is a protected account without a second factor.
    is_bare: bool,
    problem: Option<Cow<'static, str>>,
    /// Where somebody wanted to go when they logged in; empty: nowhere.
    return_to: &'a str,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct Recovery {
    frame: Around,
    codes: Vec<String>,
    /// Where somebody goes who has kept them.
    next: String,
}

async fn page(asked: &Asked, status: StatusCode, problem: Option<&str>) -> Answer {
    let user = &asked.visitor()?.user;
    let factor = second_factors::find(&mut asked.app.store.read().await?, user.id).await?;
    let state = match factor {
        None => State::None,
        Some(factor) if factor.confirmed_at.is_some() => State::Confirmed,
        Some(factor) => {
            let opened = totp::open(&asked.app.master, user.id, &factor.secret)?;
            let account = user.email().map_or_else(|| user.full_name(), |email| email.as_str().to_owned());
            let shown = totp::shown(&opened, &account);
            let (picture, typed) = shown.ok_or_else(|| Trouble::Internal("a QR code can't be drawn".into()))?;
            State::Begun { picture, typed }
        }
    };
    let (has_password, is_protected) = (user.has_password, user.protected);
    let return_to = &wanted(asked).unwrap_or_default();
    let is_bare = is_protected && state != State::Confirmed;
    let frame = Around::plain(asked, &own(asked));
    let problem = problem.map(|name| frame.say(name));
    let page = Page { frame, state, has_password, is_protected, is_bare, problem, return_to };
    Ok(pages::page(status, &page))
}

/// The address of the page, with where somebody wanted to go.
fn own(asked: &Asked) -> String {
    return_to::with("/account/second-factor", &[("return_to", wanted(asked).as_deref())])
}

/// The page again.
fn again(asked: &Asked) -> axum::response::Response {
    pages::redirect(&own(asked))
}

/// `GET /account/second-factor`
pub async fn show(asked: Asked) -> Answer {
    page(&asked, StatusCode::OK, None).await
}

/// What is answered to somebody who does not give their password; none where they do, or have none to give.
async fn unconfirmed(asked: &Asked) -> Result<Option<axum::response::Response>, Trouble> {
    if !asked.visitor()?.user.has_password {
        return Ok(None);
    }
    match confirmed(asked).await? {
        Ok(_) => Ok(None),
        Err(Refused::Page(page)) => Ok(Some(*page)),
        Err(Refused::Wrong) => Ok(Some(page(asked, NOT_TAKEN, Some("factor-wrong-password")).await?)),
    }
}

/// `POST /account/second-factor`
pub async fn begin(asked: Asked) -> Answer {
    if let Some(refused) = unconfirmed(&asked).await? {
        return Ok(refused);
    }
    let user = &asked.visitor()?.user;
    let sealed = totp::fresh(&asked.app.master, user.id)?;
    asked.execute(BeginFactor { workspace: user.workspace_id, user: user.id, sealed }).await?;
    Ok(again(&asked))
}

/// `POST /account/second-factor/confirm`
pub async fn confirm(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let user = &visitor.user;
    let keys = Keys::factor(user.id, None);
    if let Err(wait) = turn(&asked, &keys).await? {
        return Ok(*wait);
    }
    let factor = second_factors::find(&mut asked.app.store.read().await?, user.id).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_none()) else {
        return Ok(again(&asked));
    };
    let opened = totp::open(&asked.app.master, user.id, &factor.secret)?;
    let code: String = asked.field("code").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let Some(step) = totp::step_of(&opened, &code, asked.app.clock.now()) else {
        failures::own(&asked, user, "second_factor.confirm", "the code was wrong");
        return page(&asked, NOT_TAKEN, Some("factor-wrong-code")).await;
    };
    let codes = totp::recovery_codes()?;
    let token = secret::new_plain()?;
    let command = ConfirmFactor {
        workspace: user.workspace_id,
        user: user.id,
        sealed: factor.secret,
        step,
        codes: codes.iter().map(|code| totp::recovery_hash(&asked.app.master, user.id, code)).collect(),
        session: visitor.session.id,
        token_hash: secret::hash(&token),
    };
    if !asked.execute(command).await? {
        return Ok(again(&asked));
    }
    asked.app.store.write(TakeBack { keys }).await?;
    let shown = codes.iter().map(|code| code.split_at(5)).map(|(one, two)| format!("{one}-{two}")).collect();
    let next = wanted(&asked).unwrap_or_else(|| "/account".to_owned());
    Ok(with_cookie(
        pages::page(StatusCode::OK, &Recovery { frame: Around::plain(&asked, ""), codes: shown, next }),
        session::cookie(&token),
    ))
}

/// `POST /account/second-factor/remove`
pub async fn remove(asked: Asked) -> Answer {
    if let Some(refused) = unconfirmed(&asked).await? {
        return Ok(refused);
    }
    let user = &asked.visitor()?.user;
    asked.execute(RemoveFactor { workspace: user.workspace_id, user: user.id }).await?;
    Ok(pages::redirect("/account?done=factor-removed"))
}
