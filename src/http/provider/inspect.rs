//! `POST /oauth/introspect` (RFC 7662): what a token is worth now. `POST /oauth/revoke` (RFC 7009): its end.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::form::{Form, Question, Refusal, serve};
use super::grants;
use super::proof::Client;
use crate::command::grants::RevokeGrant;
use crate::http::App;
use crate::http::journal::Asked;
use crate::secret::{self, ACCESS_PREFIX, REFRESH_PREFIX};
use crate::store;

/// Answers `POST /oauth/introspect`.
pub async fn introspect(State(app): State<Arc<App>>, request: Request) -> Response {
    serve(app, Question::Introspect, request).await
}

/// Answers `POST /oauth/revoke`.
pub async fn revoke(State(app): State<Arc<App>>, request: Request) -> Response {
    serve(app, Question::Revoke, request).await
}

/// The hash of the token that a form names; none where it can be none of ours.
fn named(form: &Form) -> Result<Option<[u8; 32]>, Refusal> {
    let token = form.get("token").ok_or(Refusal::InvalidRequest("token is missing"))?;
    let is_ours = secret::is_of(ACCESS_PREFIX, token) || secret::is_of(REFRESH_PREFIX, token);
    Ok(is_ours.then(|| secret::hash(token)))
}

/// What a token is worth now. A client learns it of its own tokens, and of others nothing: they are worth nothing to it.
pub async fn worth(app: &App, form: &Form, client: &Client) -> Result<Value, Refusal> {
    let nothing = json!({"active": false});
    let (Some(hash), Client::Login(client)) = (named(form)?, client) else { return Ok(nothing) };
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let seen = now - app.settings.sessions.lifetime().idle;
    let found = store::grants::find_living(&mut conn, hash, now, seen).await?;
    let Some(row) = found.filter(|row| row.client_id == client.id && row.used_at.is_none()) else { return Ok(nothing) };
    let name = store::grants::user_name(&mut conn, row.user_id).await?;
    Ok(json!({
        "active": true, "iss": app.public_url, "client_id": row.client_id, "aud": row.client_id, "sub": row.user_id,
        "username": name, "scope": row.scope, "sid": row.session_id, "workspace_id": row.workspace_id,
        "token_type": if row.kind == "access" { "Bearer" } else { "refresh_token" },
        "iat": row.token_created_at.timestamp(), "exp": row.token_expires_at.timestamp(),
    }))
}

/// Ends a token. One that is not known here needs no ending (§2.2).
pub async fn end(app: &App, form: &Form, client: Client, asked: &Asked<'_>) -> Result<Value, Refusal> {
    if let (Some(hash), Client::Login(client)) = (named(form)?, client) {
        let actor = grants::actor(&client, asked);
        app.commands.execute(&actor, RevokeGrant { client, hash }).await?;
    }
    Ok(Value::Null)
}
