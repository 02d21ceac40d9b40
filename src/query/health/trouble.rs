//! What is wrong in a workspace or soon will be: each in a sentence that says why, with the next step.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::matter::Matter;
use super::part::{Connector, Provider, Webhook};
use super::{Health, NAMED};
use crate::domain::plan::Plans;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::Workspace;
use crate::store::{Conn, StoreError, connections, domains, health, mails, people};
use crate::text::{counted_as, printable};

/// How long an event may be under way before that is a trouble.
const SLOW: TimeDelta = TimeDelta::hours(1);
/// For how long a sign-in that failed says something about a connection.
const FRESH: TimeDelta = TimeDelta::hours(24);
/// From how many refused requests in an hour on their share says something.
const MANY: i64 = 5;
/// From which share on.
const MUCH: f64 = 0.2;
/// What an endpoint says that somebody switched off.
const BY_HAND: &str = "switched off by hand";

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something does not work, and will not without somebody.
    Failure,
    /// Something wants attention.
    Warning,
}

impl Level {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Warning => "warning",
        }
    }
}

/// Something that is wrong, or soon will be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Trouble {
    /// How bad it is.
    pub level: Level,
    /// What it is about: `parked`, `provider`, `webhook`, `delivery`, `connector`, `mail`, `connection`, `domain`, `token`, `key`.
    pub kind: &'static str,
    /// Who or what is stuck.
    pub about: String,
    /// Why, in a sentence.
    pub why: String,
    /// What to do about it.
    pub next_step: String,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// The same for whoever says it in other words.
    #[serde(skip)]
    pub matter: Matter,
}

impl Trouble {
    fn is(mut self, matter: Matter) -> Self {
        self.matter = matter;
        self
    }
}

fn trouble(level: Level, kind: &'static str, about: &str, why: String, next_step: String) -> Trouble {
    let clean = match printable(&why) {
        Cow::Owned(clean) => Some(clean),
        Cow::Borrowed(_) => None,
    };
    let why = clean.unwrap_or(why);
    Trouble {
        level,
        kind,
        about: printable(about).into_owned(),
        why,
        next_step,
        since: None,
        matter: Matter::default(),
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A name as the command line takes it.
fn quoted(name: &str) -> String {
    let is_plain =
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.@".contains(letter));
    if is_plain { name.to_owned() } else { format!("\"{}\"", printable(name)) }
}

/// What can be told of what was read already.
pub(super) fn seen(health: &Health, now: DateTime<Utc>) -> Vec<Trouble> {
    let workspace = quoted(&health.workspace);
    let mut all: Vec<Trouble> = health.providers.iter().filter_map(|one| provider(one, &workspace)).collect();
    all.extend(health.webhooks.iter().flat_map(|one| webhook(one, &workspace, now)));
    all.extend(health.connector.iter().flat_map(|one| connector(one, &workspace, now)));
    all.extend(health.expiring.iter().map(|one| {
        let (what, remedy) = match one.kind {
            "token" => ("token", "make another (`token create`) and enter it at the provider; then revoke this one"),
            _ => ("key", "make another (`key create`) where it is still used, or let it end"),
        };
        let (level, verb) = match (one.has_expired, one.kind) {
            (true, "token") => (Level::Failure, "expired at"),
            (true, _) => (Level::Warning, "expired at"),
            (false, _) => (Level::Warning, "ends at"),
        };
        let why = format!("The {what} {} ({}…) {verb} {}.", one.name, one.hint, minute(one.expires_at));
        let matter = match (one.kind, one.has_expired) {
            ("token", true) => "token-ended",
            ("token", false) => "token-ends",
            (_, true) => "key-ended",
            (_, false) => "key-ends",
        };
        let matter = Matter::new(matter).with("name", &*one.name).with("hint", &*one.hint).with("at", one.expires_at);
        trouble(level, one.kind, &one.name, why, format!("{remedy}.")).is(matter)
    }));
    all
}

fn provider(provider: &Provider, workspace: &str) -> Option<Trouble> {
    let Provider { name, requests, errors, error_rate, .. } = provider;
    if *errors < MANY || *error_rate < MUCH {
        return None;
    }
    let why = format!("{errors} of the {requests} requests of {name} in the last hour were refused or failed.");
    let next = format!("see what was asked and answered: `log --workspace {workspace} --status 4xx --bodies`.");
    let matter = Matter::new("provider").with("name", &**name).with("errors", *errors).with("requests", *requests);
    Some(trouble(Level::Warning, "provider", name, why, next).is(matter))
}

fn webhook(endpoint: &Webhook, workspace: &str, now: DateTime<Utc>) -> Vec<Trouble> {
    let (name, argument) = (endpoint.name.as_str(), quoted(&endpoint.name));
    let problem = endpoint.problem.as_deref().unwrap_or("it did not say why");
    let mut all = Vec::new();
    match endpoint.state {
        "failing" => {
            let why = format!("{name} takes nothing: {problem}.");
            let next = format!(
                "mend the receiver; what waits is delivered by itself. `webhook test {argument} --workspace {workspace}` tries it."
            );
            let matter = Matter::new("webhook-failing").with("name", name).with("problem", problem);
            let since = endpoint.failing_since;
            all.push(Trouble { since, ..trouble(Level::Failure, "webhook", name, why, next).is(matter) });
        }
        "disabled" if endpoint.problem.as_deref() != Some(BY_HAND) => {
            let why = format!("{name} was switched off: {problem}.");
            let next = format!(
                "mend the receiver, then `webhook update {argument} --workspace {workspace} --enable`; or remove it."
            );
            let matter = Matter::new("webhook-off").with("name", name).with("problem", problem);
            let since = endpoint.failing_since;
            all.push(Trouble { since, ..trouble(Level::Failure, "webhook", name, why, next).is(matter) });
        }
        "active" => {
            let late = endpoint.oldest_undelivered_at.filter(|oldest| now - *oldest > SLOW);
            all.extend(late.map(|oldest| {
                let backlog = endpoint.waiting + endpoint.unread;
                let events = counted_as(backlog, "event");
                let why = format!("{name} is behind: {events} under way, the oldest from {}.", minute(oldest));
                let next = format!("does a server run? `webhook deliveries {argument} --workspace {workspace} --state waiting` says what is wrong.");
                let matter = Matter::new("webhook-behind").with("name", name).with("events", backlog).with("at", oldest);
                Trouble { since: Some(oldest), ..trouble(Level::Warning, "webhook", name, why, next).is(matter) }
            }));
        }
        _ => {}
    }
    if endpoint.dead > 0 {
        let dead =
            if endpoint.dead == 1 { "1 delivery was".to_owned() } else { format!("{} deliveries were", endpoint.dead) };
        let why = format!("{dead} given up at {name}: it did not take them however often they came.");
        let next = format!(
            "`webhook deliveries {argument} --workspace {workspace} --state dead` says why; then `webhook replay {argument} --workspace {workspace} --dead`, or `webhook discard` with the same where nobody wants them any more."
        );
        let matter = Matter::new("delivery").with("name", name).with("dead", endpoint.dead);
        all.push(trouble(Level::Failure, "delivery", name, why, next).is(matter));
    }
    all
}

fn connector(connector: &Connector, workspace: &str, now: DateTime<Utc>) -> Vec<Trouble> {
    let about = format!("the connector to {}", connector.base_url);
    let problem = connector.problem.as_deref().unwrap_or("it did not say why");
    let mut all = Vec::new();
    match connector.state.as_str() {
        "stopped" => {
            let why = format!("AIsoule is not kept equal any more: {problem}.");
            let next = format!(
                "mend that (another key: `connector key --workspace {workspace}`), then `connector resume --workspace {workspace}`."
            );
            let matter = Matter::new("connector-stopped").with("problem", problem);
            all.push(trouble(Level::Failure, "connector", &about, why, next).is(matter));
        }
        "paused" => {
            let why = "AIsoule is not kept equal: somebody paused the connector.".to_owned();
            let next = format!("`connector resume --workspace {workspace}` when it is to go on.");
            all.push(trouble(Level::Warning, "connector", &about, why, next).is(Matter::new("connector-paused")));
        }
        _ => {
            let late = connector.oldest_waiting_at.filter(|oldest| now - *oldest > SLOW);
            all.extend(late.map(|oldest| {
                let why = format!("AIsoule is behind: the oldest change that is not there is from {}.", minute(oldest));
                let next = format!("does a server run? `connector work --workspace {workspace}` says what is wrong.");
                let matter = Matter::new("connector-behind").with("at", oldest);
                Trouble { since: Some(oldest), ..trouble(Level::Warning, "connector", &about, why, next).is(matter) }
            }));
        }
    }
    all
}

/// Who waits for a seat.
pub(super) async fn parked(conn: &mut Conn, workspace: &Workspace, plans: &Plans) -> Result<Vec<Trouble>, StoreError> {
    let (seats, plan) = (workspace.seats(plans), workspace.plan_title(plans));
    let argument = quoted(workspace.name.as_str());
    let is_free = seats.free() > 0 && workspace.seat_policy != SeatPolicy::Overage;
    let matter = |name: &str| {
        let which = if is_free { "parked-free" } else { "parked" };
        let matter = Matter::new(which).with("name", name).with("plan", plan).with("free", seats.free());
        matter.with("limit", seats.limit).with("used", seats.used)
    };
    let (level, why) = if is_free {
        (Level::Failure, format!("{} free, and yet nobody gave them one.", counted_as(seats.free(), "seat")))
    } else {
        (Level::Warning, format!("all seats are taken ({} of {}, plan {plan}).", seats.used, seats.limit))
    };
    let next = format!(
        "deactivate somebody, or raise the seats (`workspace set {argument} --seats N`); then they come in by themselves, oldest first."
    );
    let queue = people::waiting(conn, workspace.id, NAMED).await?;
    let count = people::count_waiting(conn, workspace.id).await?;
    let more = count - i64::try_from(queue.len()).unwrap_or(count);
    let mut all: Vec<Trouble> = queue
        .iter()
        .map(|person| {
            let why = format!("{} waits for a seat: {why}", person.full_name);
            let told = trouble(level, "parked", &person.full_name, why, next.clone());
            Trouble { since: person.waiting_since, ..told.is(matter(&person.full_name)) }
        })
        .collect();
    if more > 0 {
        let why = format!("{more} more wait for a seat behind them: {why}");
        let next = format!("`seats show --workspace {argument}` lists them.");
        all.push(trouble(level, "parked", "and more", why, next).is(Matter::new("parked-more").with("count", more)));
    }
    Ok(all)
}

/// Mails that nobody got.
pub(super) async fn mails(conn: &mut Conn, workspace: &Workspace) -> Result<Vec<Trouble>, StoreError> {
    let argument = quoted(workspace.name.as_str());
    let failed = mails::list(conn, workspace.id, Some("failed"), NAMED).await?;
    let of = |mail: &mails::MailRow| {
        let problem = mail.problem.as_deref().unwrap_or("nobody knows why");
        let why = format!("The mail \"{}\" did not reach {}: {problem}.", mail.kind, mail.recipient);
        let next =
            format!("correct the address or the mail settings, then `mail retry --workspace {argument} {}`.", mail.id);
        let matter = Matter::new("mail").with("mail", &*mail.kind).with("recipient", &*mail.recipient);
        let matter = matter.with("problem", problem).with("id", &*mail.id.to_string());
        Trouble { since: mail.done_at, ..trouble(Level::Warning, "mail", &mail.recipient, why, next).is(matter) }
    };
    Ok(failed.iter().map(of).collect())
}

/// What the connector can't do by itself.
pub(super) async fn stuck(conn: &mut Conn, workspace: &Workspace) -> Result<Vec<Trouble>, StoreError> {
    let argument = quoted(workspace.name.as_str());
    let rows = health::stuck(conn, workspace.id, NAMED).await?;
    let of = |row: &health::StuckRow| {
        let about = row.name.clone().unwrap_or_else(|| row.local_id.to_string());
        let problem = row.problem.as_deref().unwrap_or("nobody knows why");
        let why = format!("The {} {about} is not in AIsoule as they are here: {problem}.", row.kind);
        let why = if row.kind == "user" { why } else { why.replace("as they are", "as it is") };
        let next = format!("mend what it says, then `connector resume --workspace {argument}`.");
        let matter = match row.kind.as_str() {
            "user" => "stuck-user",
            "role" => "stuck-role",
            _ => "stuck-team",
        };
        let matter = Matter::new(matter).with("name", &*about).with("problem", problem);
        Trouble { since: Some(row.since), ..trouble(Level::Failure, "connector", &about, why, next).is(matter) }
    };
    Ok(rows.iter().map(of).collect())
}

/// Connections at which the last sign-in failed, and domains whose record is gone or was never found.
pub(super) async fn signing_in(
    conn: &mut Conn,
    workspace: &Workspace,
    now: DateTime<Utc>,
) -> Result<Vec<Trouble>, StoreError> {
    let argument = quoted(workspace.name.as_str());
    let mut all = Vec::new();
    for connection in connections::of_workspace(conn, workspace.id).await?.iter().filter(|one| one.enabled) {
        let Some(refused) = health::refused(conn, workspace.id, connection.id, now - FRESH).await? else { continue };
        let changes: Value = serde_json::from_str(&refused.changes).unwrap_or_default();
        let said = changes.pointer("/refused/new").and_then(Value::as_str).unwrap_or("nobody knows why");
        // Whoever presses "Cancel" there says nothing about the connection.
        if said.starts_with("denied_by_provider") {
            continue;
        }
        let why = format!("The last sign-in through {} failed: {said}", connection.name);
        let next =
            format!("`sso test {} --workspace {argument}` walks through it step by step.", quoted(&connection.name));
        let matter = Matter::new("connection").with("name", &*connection.name).with("problem", said);
        all.push(Trouble {
            since: Some(refused.at),
            ..trouble(Level::Warning, "connection", &connection.name, why, next).is(matter)
        });
    }
    for domain in domains::of_workspace(conn, workspace.id).await? {
        let Some(problem) = domain.problem.as_ref().filter(|_| !domain.vouched) else { continue };
        let name = &domain.name;
        let why = if domain.proved_at.is_some() {
            format!(
                "The record that proves {name} is missing: {problem}. After two weeks without it, it counts no longer."
            )
        } else {
            format!("{name} is not proved yet: {problem}.")
        };
        let next = format!(
            "have the TXT record {} say \"{}\", then `sso domain verify {name} --workspace {argument}`.",
            domain.record_name(),
            domain.record_value()
        );
        let matter = if domain.proved_at.is_some() { "domain-missing" } else { "domain-unproved" };
        let matter = Matter::new(matter).with("name", &**name).with("problem", &**problem);
        let matter = matter.with("record", &*domain.record_name()).with("value", &*domain.record_value());
        all.push(Trouble {
            since: domain.missing_since.or(domain.checked_at),
            ..trouble(Level::Warning, "domain", name, why, next).is(matter)
        });
    }
    Ok(all)
}
