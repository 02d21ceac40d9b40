//! `serve`: the server, until it is told to stop.

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, log_to_stderr, remark};
use crate::app::App;
use crate::clock::Clock;
use crate::command::first_run::{Offer, OfferFirstRun};
use crate::domain::access::Actor;
use crate::http;
use crate::ids::SetupLinkId;
use crate::secret;
use crate::settings::Settings;

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    log_to_stderr(&settings);
    let listener =
        TcpListener::bind(settings.listen).await.map_err(|error| CliError::Io("the server can't listen", error))?;
    let address = listener.local_addr().map_err(|error| CliError::Io("the server can't listen", error))?;
    let app = App::start(settings, Clock::real(), address).await?;
    let database = app.store.database().version().await?;
    tracing::info!(%address, scim = app.scim_url, database, "serving");
    offer(&app).await?;
    let all_ended = http::serve(listener, http::router(&app), &app.settings.limits, halted(&app)).await;
    app.stop().await;
    tracing::info!(all_ended, "stopped");
    Ok(())
}

/// Where there is no workspace yet, tells the operator the link to the first Admin: this once, and nowhere else. Of several
/// bridges that start together one tells it, and the others who does.
async fn offer(app: &App) -> Result<(), CliError> {
    let token = secret::new_plain()?;
    let hint = token.chars().take(4).collect();
    let offer = OfferFirstRun { id: SetupLinkId::fresh(), token_hash: secret::hash(&token), hint };
    let line = match app.commands.execute(&Actor::system(), offer).await? {
        Offer::Made => format!(
            "There is no workspace yet. Set up the first one and its Admin here, once and within 24 hours: {}/setup/{token}",
            app.public_url
        ),
        Offer::MadeBefore(at) => format!(
            "There is no workspace yet. The bridge that started at {} UTC printed the link with which the first one is set \
             up; whoever lost it gets another one by starting a bridge again a minute later.",
            at.format("%H:%M:%S")
        ),
        Offer::Unneeded => return Ok(()),
    };
    // Not by way of the log, which others may read.
    remark(&line);
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
