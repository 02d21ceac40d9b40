//! `doctor`: what is wrong, in words.

use super::{At, CliError};
use crate::app::StartError;
use crate::domain::plan::Plans;
use crate::domain::workspace::Workspace;
use crate::provider::Issuer;
use crate::sealed::{KeyError, MasterKey, key_file};
use crate::settings::Settings;
use crate::store::{oauth, tokens};
use crate::store::workspaces::{self, Recount};

/// How many days before its end a token is worth a warning.
const SOON: i64 = 30;

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let mut failed = 0;
    let mut say = |well: bool, text: String| {
        println!("{} {text}", if well { "ok  " } else { "FAIL" });
        failed += usize::from(!well);
    };
    say(
        true,
        format!("settings: listening at {}, reached at {}", settings.listen, settings.public_url(settings.listen)),
    );
    if settings.public_url.as_ref().is_none_or(|url| url.starts_with("http://")) && !settings.listen.ip().is_loopback()
    {
        say(
            false,
            "public_url is not https:// although the server listens on the network: put TLS in front of it".into(),
        );
    }
    let at = match At::open(settings).await {
        Ok(at) => at,
        Err(error) => {
            say(false, format!("database: {error}"));
            return Err(CliError::Unwell(failed));
        }
    };
    say(true, format!("database: {}, schema up to date", at.store.database().version().await?));
    match key(settings, &at).await {
        Ok(what) => say(true, format!("master key: {what}")),
        Err(error) => say(false, format!("master key: {error}")),
    }
    let mut conn = at.store.read().await?;
    for workspace in workspaces::list(&mut conn).await? {
        let name = workspace.name.as_str();
        let counted = workspaces::recount(&mut conn, workspace.id).await?;
        say(agrees(&workspace, counted), counters(&workspace, counted));
        let (well, seats) = seats(&workspace, counted, &at.plans);
        say(well, seats);
        for token in tokens::list(&mut conn, workspace.id).await?.iter().filter(|token| token.revoked_at.is_none()) {
            let Some(left) = token.expires_at.map(|end| (end - at.clock.now()).num_days()) else { continue };
            if left < SOON {
                say(
                    left >= 0,
                    format!(
                        "{name}: token {} ({}…) has {left} days left; make another and enter it at the provider",
                        token.name, token.hint
                    ),
                );
            }
        }
    }
    drop(conn);
    at.store.close().await;
    if failed > 0 { Err(CliError::Unwell(failed)) } else { Ok(()) }
}

/// What there is to say of the master key. Nothing is made here: that is for the server.
async fn key(settings: &Settings, at: &At) -> Result<&'static str, StartError> {
    let sealed = !oauth::signing_keys(&mut at.store.read().await?).await?.is_empty();
    match MasterKey::find(settings)? {
        Some(master) if sealed => {
            Issuer::load(&at.store, &master, &at.clock, String::new(), String::new()).await?;
            Ok("opens what the database holds")
        }
        Some(_) => Ok("there is one; the database holds nothing sealed yet"),
        None if sealed => Err(KeyError::Missing { path: key_file(settings) }.into()),
        None => Ok("none yet; the server makes one at its first start"),
    }
}

fn agrees(workspace: &Workspace, counted: Recount) -> bool {
    (workspace.seats_used, workspace.users, workspace.groups) == (counted.seats_used, counted.users, counted.groups)
}

fn counters(workspace: &Workspace, counted: Recount) -> String {
    let name = workspace.name.as_str();
    if agrees(workspace, counted) {
        return format!("{name}: {} users, {} groups, counters agree", counted.users, counted.groups);
    }
    format!(
        "{name}: counters disagree: seats {} counted {}, users {} counted {}, groups {} counted {}",
        workspace.seats_used, counted.seats_used, workspace.users, counted.users, workspace.groups, counted.groups
    )
}

fn seats(workspace: &Workspace, counted: Recount, plans: &Plans) -> (bool, String) {
    let (name, seats) = (workspace.name.as_str(), workspace.seats(plans));
    let used = format!("{name}: {} of {} seats used", seats.used, seats.limit);
    if seats.used > seats.limit {
        return (true, format!("{used}: over the limit; nobody loses access, but nobody can be added"));
    }
    match counted.waiting {
        0 => (true, used),
        waiting if seats.free() > 0 => (false, format!("{used}, yet {waiting} wait for one")),
        waiting => (true, format!("{used}; {waiting} wait for one and get it, oldest first, when a seat frees")),
    }
}
