//! `doctor`: what is wrong, in words.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::token::{left, when};
use super::{At, CliError, out};
use crate::app::{self, StartError};
use crate::domain::plan::Plans;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::Workspace;
use crate::provider::Ring;
use crate::provider::assertion::public_keys;
use crate::query::health::{self, Health, Level};
use crate::sealed::{KeyError, MasterKey, key_file};
use crate::settings::Settings;
use crate::store::mails::{self, Queue};
use crate::store::tokens::{self, TokenRow};
use crate::store::workspaces::{self, Recount};
use crate::store::{Conn, chain, login_clients, oauth, signing_keys};
use crate::text::counted_as;

/// How many days before its end a token is worth a warning.
const SOON: i64 = 30;
/// How many rows at the end of each audit log are looked at.
const LATEST: i64 = 100;

/// What was found: said at once, or kept for one JSON object at the end.
struct Report {
    json: bool,
    failed: usize,
    checks: Vec<Value>,
    workspaces: Vec<Health>,
}

impl Report {
    fn say(&mut self, well: bool, text: String) -> Result<(), CliError> {
        self.mark(if well { "ok" } else { "FAIL" }, text)
    }

    fn mark(&mut self, mark: &str, text: String) -> Result<(), CliError> {
        self.failed += usize::from(mark == "FAIL");
        if self.json {
            self.checks.push(json!({"outcome": mark.to_lowercase(), "text": Value::String(text)}));
            return Ok(());
        }
        out::say!("{mark:<4} {text}")
    }

    fn end(self) -> Result<(), CliError> {
        if self.json {
            let all = json!({"failed": self.failed, "checks": self.checks, "workspaces": self.workspaces});
            out::say!("{all:#}")?;
        }
        if self.failed > 0 { Err(CliError::Unwell(self.failed)) } else { Ok(()) }
    }
}

pub(super) async fn run(settings: &Settings, json: bool) -> Result<(), CliError> {
    let mut report = Report { json, failed: 0, checks: Vec::new(), workspaces: Vec::new() };
    let url = settings.public_url(settings.listen);
    report.say(true, format!("settings: listening at {}, reached at {url}", settings.listen))?;
    if settings.public_url.as_ref().is_none_or(|url| url.starts_with("http://")) && !settings.listen.ip().is_loopback()
    {
        report.say(
            false,
            "public_url is not https:// although the server listens on the network: put TLS in front of it".into(),
        )?;
    }
    let at = match At::open(settings).await {
        Ok(at) => at,
        Err(error) => {
            report.say(false, format!("database: {error}"))?;
            return report.end();
        }
    };
    report.say(true, format!("database: {}, schema up to date", at.store.database().version().await?))?;
    match key(settings, &at).await {
        Ok(what) => report.say(true, format!("master key: {what}"))?,
        Err(error) => report.say(false, format!("master key: {error}"))?,
    }
    match app::transport(settings, &url) {
        Ok(Some(transport)) => report.say(true, format!("mail: goes {}", transport.described()))?,
        Ok(None) => report.say(true, "mail: none is written, as mail.transport says".into())?,
        Err(error) => report.say(false, format!("mail: {error}"))?,
    }
    let mut conn = at.store.read().await?;
    for workspace in workspaces::list(&mut conn).await? {
        examine(&mut report, &at, &mut conn, &workspace).await?;
        living(&mut report, &at, &mut conn, &workspace).await?;
    }
    drop(conn);
    at.store.close().await;
    report.end()
}

/// Whether what a workspace holds is sound.
async fn examine(report: &mut Report, at: &At, conn: &mut Conn, workspace: &Workspace) -> Result<(), CliError> {
    let name = workspace.name.as_str();
    let counted = workspaces::recount(conn, workspace.id).await?;
    report.say(agrees(workspace, counted), counters(workspace, counted))?;
    let (well, seats) = seats(workspace, counted, &at.plans);
    report.say(well, seats)?;
    if at.store.keeper().key().is_ok() {
        let (well, text) = audit_end(at, workspace).await?;
        report.say(well, format!("{name}: {text}"))?;
    }
    let queue = mails::queue(conn, workspace.id).await?;
    if queue != Queue::default() {
        let late =
            if queue.late > 0 { format!(", {} of them not at the first try", queue.late) } else { String::new() };
        let waiting = counted_as(queue.queued, "mail");
        let see = if queue.failed > 0 { ", see `mail list --state failed`" } else { "" };
        let text = format!("{name}: {waiting} in the queue{late}; {} failed{see}", queue.failed);
        report.say(queue.late == 0, text)?;
    }
    let tokens = tokens::list(conn, workspace.id).await?;
    let writers = oauth::list_clients(conn, workspace.id).await?;
    let logins = login_clients::list(conn, workspace.id).await?;
    let tokens: Vec<_> = tokens.iter().filter(|token| token.revoked_at.is_none()).collect();
    let clients = writers.iter().map(|client| client.revoked_at).chain(logins.iter().map(|client| client.revoked_at));
    let clients = clients.filter(Option::is_none).count();
    let held = format!("{}, {}", counted_as(tokens.len(), "token"), counted_as(clients, "OAuth client"));
    report.say(true, format!("{name}: {held}"))?;
    for (well, text) in tokens.into_iter().filter_map(|token| token_end(token, at.clock.now())) {
        report.say(well, format!("{name}: {text}"))?;
    }
    for client in writers.iter().filter(|client| client.revoked_at.is_none()) {
        if let Some(Err(why)) = client.keys.as_ref().map(|keys| public_keys(&keys.to_string())) {
            let text = format!("{name}: client {} ({}) has no usable JWK set: {why}", client.name, client.id);
            report.say(false, text)?;
        }
    }
    Ok(())
}

/// How a workspace is doing: who provisions it and who is told, and what is wrong, with the next step.
async fn living(report: &mut Report, at: &At, conn: &mut Conn, workspace: &Workspace) -> Result<(), CliError> {
    let name = workspace.name.as_str();
    let health = health::of(conn, workspace, &at.plans, at.clock.now()).await?;
    for one in health.providers.iter().filter(|one| one.last_used_at.is_some()) {
        let (asked, wrote) = (when(one.last_used_at), when(one.last_write_at));
        let lately = counted_as(one.requests, "request");
        let text = format!(
            "{} last asked {asked}, last wrote {wrote}; {lately} in the last hour, {} failed",
            one.name, one.errors
        );
        report.say(true, format!("{name}: {text}"))?;
    }
    for one in &health.webhooks {
        let (last, backlog) = (when(one.last_success_at), one.waiting + one.unread);
        let text = format!(
            "webhook {} is {}, last success {last}; {backlog} waiting, {} given up",
            one.name, one.state, one.dead
        );
        report.say(true, format!("{name}: {text}"))?;
    }
    if let Some(one) = &health.connector {
        let (last, backlog) = (when(one.last_success_at), one.waiting + one.unread);
        let text =
            format!("the connector is {}, last success {last}; {backlog} waiting, {} stuck", one.state, one.stuck);
        report.say(true, format!("{name}: {text}"))?;
    }
    // What ends soon was told with the tokens.
    for trouble in health.troubles.iter().filter(|trouble| trouble.kind != "token") {
        let mark = if trouble.level == Level::Failure { "FAIL" } else { "warn" };
        report.mark(mark, format!("{name}: {} Next: {}", trouble.why, trouble.next_step))?;
    }
    if report.json {
        report.workspaces.push(health);
    }
    Ok(())
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
