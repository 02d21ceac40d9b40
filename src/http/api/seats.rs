//! `/seats`: the plan, its seats, and who waits for one.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, success};
use crate::command::workspaces::UpdateWorkspace;
use crate::domain::seat::{self, SeatPolicy};
use crate::store::{people, workspaces};

/// The plan, its seats, and who waits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Seats {
    /// `free-trial`, `growth`, `scale`.
    plan: String,
    plan_title: String,
    /// Seats of the workspace's own, instead of the plan's.
    own_limit: Option<i64>,
    /// How many users may be active.
    limit: i64,
    /// How many are.
    used: i64,
    free: i64,
    /// How many wait for a seat.
    waiting: i64,
    /// What happens at the limit: `reject`, `park` or `overage`.
    policy: String,
    /// What comes next, in a sentence: "4 parked, 1 free".
    forecast: String,
    /// Those who have waited longest, the next one at the front, 50 at the most.
    queue: Vec<Waiting>,
}

/// Somebody who waits for a seat.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waiting {
    user_id: Uuid,
    full_name: String,
    since: Option<DateTime<Utc>>,
}

/// What to change; what is left out stays. Nobody loses a seat by it; whoever waits gets what it frees.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "SeatsChange")]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// `free-trial`, `growth`, `scale`, or another one of the file of plans.
    plan: Option<String>,
    /// Seats of the workspace's own; -1: the plan's again.
    own_limit: Option<i64>,
    /// `reject`, `park` or `overage`.
    policy: Option<String>,
}

/// `GET /seats`
pub async fn read(call: Call) -> Answer {
    success(&shown(&call).await?)
}

async fn shown(call: &Call) -> Result<Seats, Failure> {
    let mut conn = call.read().await?;
    let workspace = workspaces::find(&mut conn, call.workspace()).await?.ok_or_else(Failure::not_found)?;
    let waiting = people::count_waiting(&mut conn, workspace.id).await?;
    let queue = people::waiting(&mut conn, workspace.id, 50).await?;
    let seats = workspace.seats(&call.app.plans);
    let one = |row: people::PersonRow| Waiting { user_id: row.id, full_name: row.full_name, since: row.waiting_since };
    Ok(Seats {
        plan: workspace.plan.clone(),
        plan_title: workspace.plan_title(&call.app.plans).to_owned(),
        own_limit: workspace.seats,
        limit: seats.limit,
        used: seats.used,
        free: seats.free(),
        waiting,
        policy: workspace.seat_policy.name().to_owned(),
        forecast: seat::forecast(seats, waiting, workspace.seat_policy),
        queue: queue.into_iter().map(one).collect(),
    })
}

/// `PUT /seats`
pub async fn update(call: Call) -> Answer {
    let wanted: Change = call.body()?;
    let policy = wanted.policy.as_deref().map(|name| {
        SeatPolicy::parse(name).ok_or_else(|| Failure::invalid("policy: must be reject, park or overage."))
    });
    let seats = wanted.own_limit.map(|limit| if limit == -1 { None } else { Some(limit) });
    let command = UpdateWorkspace {
        id: call.workspace(),
        plan: wanted.plan,
        seats,
        seat_policy: policy.transpose()?,
        scim_passwords: None,
        audit_days: None,
    };
    call.execute(command).await?;
    success(&shown(&call).await?)
}
