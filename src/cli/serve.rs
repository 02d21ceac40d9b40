//! `serve`: the server, until it is told to stop.

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, log_to_stderr};
use crate::app::App;
use crate::clock::Clock;
use crate::http;
use crate::settings::Settings;

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    log_to_stderr(&settings);
    let listener =
        TcpListener::bind(settings.listen).await.map_err(|error| CliError::Io("the server can't listen", error))?;
    let address = listener.local_addr().map_err(|error| CliError::Io("the server can't listen", error))?;
    let app = App::start(settings, Clock::real(), address).await?;
    let database = app.store.database().version().await?;
    tracing::info!(%address, scim = app.scim_url, database, "serving");
    let all_ended = http::serve(listener, http::router(&app), &app.settings.limits, halted(&app)).await;
    app.stop().await;
    tracing::info!(all_ended, "stopped");
    Ok(())
}

/// Ends with SIGTERM or SIGINT, and lets everything end that never does by itself.
async fn halted(app: &App) {
    stopped().await;
    app.stopping.send_replace(true);
}

/// Ends with SIGTERM or SIGINT.
pub(super) async fn stopped() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be awaited; only SIGKILL will stop the server");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: no new connections; running requests may end"),
        _ = interrupt.recv() => tracing::info!("interrupted: no new connections; running requests may end"),
    }
}
