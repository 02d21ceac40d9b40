//! `doctor`: what is wrong, in words.

use chrono::{DateTime, TimeDelta, Utc};

use super::token::{left, when};
use super::{At, CliError, out};
use crate::app::{self, StartError};
use crate::domain::plan::Plans;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::Workspace;
use crate::provider::Ring;
use crate::provider::assertion::public_keys;
use crate::sealed::{KeyError, MasterKey, key_file};
use crate::settings::Settings;
use crate::store::mails::{self, Queue};
use crate::store::tokens::{self, TokenRow};
use crate::store::workspaces::{self, Recount};
use crate::store::{chain, login_clients, oauth, signing_keys};
use crate::text::counted_as;

/// How many days before its end a token is worth a warning.
const SOON: i64 = 30;
/// How many rows at the end of each audit log are looked at.
const LATEST: i64 = 100;

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let mut failed = 0;
    let mut say = |well: bool, text: String| {
        failed += usize::from(!well);
        out::say!("{} {text}", if well { "ok  " } else { "FAIL" })
    };
    say(
        true,
        format!("settings: listening at {}, reached at {}", settings.listen, settings.public_url(settings.listen)),
    )?;
    if settings.public_url.as_ref().is_none_or(|url| url.starts_with("http://")) && !settings.listen.ip().is_loopback()
    {
        say(
            false,
            "public_url is not https:// although the server listens on the network: put TLS in front of it".into(),
        )?;
    }
    let at = match At::open(settings).await {
        Ok(at) => at,
        Err(error) => {
            say(false, format!("database: {error}"))?;
            return Err(CliError::Unwell(failed));
        }
    };
    say(true, format!("database: {}, schema up to date", at.store.database().version().await?))?;
    let master = key(settings, &at).await;
    match &master {
        Ok(what) => say(true, format!("master key: {what}"))?,
        Err(error) => say(false, format!("master key: {error}"))?,
    }
    match app::transport(settings, &settings.public_url(settings.listen)) {
        Ok(Some(transport)) => say(true, format!("mail: goes {}", transport.described()))?,
        Ok(None) => say(true, "mail: none is written, as mail.transport says".into())?,
        Err(error) => say(false, format!("mail: {error}"))?,
    }
    let mut conn = at.store.read().await?;
    for workspace in workspaces::list(&mut conn).await? {
        let name = workspace.name.as_str();
        let counted = workspaces::recount(&mut conn, workspace.id).await?;
        say(agrees(&workspace, counted), counters(&workspace, counted))?;
        let (well, seats) = seats(&workspace, counted, &at.plans);
        say(well, seats)?;
        if at.store.keeper().key().is_ok() {
            let (well, text) = audit_end(&at, &workspace).await?;
            say(well, format!("{name}: {text}"))?;
        }
        let queue = mails::queue(&mut conn, workspace.id).await?;
        if queue != Queue::default() {
            let late =
                if queue.late > 0 { format!(", {} of them not at the first try", queue.late) } else { String::new() };
            let waiting = counted_as(queue.queued, "mail");
            say(
                queue.late == 0,
                format!(
                    "{name}: {waiting} in the queue{late}; {} failed{}",
                    queue.failed,
                    if queue.failed > 0 { ", see `mail list --state failed`" } else { "" }
                ),
            )?;
        }
        let tokens = tokens::list(&mut conn, workspace.id).await?;
        let writers = oauth::list_clients(&mut conn, workspace.id).await?;
        let logins = login_clients::list(&mut conn, workspace.id).await?;
        let tokens: Vec<_> = tokens.iter().filter(|token| token.revoked_at.is_none()).collect();
        let clients =
            writers.iter().map(|client| client.revoked_at).chain(logins.iter().map(|client| client.revoked_at));
        let clients = clients.filter(Option::is_none).count();
        say(true, format!("{name}: {}, {}", counted_as(tokens.len(), "token"), counted_as(clients, "OAuth client")))?;
        for (well, text) in tokens.into_iter().filter_map(|token| token_end(token, at.clock.now())) {
            say(well, format!("{name}: {text}"))?;
        }
        for client in writers.iter().filter(|client| client.revoked_at.is_none()) {
            if let Some(Err(why)) = client.keys.as_ref().map(|keys| public_keys(&keys.to_string())) {
                say(false, format!("{name}: client {} ({}) has no usable JWK set: {why}", client.name, client.id))?;
            }
        }
    }
    drop(conn);
    at.store.close().await;
    if failed > 0 { Err(CliError::Unwell(failed)) } else { Ok(()) }
}

/// What there is to say of the master key. Nothing is made here: that is for the server.
async fn key(settings: &Settings, at: &At) -> Result<&'static str, StartError> {
    let mut conn = at.store.read().await?;
    let (sealed, chained) = (!signing_keys::all(&mut conn).await?.is_empty(), chain::mark(&mut conn).await?.is_some());
    drop(conn);
    match MasterKey::find(settings)? {
        None if sealed || chained => Err(KeyError::Missing { path: key_file(settings) }.into()),
        None => Ok("none yet; the server makes one at its first start"),
        Some(_) if !sealed && !chained => Ok("there is one; the database holds nothing sealed yet"),
        Some(master) => {
            if chained {
                app::unlock(settings, &at.store).await?;
            }
            if sealed {
                Ring::load(&at.store, &master, &at.clock).await?;
            }
            Ok("opens what the database holds")
        }
    }
}

/// Whether the end of a workspace's audit log is as it was written.
async fn audit_end(at: &At, workspace: &Workspace) -> Result<(bool, String), CliError> {
    let mut conn = at.store.read().await?;
    let found = chain::verify_end(&mut conn, at.store.keeper().key()?, workspace.id, LATEST).await?;
    Ok(match found {
        Ok(_) => (true, "the end of the audit log is as it was written".into()),
        Err(broken) => (false, format!("audit log: {broken}")),
    })
}

fn agrees(workspace: &Workspace, counted: Recount) -> bool {
    (workspace.seats_used, workspace.users, workspace.groups) == (counted.seats_used, counted.users, counted.groups)
}

fn counters(workspace: &Workspace, counted: Recount) -> String {
    let name = workspace.name.as_str();
    if agrees(workspace, counted) {
        return format!(
            "{name}: {}, {} that providers see, {}, counters agree",
            counted_as(counted.protected, "protected account"),
            counted_as(counted.users, "user"),
            counted_as(counted.groups, "group")
        );
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
        let next = match workspace.seat_policy {
            SeatPolicy::Reject => format!("nobody can be added until {} have left", seats.used - seats.limit + 1),
            SeatPolicy::Park => "who is added waits for a seat".to_owned(),
            SeatPolicy::Overage => "more can be added, as the policy overage allows".to_owned(),
        };
        return (true, format!("{used}: over the limit; nobody loses access, {next}"));
    }
    match counted.waiting {
        0 => (true, used),
        waiting if seats.free() > 0 => (false, format!("{used}, yet {} waiting", counted_as(waiting, "user"))),
        waiting => {
            (true, format!("{used}; {} waiting, who get one when it frees, oldest first", counted_as(waiting, "user")))
        }
    }
}

/// What there is to say of a token that ends soon or has ended.
fn token_end(token: &TokenRow, now: DateTime<Utc>) -> Option<(bool, String)> {
    let end = token.expires_at.filter(|end| *end < now + TimeDelta::days(SOON))?;
    let token = format!("token {} ({}…)", token.name, token.hint);
    Some(if let Some(left) = left(end, now) {
        (true, format!("{token} has {left} left; make another and enter it at the provider"))
    } else {
        let when = when(Some(end));
        (false, format!("{token} expired at {when}; make another and enter it at the provider, or revoke it"))
    })
}
