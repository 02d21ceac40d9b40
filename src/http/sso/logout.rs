//! Logging out together with the provider: RP-Initiated Logout 1.0, and Back-Channel Logout 1.0.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::{LOGIN, actor, busy, usable};
use crate::command::upstream::EndUpstream;
use crate::command::{CommandError, Subject};
use crate::http::around::Around;
use crate::http::journal::Asked;
use crate::http::upstream::{Onward, came_back};
use crate::http::{App, pages};

/// The largest request, in bytes.
const MOST: usize = 65_536;

/// What the provider says when it sends the browser back.
#[derive(Debug, Deserialize)]
pub struct Returned {
    state: Option<String>,
}

/// `GET /sso/{connection}/logged-out`
pub async fn logged_out(
    State(app): State<Arc<App>>,
    Path(connection): Path<String>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Response {
    let around = &Around::bare(&app, &headers, "/login");
    let usable = match usable(&app, around, &connection).await {
        Ok(usable) => usable,
        Err(page) => return page,
    };
    let known = returned.state.and_then(|state| came_back(&app, usable.connection.id, &state));
    let Some(onward) = known else {
        let sentence = around.say("signin-not-out");
        return pages::notice(around, StatusCode::BAD_REQUEST, "signin-not-out-title", sentence, LOGIN);
    };
    // A program sent them to sign out: back to it.
    if let Onward::To(onward) = onward {
        return pages::redirect(&onward);
    }
    let (sentence, again) = (around.say("signin-out"), Some(("logout-again", "/login")));
    pages::notice(around, StatusCode::OK, "signin-out-title", sentence, again)
}

/// `POST /sso/{connection}/backchannel-logout`: the provider says that a session, or a person, is to be out.
pub async fn backchannel(State(app): State<Arc<App>>, Path(connection): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts, &parts.headers);
    let around = &Around::bare(&app, &parts.headers, "");
    let Ok(usable) = usable(&app, around, &connection).await else {
        return told("invalid_request", "there is no such connection");
    };
    let is_form = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let body = axum::body::to_bytes(body, MOST).await.unwrap_or_default();
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None, true) = (tokens.next(), tokens.next(), is_form) else {
        return told("invalid_request", "there is exactly one logout_token, in a form");
    };
    let connection = &usable.connection;
    let actor = actor(connection, &asked);
    let token = match app.relying.logout_token(&usable.provider, &token).await {
        Ok(token) => token,
        Err(error) => {
            let subject = Subject { kind: "connection", id: connection.id.to_string(), name: connection.name.clone() };
            let sentence = format!("{}: {error}", error.code());
            app.commands.refused(&actor, Some(connection.workspace_id), "backchannel_logout", subject, sentence).await;
            return told("invalid_request", &error.to_string());
        }
    };
    let command = EndUpstream {
        workspace: connection.workspace_id,
        connection: connection.id,
        issuer: connection.issuer.clone(),
        subject: token.sub,
        sid: token.sid,
        jti: token.jti,
        expires_at: DateTime::from_timestamp(token.expires_at, 0).unwrap_or_else(|| app.clock.now()),
    };
    match app.commands.execute(&actor, command).await {
        Ok(_) => (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response(),
        Err(CommandError::Store(error)) => busy(around, &error),
        Err(error) => told("invalid_request", &error.to_string()),
    }
}

/// A refusal as Back-Channel Logout 1.0 §2.8 has it.
fn told(error: &str, why: &str) -> Response {
    let body = json!({"error": error, "error_description": why}).to_string();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}
