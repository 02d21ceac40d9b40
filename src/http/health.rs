//! `/livez`: the process answers. `/readyz`: it can serve.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::App;

/// How long the database has to answer.
const IN_TIME: Duration = Duration::from_secs(3);

/// Answers without looking at anything.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// Answers whether the database does, in time and with tables as new as this program, and whether everything runs that
/// works without being asked. What is wrong is told to the log, not to whoever asks.
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(IN_TIME, app.store.database().ready()).await {
        Ok(Ok(())) => match app.workers().into_iter().find(|(_, runs)| !runs) {
            None => return (StatusCode::OK, "ok\n"),
            Some((worker, _)) => {
                tracing::warn!(worker, "not ready: a worker has stopped");
                return (StatusCode::SERVICE_UNAVAILABLE, "a worker has stopped\n");
            }
        },
        Ok(Err(error)) => tracing::warn!(%error, "not ready"),
        Err(_) => tracing::warn!("not ready: the database does not answer in time"),
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
}
