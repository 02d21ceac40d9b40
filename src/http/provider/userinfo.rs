//! `/oauth/userinfo`: what the directory says now about whoever an access token is about (OpenID Connect Core §5.3).

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::domain::login_client::Scopes;
use crate::http::App;
use crate::http::auth::bearer;
use crate::http::journal::Asked;
use crate::http::session::note_use;
use crate::ids::{SessionId, UserId, WorkspaceId};
use crate::provider::claims::Subject;
use crate::secret;
use crate::store::{self, StoreError};

/// Why there is nothing (RFC 6750 §3.1).
enum Refusal {
    Missing,
    InvalidToken,
    InsufficientScope,
    Unavailable(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

/// Answers `GET` and `POST /oauth/userinfo`.
pub async fn userinfo(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let asked = Asked::of(&parts, &parts.headers);
    let refusal = match about(&app, asked.headers).await {
        Ok(claims) => return ([(CONTENT_TYPE, "application/json")], claims.to_string()).into_response(),
        Err(refusal) => refusal,
    };
    let (status, challenge) = match refusal {
        Refusal::Missing => (StatusCode::UNAUTHORIZED, "Bearer realm=\"aisoule-bridge\""),
        Refusal::InvalidToken => (
            StatusCode::UNAUTHORIZED,
            "Bearer realm=\"aisoule-bridge\", error=\"invalid_token\", error_description=\"the access token expired, was \
             revoked, or is none of this provider's\"",
        ),
        Refusal::InsufficientScope => {
            (StatusCode::FORBIDDEN, "Bearer realm=\"aisoule-bridge\", error=\"insufficient_scope\", scope=\"openid\"")
        }
        Refusal::Unavailable(error) => {
            tracing::warn!(%error, "userinfo could not be answered");
            return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response();
        }
    };
    if status == StatusCode::UNAUTHORIZED
        && let Err(wait) = app.strangers.failed(asked.address, Instant::now())
    {
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1))]).into_response();
    }
    (status, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

async fn about(app: &App, headers: &HeaderMap) -> Result<Value, Refusal> {
    let token = bearer(headers).ok_or(Refusal::Missing)?;
    if !secret::is_of(secret::ACCESS_PREFIX, token) {
        return Err(Refusal::InvalidToken);
    }
    let now = app.clock.now();
    let seen = now - app.settings.sessions.lifetime().idle;
    let mut conn = app.store.read().await?;
    let found = store::grants::find_living(&mut conn, secret::hash(token), now, seen).await?;
    let row = found.filter(|row| row.kind == "access").ok_or(Refusal::InvalidToken)?;
    let scope = Scopes::parse(&row.scope);
    if !scope.openid {
        return Err(Refusal::InsufficientScope);
    }
    // Whoever works in the client is there. A grant that outlives its session says nothing of that.
    let session = SessionId(row.session_id);
    if !row.offline
        && let Some(last_seen) = store::sessions::last_seen(&mut conn, session).await?
    {
        note_use(app, session, last_seen);
    }
    let (workspace, user) = (WorkspaceId(row.workspace_id), UserId(row.user_id));
    let subject = Subject::load(&mut conn, workspace, user, row.proved_email).await?;
    Ok(subject.ok_or(Refusal::InvalidToken)?.userinfo(scope).into())
}
