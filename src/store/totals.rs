//! Totals over all workspaces, for whoever watches the bridge.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::workspaces::Count;
use crate::domain::plan::Plans;
use crate::metrics::{Backlog, Directory};

statements! {
    COUNT_SEATS = "SELECT plan, seats, count(*) AS n, CAST(sum(seats_used) AS BIGINT) AS used FROM workspaces GROUP BY plan, seats";
    // What an endpoint has not been made deliveries of yet: up to 10,000 rows of each endpoint are counted.
    COUNT_BEHIND = "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS n, min(at) AS since FROM \
                    (SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM outbox o WHERE o.workspace_id = e.workspace_id AND o.seq > e.cursor LIMIT 10000) b) AS n, \
                    (SELECT o.at FROM outbox o WHERE o.workspace_id = e.workspace_id AND o.seq > e.cursor ORDER BY o.seq LIMIT 1) AS at \
                    FROM endpoints e WHERE e.state <> 'disabled') behind";
    COUNT_WAITING = "SELECT count(d.place) AS n, min(d.happened_at) AS since FROM endpoints e JOIN deliveries d ON d.endpoint_id = e.id AND d.state = 'waiting' \
                     WHERE e.state <> 'disabled'";
    COUNT_DEAD = "SELECT count(d.place) AS n FROM endpoints e JOIN deliveries d ON d.endpoint_id = e.id AND d.state = 'dead'";
    COUNT_ENDPOINTS = "SELECT state, count(*) AS n FROM endpoints GROUP BY state";
    COUNT_CONNECTORS = "SELECT state, count(*) AS n FROM connectors GROUP BY state";
    COUNT_WORK = "SELECT CASE WHEN is_stuck THEN 'stuck' ELSE 'due' END AS state, count(*) AS n FROM connector_work GROUP BY is_stuck";
    COUNT_QUEUED = "SELECT count(*) AS n FROM mails WHERE state = 'queued'";
    COUNT_MAILS = "SELECT state, count(*) AS n FROM mails WHERE done_at > $1 GROUP BY state";
}

#[derive(FromRow)]
#[allow(clippy::struct_field_names)]
struct Seats {
    plan: String,
    #[sqlx(rename = "seats")]
    bought: Option<i64>,
    n: i64,
    used: i64,
}

#[derive(FromRow)]
struct Waiting {
    n: i64,
    since: Option<DateTime<Utc>>,
}

impl From<Waiting> for Backlog {
    fn from(row: Waiting) -> Self {
        Self { waiting: row.n, since: row.since }
    }
}

#[derive(FromRow)]
struct State {
    state: String,
    n: i64,
}

/// The states of each kind that are told of, also where nothing is in one.
const STATES: [(&str, &[&str]); 5] = [
    ("endpoint", &["active", "failing", "disabled"]),
    ("connector", &["running", "paused", "stopped"]),
    ("connector_work", &["due", "stuck"]),
    ("delivery", &["waiting", "dead"]),
    ("mail", &["queued", "sent", "failed", "dropped"]),
];

/// Everything that is told of. Mails that are done count for a day.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn read(conn: &mut Conn, plans: &Plans, now: DateTime<Utc>) -> Result<Directory, StoreError> {
    let mut directory = Directory::default();
    for row in conn.all::<Seats>(COUNT_SEATS).await? {
        let seats = row.bought.or_else(|| plans.get(&row.plan).map(|plan| plan.seats)).unwrap_or(0);
        directory.workspaces += row.n;
        directory.seats_used += row.used;
        directory.seats += seats * row.n;
    }
    directory.outbox = conn.one::<Waiting>(COUNT_BEHIND).await?.into();
    directory.deliveries = conn.one::<Waiting>(COUNT_WAITING).await?.into();
    let mut found: Vec<(&str, State)> = Vec::new();
    for (kind, statement) in
        [("endpoint", COUNT_ENDPOINTS), ("connector", COUNT_CONNECTORS), ("connector_work", COUNT_WORK)]
    {
        found.extend(conn.all::<State>(statement).await?.into_iter().map(|row| (kind, row)));
    }
    let mails = conn.all::<State>(COUNT_MAILS.bind(now - chrono::TimeDelta::days(1))).await?;
    found.extend(mails.into_iter().map(|row| ("mail", row)));
    let alone = [
        ("delivery", "dead", conn.one::<Count>(COUNT_DEAD).await?.n),
        ("delivery", "waiting", directory.deliveries.waiting),
        ("mail", "queued", conn.one::<Count>(COUNT_QUEUED).await?.n),
    ];
    found.extend(alone.into_iter().map(|(kind, state, n)| (kind, State { state: state.to_owned(), n })));
    for (kind, states) in STATES {
        let count =
            |state: &str| found.iter().find(|(of, row)| *of == kind && row.state == state).map_or(0, |(_, row)| row.n);
        directory.states.extend(states.iter().map(|state| (kind, *state, count(state))));
    }
    Ok(directory)
}
