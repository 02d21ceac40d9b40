//! HTTP: the router, the server, and the folders of each surface. Nothing here decides anything.

pub mod access;
mod agent;
pub mod api;
pub mod around;
pub mod auth;
mod body;
pub mod browser;
pub mod console;
mod downloads;
mod fields;
pub mod following;
mod forwarded;
mod health;
pub mod journal;
pub mod limits;
pub mod login;
mod looking;
mod masking;
mod metrics;
pub mod pages;
pub mod portion;
pub mod provider;
pub mod return_to;
mod reviewing;
pub mod scim;
mod sealing;
mod server;
pub mod session;
pub mod sso;
mod table;
pub mod texts;
mod trouble;
pub mod turned_away;
mod upstream;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;

pub use crate::app::App;
pub use server::serve;

use crate::ids::RequestId;
use crate::metrics::{self as metric, Metrics};
use crate::scim::error::ScimError;
use crate::telemetry::Telemetry;

/// The header that names a request, in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that says in which trace a request is made.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Everything that is served.
pub fn router(app: &Arc<App>) -> Router {
    let mut own = Router::new().route("/livez", get(health::livez)).route("/readyz", get(health::readyz));
    if app.settings.metrics.enabled {
        own = own.route("/metrics", get(metrics::read));
    }
    let router = own
        .fallback(pages::fallback)
        .with_state(Arc::clone(app))
        .merge(scim::router(app))
        .merge(sso::router(app))
        .merge(api::router(app))
        .merge(login::router(app))
        .merge(provider::router(app))
        .merge(console::router(app))
        .merge(pages::assets())
        .layer(from_fn_with_state(
            Watching { metrics: Arc::clone(&app.metrics), telemetry: app.telemetry.clone() },
            identified,
        ));
    if app.public_url.starts_with("https://") { router.layer(from_fn(pages::by_tls)) } else { router }
}

/// What is answered to a request that met a mistake of ours, in the form of whoever asks.
fn panicked(path: &str) -> Response {
    const SAID: &str = "Something went wrong inside the bridge. The request id finds it in the log.";
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    if path.starts_with(scim::BASE) {
        let headers = [(CONTENT_TYPE, "application/scim+json")];
        return (status, headers, ScimError::internal(SAID).to_json().to_string()).into_response();
    }
    if path.starts_with(api::BASE) {
        let body = serde_json::json!({"status": "error", "message": SAID, "code": "internal"});
        return (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    }
    (status, format!("{SAID}\n")).into_response()
}

/// Who watches what is served.
#[derive(Clone)]
struct Watching {
    metrics: Arc<Metrics>,
    telemetry: Option<Telemetry>,
}

impl Watching {
    /// Answers a request, in a span where there are traces.
    async fn traced(&self, route: Option<&MatchedPath>, request: Request, next: Next) -> Response {
        let Some(telemetry) = &self.telemetry else { return next.run(request).await };
        let route = self.metrics.requests.route(route.map(MatchedPath::as_str));
        let method = metric::method(request.method().as_str());
        let mut parents = request.headers().get_all(TRACEPARENT).iter();
        let parent = match (parents.next(), parents.next()) {
            (Some(parent), None) => parent.to_str().ok().map(str::to_owned),
            _ => None,
        };
        let status = |response: &Response| response.status().as_u16();
        telemetry.request(parent.as_deref(), method, route, next.run(request), status).await
    }
}

/// A path as it may be written down: one that holds a set-up link is as good as the link.
fn loggable(path: &str) -> String {
    match path.strip_prefix("/setup/") {
        Some(rest) if rest.len() >= 20 => "/setup/{token}".to_owned(),
        _ => path.to_owned(),
    }
}

/// Gives every request an id, every answer its headers, and turns a panic into a 500 of one request.
async fn identified(State(watching): State<Watching>, mut request: Request, next: Next) -> Response {
    let (id, started) = (RequestId::fresh(), Instant::now());
    request.extensions_mut().insert(id);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (method, path) = (request.method().clone(), loggable(request.uri().path()));
    let outcome = std::panic::AssertUnwindSafe(watching.traced(route.as_ref(), request, next)).catch_unwind().await;
    let mut response = outcome.unwrap_or_else(|_| {
        tracing::error!(request_id = %id, %method, path, "a request panicked");
        panicked(&path)
    });
    let (status, took) = (response.status().as_u16(), started.elapsed());
    watching.metrics.requests.answered(route.as_ref().map(MatchedPath::as_str), method.as_str(), status, took);
    if !path.starts_with(scim::BASE) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(request_id = %id, %method, path, status, micros, "request");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_500_of_one_request_in_the_form_of_whoever_asks() {
        async fn broken() -> &'static str {
            panic!("a test panics on purpose")
        }
        let metrics = Arc::new(Metrics::new(&crate::metrics::Writes::default()));
        let router: Router = Router::new()
            .route("/scim/v2/x", get(broken))
            .route("/x", get(broken))
            .layer(from_fn_with_state(Watching { metrics, telemetry: None }, identified));
        for (path, kind) in [("/scim/v2/x", "application/scim+json"), ("/x", "text/plain; charset=utf-8")] {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(answer.headers()[CONTENT_TYPE], kind);
            assert!(answer.headers().contains_key(REQUEST_ID));
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("purpose"));
        }
    }
}
