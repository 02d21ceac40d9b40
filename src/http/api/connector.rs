//! `/connector`: the remote AIsoule workspace that is kept equal to this one, what is still to be done there, and where
//! both sides differ.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success};
use super::shape::{List, Listed};
use crate::command::connectors::{
    AskForComparison, ClaimAccount, CreateConnector, RemoveConnector, Switch, SwitchConnector, UpdateConnector,
};
use crate::connector::drift::Report;
use crate::connector::profile::SHIPPED;
use crate::http::sealing;
use crate::ids::UserId;
use crate::store::connectors::{self as rows, ConnectorRow};
use crate::store::{connector_links, people};

/// How many pieces of work are shown.
const MOST: i64 = 200;

/// A connector. Its key is never shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Connector {
    /// The profile of the settings by which it speaks.
    profile: String,
    base_url: String,
    /// Whether every remote account with somebody's address becomes theirs.
    adopts: bool,
    /// `running`, `paused` (by hand) or `stopped` (the remote workspace refuses the key).
    state: String,
    /// Why it is stopped.
    problem: Option<String>,
    /// How much has not arrived there yet.
    waiting: i64,
    /// How much of that needs somebody's decision; `/connector/work` says which.
    stuck: i64,
    /// When the oldest change happened that has not arrived.
    oldest_waiting_at: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    /// When both sides were last compared.
    reconciled_at: Option<DateTime<Utc>>,
    /// A comparison that was asked for and is not done yet: `compare` or `apply`.
    reconcile_wanted: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A connector to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnector {
    /// A profile of the settings; `aisoule`, where nothing is said.
    profile: Option<String>,
    /// Where the API is; the profile's, where nothing is said.
    base_url: Option<String>,
    /// A key of the remote workspace that may read and write users, roles and teams.
    api_key: String,
    /// Whether every remote account with somebody's address becomes theirs.
    #[serde(default)]
    adopts: bool,
}

/// What becomes of a connector; what is not said stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectorChange")]
#[serde(deny_unknown_fields)]
pub struct Change {
    profile: Option<String>,
    base_url: Option<String>,
    /// Has to be said again when the address or the profile changes.
    api_key: Option<String>,
    adopts: Option<bool>,
}

/// Somebody whose remote account is to be theirs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    user_id: String,
}

/// What is to be compared.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ReconcileRequest")]
#[serde(deny_unknown_fields, default)]
pub struct Reconcile {
    /// Whether what differs is mended. Nobody is deleted, and nobody is deactivated there who is not known here.
    apply: bool,
}

/// What is still to be done there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConnectorWork")]
pub struct Work {
    /// `user` or `team`.
    kind: String,
    local_id: Uuid,
    /// Whether it goes before everything else: somebody leaves.
    is_urgent: bool,
    /// When the oldest change happened that has not arrived.
    since: DateTime<Utc>,
    due_at: DateTime<Utc>,
    attempts: i64,
    /// Whether it needs somebody's decision.
    is_stuck: bool,
    /// What is in the way, and what to do.
    problem: Option<String>,
}

impl Listed for Work {
    const PLURAL: &'static str = "work";
}

/// What a comparison found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DriftReport")]
pub struct Found {
    id: Uuid,
    at: DateTime<Utc>,
    report: Report,
}

impl Listed for Found {
    const PLURAL: &'static str = "reports";
}

async fn shown(call: &Call, row: ConnectorRow) -> Result<Connector, Failure> {
    let backlog = rows::backlog(&mut call.read().await?, call.workspace()).await?;
    Ok(Connector {
        profile: row.profile,
        base_url: row.base_url,
        adopts: row.adopts,
        state: row.state,
        problem: row.problem,
        waiting: backlog.waiting,
        stuck: backlog.stuck,
        oldest_waiting_at: backlog.oldest,
        last_success_at: row.last_success_at,
        reconciled_at: row.reconciled_at,
        reconcile_wanted: row.wanted,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

async fn found(call: &Call) -> Result<ConnectorRow, Failure> {
    rows::find(&mut call.read().await?, call.workspace()).await?.ok_or_else(Failure::not_found)
}

/// `GET /connector`
pub async fn read(call: Call) -> Answer {
    let row = found(&call).await?;
    success(&shown(&call, row).await?)
}

/// `POST /connector`
pub async fn create(call: Call) -> Answer {
    let new: NewConnector = call.body()?;
    let profile = new.profile.unwrap_or_else(|| SHIPPED.to_owned());
    let known = sealing::connector_address(&call.app, &profile)?;
    let base_url = new.base_url.unwrap_or(known);
    let api_key = sealing::connector_key(&call.app, call.workspace(), &base_url, &new.api_key)?;
    let (workspace, loopback) = (call.workspace(), call.app.allows_loopback());
    let command = CreateConnector { workspace, profile, base_url, api_key, adopts: new.adopts, loopback };
    let row = call.execute(command).await?;
    created(&shown(&call, row).await?)
}

/// `PUT /connector`
pub async fn update(call: Call) -> Answer {
    let change: Change = call.body()?;
    let old = found(&call).await?;
    if let Some(profile) = &change.profile {
        sealing::connector_address(&call.app, profile)?;
    }
    let base_url = change.base_url.clone().unwrap_or(old.base_url);
    let api_key = change.api_key.as_deref();
    let api_key = api_key.map(|key| sealing::connector_key(&call.app, call.workspace(), &base_url, key)).transpose()?;
    let (workspace, loopback) = (call.workspace(), call.app.allows_loopback());
    let (profile, base_url) = (change.profile, change.base_url);
    let command = UpdateConnector { workspace, profile, base_url, api_key, adopts: change.adopts, loopback };
    let row = call.execute(command).await?;
    success(&shown(&call, row).await?)
}

/// `DELETE /connector`
pub async fn delete(call: Call) -> Answer {
    call.execute(RemoveConnector { workspace: call.workspace() }).await?;
    done()
}

/// `POST /connector/pause`
pub async fn pause(call: Call) -> Answer {
    let row = call.execute(SwitchConnector { workspace: call.workspace(), to: Switch::Pause }).await?;
    success(&shown(&call, row).await?)
}

/// `POST /connector/resume`
pub async fn resume(call: Call) -> Answer {
    let row = call.execute(SwitchConnector { workspace: call.workspace(), to: Switch::Resume }).await?;
    success(&shown(&call, row).await?)
}

/// `POST /connector/claim`
pub async fn claim(call: Call) -> Answer {
    let claim: Claim = call.body()?;
    let user = named("user_id", &claim.user_id, UserId::parse)?;
    people::find(&mut call.read().await?, call.workspace(), user).await?.ok_or_else(Failure::not_found)?;
    call.execute(ClaimAccount { workspace: call.workspace(), user }).await?;
    done()
}

/// `GET /connector/work`
pub async fn work(call: Call) -> Answer {
    let rows = rows::list(&mut call.read().await?, call.workspace(), false, MOST).await?;
    let work = rows.into_iter().map(|row| Work {
        kind: row.kind,
        local_id: row.local_id,
        is_urgent: row.rank == 0,
        since: row.since,
        due_at: row.due_at,
        attempts: row.attempts,
        is_stuck: row.is_stuck,
        problem: row.problem,
    });
    success(&List::whole(work.collect()))
}

/// `GET /connector/reconcile`
pub async fn reports(call: Call) -> Answer {
    let rows = connector_links::reports(&mut call.read().await?, call.workspace(), 10).await?;
    let read = |row: connector_links::ReportRow| {
        Some(Found { id: row.id, at: row.at, report: serde_json::from_str(&row.report).ok()? })
    };
    success(&List::whole(rows.into_iter().filter_map(read).collect()))
}

/// `POST /connector/reconcile`
pub async fn reconcile(call: Call) -> Answer {
    let wanted: Reconcile = call.body()?;
    let row = call.execute(AskForComparison { workspace: call.workspace(), apply: wanted.apply }).await?;
    success(&shown(&call, row).await?)
}
