//! `/oauth/logout`: a client sends somebody here to sign out (OpenID Connect RP-Initiated Logout). Whoever did not just
//! come from their own session is asked first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::authorize::{leave, parameters};
use crate::command::CommandError;
use crate::command::sessions::EndSession;
use crate::http::around::Around;
use crate::http::journal::Asked;
use crate::http::session::{Visitor, anybody, cleared, held, same_origin};
use crate::http::upstream::logout_address;
use crate::http::{App, pages};
use crate::provider::authorize::{Parameters, with_parameters};
use crate::provider::tokens::{self, Hint};
use crate::store::{StoreError, login_clients};

/// Where people sign out.
const PATH: &str = "/oauth/logout";
/// The parameters that the form carries on.
const CARRIED: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

#[derive(Template)]
#[template(path = "provider_logout.html")]
struct Ask<'a> {
    frame: &'a Around,
    name: &'a str,
    proof: &'a str,
    fields: Vec<(&'static str, &'a str)>,
}

/// Answers `GET` and `POST /oauth/logout`.
pub async fn logout(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let around = Around::bare(&app, &parts.headers, "/oauth/logout");
    let Some(parameters) = parameters(&app, &parts, body).await else {
        return wrong(&around, "signout-wrong-unreadable");
    };
    // With what another site posts, browsers send no cookie of ours; with a redirect they do.
    if parts.method == Method::POST && held(&parts.headers).is_none() {
        return pages::redirect(&parameters.at(PATH));
    }
    answer(&app, &around, &parts, &parameters).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a request to sign out could not be answered");
        pages::busy(&around)
    })
}

async fn answer(app: &App, around: &Around, parts: &Parts, parameters: &Parameters) -> Result<Response, StoreError> {
    let now = app.clock.now();
    let hint = match parameters.get("id_token_hint") {
        Some(token) => tokens::hint(&app.ring, &app.public_url, token, now).await,
        None => None,
    };
    let named = parameters.get("client_id").filter(|id| !id.contains('\0'));
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.aud != named
    {
        return Ok(wrong(around, "signout-wrong-hint"));
    }
    let onward = match onward(app, around, parameters, hint.as_ref(), named).await? {
        Ok(onward) => onward,
        Err(page) => return Ok(page),
    };
    let Some(visitor) = anybody(app, &parts.headers).await? else {
        return Ok(gone(around, onward.as_deref(), false));
    };
    let anchor = format!("sign out of {}", visitor.session.id);
    let is_own = hint.is_some_and(|hint| hint.sid == visitor.session.id && hint.sub == visitor.user.id);
    let is_confirmed = parts.method == Method::POST
        && same_origin(&parts.headers, app)
        && parameters.get("proof").is_some_and(|proof| app.browser_keys.is_form(&anchor, proof));
    if !is_own && !is_confirmed {
        let fields = CARRIED.iter().filter_map(|name| parameters.get(name).map(|value| (*name, value))).collect();
        let (name, proof) = (visitor.user.full_name(), app.browser_keys.form(&anchor));
        return Ok(pages::page(StatusCode::OK, &Ask { frame: around, name: &name, proof: &proof, fields }));
    }
    end(app, parts, &visitor).await?;
    // Where the session came from a provider, its own ends too, on the way.
    let onward = logout_address(app, &visitor.session, onward.as_deref()).await.or(onward);
    let mut response = gone(around, onward.as_deref(), is_confirmed);
    response.headers_mut().append(SET_COOKIE, cleared());
    Ok(response)
}

/// Where the browser goes afterwards, if the client says so and may.
async fn onward(
    app: &App,
    around: &Around,
    parameters: &Parameters,
    hint: Option<&Hint>,
    named: Option<&str>,
) -> Result<Result<Option<String>, Response>, StoreError> {
    let Some(uri) = parameters.get("post_logout_redirect_uri") else { return Ok(Ok(None)) };
    let Some(id) = hint.map(|hint| hint.aud.as_str()).or(named) else {
        return Ok(Err(wrong(around, "signout-wrong-program")));
    };
    let found = login_clients::find(&mut app.store.read().await?, id).await?.map(|kept| kept.client);
    let is_known = found
        .is_some_and(|client| client.revoked_at.is_none() && client.post_logout_uris.iter().any(|known| known == uri));
    if !is_known {
        return Ok(Err(wrong(around, "signout-wrong-address")));
    }
    Ok(Ok(Some(with_parameters(uri, &[("state", parameters.state())]))))
}

async fn end(app: &App, parts: &Parts, visitor: &Visitor) -> Result<(), StoreError> {
    let asked = Asked::of(parts, &parts.headers);
    let end = EndSession {
        workspace: visitor.session.workspace_id,
        user: visitor.user.id,
        session: visitor.session.id,
        reason: "logout",
    };
    match app.commands.execute(&visitor.actor(asked.request_id, asked.address), end).await {
        Err(CommandError::Store(error)) => Err(error),
        // It ended already.
        _ => Ok(()),
    }
}

/// What follows when nobody is signed in any more. From a form of ours the way to another site is by a page.
fn gone(around: &Around, onward: Option<&str>, was_form: bool) -> Response {
    match onward {
        Some(to) if was_form => pages::onward(around, to),
        Some(to) => leave(around, to),
        None => pages::notice(around, StatusCode::OK, "signout-done-title", around.say("signout-done"), None),
    }
}

fn wrong(around: &Around, what: &str) -> Response {
    let sentence = around.fill("signout-wrong").with("what", around.say(what));
    let next = Some(("signout-bridge", "/oauth/logout"));
    pages::notice(around, StatusCode::BAD_REQUEST, "signout-wrong-title", sentence, next)
}
