//! The parts of which a workspace's health is made: what each is, and how it is read.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::endpoint::EndpointState;
use crate::domain::plan::Plans;
use crate::domain::seat;
use crate::domain::workspace::Workspace;
use crate::ids::WorkspaceId;
use crate::store::{
    Conn, StoreError, api_keys, connectors, deliveries, endpoints, health, mails, oauth, people, tokens,
};

/// How long before its end a token or key is worth a warning.
const SOON: TimeDelta = TimeDelta::days(30);
/// For how long after the end that is still news. A token by which a provider came is missed until there is another.
const NEWS: TimeDelta = TimeDelta::days(7);

/// A token or OAuth client by which an identity provider writes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
#[schemars(rename = "ProviderHealth")]
pub struct Provider {
    /// `token` or `client`.
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    /// When it last asked for anything.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it last changed something, as far as the request log goes back.
    pub last_write_at: Option<DateTime<Utc>>,
    /// What it asked for in the last hour.
    pub requests: i64,
    /// How much of that was answered with 400 or more.
    pub errors: i64,
    /// `errors` by `requests`: 0 to 1.
    pub error_rate: f64,
}

/// How a webhook endpoint is doing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
#[schemars(rename = "WebhookHealth")]
pub struct Webhook {
    pub id: String,
    pub name: String,
    /// Its address, without what may be secret in it.
    pub url: String,
    /// `active`, `failing`, `disabled`
    pub state: &'static str,
    pub problem: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    /// Deliveries that wait.
    pub waiting: i64,
    /// Events of which no delivery was made yet, 10,000 at the most; its filter may not want them.
    pub unread: i64,
    /// Deliveries that were given up.
    pub dead: i64,
    /// When the oldest event happened that it was not told of yet.
    pub oldest_undelivered_at: Option<DateTime<Utc>>,
}

/// How the connector is doing that keeps AIsoule equal to the workspace.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
#[schemars(rename = "ConnectorHealth")]
pub struct Connector {
    /// The profile that says how AIsoule is talked to.
    pub profile: String,
    pub base_url: String,
    /// `running`, `paused`, `stopped`
    pub state: String,
    pub problem: Option<String>,
    pub last_success_at: Option<DateTime<Utc>>,
    /// When both sides were last compared.
    pub reconciled_at: Option<DateTime<Utc>>,
    /// People, roles and teams that it has yet to make equal.
    pub waiting: i64,
    /// Those that it can't make equal by itself.
    pub stuck: i64,
    /// Events that it has not looked at yet, 10,000 at the most.
    pub unread: i64,
    /// When the oldest change happened that is not there yet.
    pub oldest_waiting_at: Option<DateTime<Utc>>,
}

/// Seats now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
#[schemars(rename = "SeatsHealth")]
pub struct Seats {
    pub limit: i64,
    pub used: i64,
    /// Who is to be active and waits for one.
    pub waiting: i64,
    /// What happens next, in a sentence.
    pub forecast: String,
}

/// Mail now.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[allow(missing_docs)]
#[schemars(rename = "MailHealth")]
pub struct Mail {
    pub queued: i64,
    /// Those in the queue that did not go out at the first try.
    pub late: i64,
    pub failed: i64,
}

/// A token or key that ends soon, or did.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Expiring {
    /// `token`: a provider's; `key`: one for the REST API.
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    /// Its beginning, by which people tell it from others.
    pub hint: String,
    pub expires_at: DateTime<Utc>,
    pub has_expired: bool,
}

pub(super) async fn providers(
    conn: &mut Conn,
    workspace: WorkspaceId,
    since: DateTime<Utc>,
) -> Result<Vec<Provider>, StoreError> {
    let mut found = Vec::new();
    for token in tokens::list(conn, workspace).await?.into_iter().filter(|token| !token.is_dead()) {
        found.push(("token", token.id.to_string(), token.name, token.last_used_at));
    }
    for client in oauth::list_clients(conn, workspace).await?.into_iter().filter(|client| client.revoked_at.is_none()) {
        found.push(("client", client.id, client.name, client.last_used_at));
    }
    let mut all = Vec::new();
    for (kind, id, name, last_used_at) in found {
        let asked = health::asked(conn, workspace, &id, since).await?;
        let last_write_at = health::last_write(conn, workspace, &id).await?;
        let (requests, errors) = (asked.requests, asked.errors);
        all.push(Provider {
            kind,
            id,
            name,
            last_used_at,
            last_write_at,
            requests,
            errors,
            error_rate: rate(errors, requests),
        });
    }
    Ok(all)
}

/// A part of a whole, to the thousandth.
fn rate(part: i64, whole: i64) -> f64 {
    let thousandths = part.saturating_mul(1_000).checked_div(whole).unwrap_or_default();
    f64::from(i32::try_from(thousandths).unwrap_or_default()) / 1_000.0
}

pub(super) async fn webhooks(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Webhook>, StoreError> {
    let mut all = Vec::new();
    for e in endpoints::list(conn, workspace).await? {
        let counts = deliveries::counts(conn, e.id).await?;
        let (unread, first) = match e.state {
            // Nobody is going to tell it.
            EndpointState::Disabled => (0, None),
            _ => health::unread(conn, workspace, e.cursor).await?,
        };
        all.push(Webhook {
            id: e.id.to_string(),
            name: e.name,
            url: e.shown_url,
            state: e.state.name(),
            problem: e.problem,
            failing_since: e.failing_since,
            last_success_at: e.last_success_at,
            waiting: counts.waiting,
            unread,
            dead: counts.dead,
            oldest_undelivered_at: counts.oldest.or(first),
        });
    }
    Ok(all)
}

pub(super) async fn connector(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<Connector>, StoreError> {
    let Some(row) = connectors::find(conn, workspace).await? else { return Ok(None) };
    let connectors::Backlog { waiting, stuck, oldest } = connectors::backlog(conn, workspace).await?;
    let (unread, first) = health::unread(conn, workspace, row.cursor).await?;
    Ok(Some(Connector {
        profile: row.profile,
        base_url: row.base_url,
        state: row.state,
        problem: row.problem,
        last_success_at: row.last_success_at,
        reconciled_at: row.reconciled_at,
        waiting: waiting - stuck,
        stuck,
        unread,
        oldest_waiting_at: oldest.or(first),
    }))
}

pub(super) async fn seats(conn: &mut Conn, workspace: &Workspace, plans: &Plans) -> Result<Seats, StoreError> {
    let (seats, waiting) = (workspace.seats(plans), people::count_waiting(conn, workspace.id).await?);
    let forecast = seat::forecast(seats, waiting, workspace.seat_policy);
    Ok(Seats { limit: seats.limit, used: seats.used, waiting, forecast })
}

pub(super) async fn mail(conn: &mut Conn, workspace: WorkspaceId) -> Result<Mail, StoreError> {
    let mails::Queue { queued, late, failed } = mails::queue(conn, workspace).await?;
    Ok(Mail { queued, late, failed })
}

pub(super) async fn expiring(
    conn: &mut Conn,
    workspace: WorkspaceId,
    now: DateTime<Utc>,
) -> Result<Vec<Expiring>, StoreError> {
    let tokens: Vec<_> = tokens::list(conn, workspace).await?.into_iter().filter(|token| !token.is_dead()).collect();
    let clients = oauth::list_clients(conn, workspace).await?;
    // When those were made that somebody uses. One that was made about the end of another takes its place.
    let used = tokens.iter().filter(|token| token.last_used_at.is_some()).map(|token| token.created_at);
    let clients = clients.iter().filter(|client| client.revoked_at.is_none() && client.last_used_at.is_some());
    let made: Vec<_> = used.chain(clients.map(|client| client.created_at)).collect();
    let mut all = Vec::new();
    for token in tokens {
        let is_replaced = |end| made.iter().any(|at| *at > token.created_at && *at > end - SOON);
        let is_missed = token.last_used_at.is_some() && token.expires_at.is_some_and(|end| !is_replaced(end));
        all.push(("token", token.id.to_string(), token.name, token.hint, token.expires_at, is_missed));
    }
    for key in api_keys::of_workspace(conn, workspace).await?.into_iter().filter(|key| key.revoked_at.is_none()) {
        all.push(("key", key.id.to_string(), key.name, key.hint, key.expires_at, false));
    }
    let ends = all.into_iter().filter_map(|(kind, id, name, hint, end, is_missed)| {
        let expires_at = end.filter(|end| *end < now + SOON && (is_missed || *end > now - NEWS))?;
        Some(Expiring { kind, id, name, hint, expires_at, has_expired: expires_at <= now })
    });
    let mut ends: Vec<Expiring> = ends.collect();
    ends.sort_by_key(|one| one.expires_at);
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_part_of_something() {
        for (part, whole, expected) in [(0, 0, 0.0), (0, 7, 0.0), (1, 3, 0.333), (5, 5, 1.0)] {
            assert!((rate(part, whole) - expected).abs() < 1e-9);
        }
    }
}
