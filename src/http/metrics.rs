//! `/metrics`: the figures, for whoever may read them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::App;
use crate::metrics::{CONTENT_TYPE as FIGURES, Vitals};
use crate::secret;
use crate::settings::Secret;
use crate::store::totals;

/// How long the database has to answer; without it there are the other figures.
const IN_TIME: Duration = Duration::from_secs(3);

/// Fields by which a proxy says that it hands a request on.
const HANDED_ON: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// `GET /metrics`
pub async fn read(
    State(app): State<Arc<App>>,
    ConnectInfo(sender): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let may = match &app.settings.metrics.token {
        Some(token) => has(&headers, token),
        None => is_from_here(sender, &headers),
    };
    if !may {
        if let Err(wait) = app.strangers.failed(Some(sender.ip()), Instant::now()) {
            return (
                StatusCode::TOO_MANY_REQUESTS,
                [(RETRY_AFTER, wait.as_secs() + 1)].map(|(name, wait)| (name, wait.to_string())),
            )
                .into_response();
        }
        return refusal(app.settings.metrics.token.is_some());
    }
    match app.metrics.text(&vitals(&app).await) {
        Ok(text) => ([(CONTENT_TYPE, FIGURES)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether a request has the token. How long the look takes tells nothing of it.
fn has(headers: &HeaderMap, token: &Secret) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    given.is_some_and(|given| secret::hash(given.trim()).ct_eq(&secret::hash(token.reveal())).into())
}

/// Whether a request comes from this machine, and from nobody behind a proxy on it.
fn is_from_here(sender: SocketAddr, headers: &HeaderMap) -> bool {
    sender.ip().to_canonical().is_loopback() && !HANDED_ON.iter().any(|name| headers.contains_key(*name))
}

fn refusal(has_token: bool) -> Response {
    if has_token {
        let said = "The token of [metrics] is needed: Authorization: Bearer …\n";
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], said).into_response();
    }
    (StatusCode::FORBIDDEN, "These are for this machine alone; set a token in [metrics] to read them from another.\n")
        .into_response()
}

/// How the bridge stands now.
async fn vitals(app: &App) -> Vitals {
    let now = app.clock.now();
    let reading = async { totals::read(&mut app.store.read().await?, &app.plans, now).await };
    let directory = match tokio::time::timeout(IN_TIME, reading).await {
        Ok(Ok(directory)) => Some(directory),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the figures are without those of the database");
            None
        }
        Err(_) => None,
    };
    let database = app.store.database();
    Vitals { now, directory, pools: database.in_use(), lanes: app.store.waiting(), workers: app.workers() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_token_only_this_machine_reads() {
        let from = |address: &str, names: &[&'static str]| {
            let headers = names.iter().map(|name| (axum::http::HeaderName::from_static(name), "x".parse().unwrap()));
            is_from_here(SocketAddr::new(address.parse().unwrap(), 1), &headers.collect())
        };
        assert!(from("127.0.0.1", &[]) && from("::1", &[]) && from("::ffff:127.0.0.1", &["user-agent"]));
        assert!(!from("10.0.0.1", &[]) && !from("2001:db8::1", &[]));
        for name in HANDED_ON {
            assert!(!from("127.0.0.1", &[name]), "{name}");
        }
    }
}
