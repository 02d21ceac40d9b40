//! HTTP: the router, the server, and the folders of each surface. Nothing here decides anything.

pub mod auth;
mod health;
pub mod journal;
pub mod limits;
mod masking;
pub mod oauth;
pub mod scim;
mod server;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::FutureExt;

pub use crate::app::App;
pub use server::serve;

use crate::ids::RequestId;

/// The header that names a request, in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that is served.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/oauth/token", post(oauth::token))
        .with_state(Arc::clone(app))
        .merge(scim::router(app))
        .fallback(|| async { (StatusCode::NOT_FOUND, "Not found.\n") })
        .layer(from_fn(identified))
}

/// Gives every request an id, every answer its headers, and turns a panic into a 500 of one request.
async fn identified(mut request: Request, next: Next) -> Response {
    let (id, started) = (RequestId::fresh(), Instant::now());
    request.extensions_mut().insert(id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let outcome = std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = outcome.unwrap_or_else(|_| {
        tracing::error!(request_id = %id, %method, path, "a request panicked");
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong inside the bridge.\n").into_response()
    });
    if !path.starts_with(scim::BASE) {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(request_id = %id, %method, path, status = response.status().as_u16(), micros, "request");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}
