//! The OpenID Provider: its documents, and everything below `/oauth`.

mod authorize;
mod form;
mod grants;
mod inspect;
mod logout;
mod proof;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;

use super::App;
use crate::provider::discovery;

/// How long a client may go on with what it knows of keys, in seconds: new ones are published a day before they sign.
const KEYS_KEPT: &str = "public, max-age=300";

/// Everything that the provider serves.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/.well-known/oauth-authorization-server", get(configuration))
        .route("/.well-known/jwks.json", get(keys))
        .route("/oauth/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/oauth/logout", get(logout::logout).post(logout::logout))
        .route("/oauth/token", post(token::token))
        .route("/oauth/introspect", post(inspect::introspect))
        .route("/oauth/revoke", post(inspect::revoke))
        .route("/oauth/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .with_state(Arc::clone(app))
}

async fn configuration(State(app): State<Arc<App>>) -> Response {
    document(&discovery::document(&app.public_url))
}

async fn keys(State(app): State<Arc<App>>) -> Response {
    document(&app.ring.published(app.clock.now()))
}

fn document(json: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, KEYS_KEPT)], json.to_string()).into_response()
}
