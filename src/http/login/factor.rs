//! `/login/second-factor`: the code from somebody's phone, or one of their recovery codes.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NOT_TAKEN, device, failures, onward, turn, wanted, with_cookie};
use crate::command::second_factors::{PassFactor, Proof};
use crate::command::throttles::Keys;
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::session::Visitor;
use crate::http::{pages, return_to};
use crate::store::second_factors;
use crate::{secret, totp};

/// What is said of every code that opens nothing.
const FAILED: &str = "factor-failed";

#[derive(Template)]
#[template(path = "factor.html")]
struct Page<'a> {
    frame: Around,
    return_to: &'a str,
    problem: Option<Cow<'static, str>>,
}

fn page(asked: &Asked, status: StatusCode, problem: Option<&str>) -> Response {
    let back = wanted(asked);
    let home = return_to::with("/login/second-factor", &[("return_to", back.as_deref())]);
    let frame = Around::plain(asked, &home);
    let problem = problem.map(|name| frame.say(name));
    pages::page(status, &Page { frame, return_to: &back.unwrap_or_default(), problem })
}

/// `GET /login/second-factor`
pub async fn ask(asked: Asked) -> Answer {
    Ok(page(&asked, StatusCode::OK, None))
}

/// `POST /login/second-factor`
pub async fn give(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let known = device::of(&asked.app, &asked.headers, visitor.user.id);
    let keys = Keys::factor(visitor.user.id, known.as_deref());
    if let Err(wait) = turn(&asked, &keys).await? {
        return Ok(*wait);
    }
    let Some((sealed, proof)) = compared(&asked, visitor).await? else {
        failures::own(&asked, &visitor.user, "second_factor.give", "the code was wrong");
        return Ok(page(&asked, NOT_TAKEN, Some(FAILED)));
    };
    let token = secret::new_plain()?;
    let command = PassFactor {
        workspace: visitor.user.workspace_id,
        user: visitor.user.id,
        sealed,
        proof,
        session: visitor.session.id,
        token_hash: secret::hash(&token),
        keys,
        lifetime: asked.app.settings.sessions.lifetime(),
    };
    let Some(stage) = asked.execute(command).await? else {
        failures::own(&asked, &visitor.user, "second_factor.give", "the code was used before");
        return Ok(page(&asked, NOT_TAKEN, Some(FAILED)));
    };
    let response = onward(&asked, stage, &token, false);
    Ok(with_cookie(response, device::known(&asked.app, &asked.headers, visitor.user.id)?))
}

/// What was given, where it can be right, with the secret with which it was compared.
async fn compared(asked: &Asked, visitor: &Visitor) -> Result<Option<(Vec<u8>, Proof)>, Trouble> {
    let factor = second_factors::find(&mut asked.app.store.read().await?, visitor.user.id).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else { return Ok(None) };
    let code: String =
        asked.field("code").unwrap_or_default().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() == totp::DIGITS {
        let secret = totp::open(&asked.app.master, visitor.user.id, &factor.secret)?;
        let step = totp::step_of(&secret, &code, asked.app.clock.now());
        return Ok(step.map(|step| (factor.secret, Proof::Step(step))));
    }
    let hash = totp::recovery_hash(&asked.app.master, visitor.user.id, &code);
    Ok(factor.codes().contains(&hash).then_some((factor.secret, Proof::Recovery(hash))))
}
