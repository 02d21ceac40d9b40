//! How the bridge stands, as far as nobody counts it on the way: looked at when somebody asks for the figures.

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::gauge;

/// Things that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub waiting: i64,
    /// Since when the oldest does.
    pub since: Option<DateTime<Utc>>,
}

impl Backlog {
    /// How long the oldest has waited, in seconds.
    fn age(&self, now: DateTime<Utc>) -> i64 {
        self.since.map_or(0, |since| (now - since).num_seconds().max(0))
    }
}

/// Connections to the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUse {
    /// For what: `read`, `write`, or `all` where one pool serves both.
    pub pool: &'static str,
    /// In somebody's hands.
    pub used: usize,
    /// At the most.
    pub most: usize,
}

/// What the database says, all workspaces together.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Workspaces.
    pub workspaces: i64,
    /// Seats in use.
    pub seats_used: i64,
    /// Seats that there are.
    pub seats: i64,
    /// Events that are not on their way to an endpoint yet.
    pub outbox: Backlog,
    /// Deliveries that wait.
    pub deliveries: Backlog,
    /// Numbers of rows, by kind and state.
    pub states: Vec<(&'static str, &'static str, i64)>,
}

/// How the bridge stands.
#[derive(Debug, Clone, Default)]
pub struct Vitals {
    /// Now.
    pub now: DateTime<Utc>,
    /// What the database says; none: it does not answer.
    pub directory: Option<Directory>,
    /// Connections.
    pub pools: Vec<InUse>,
    /// Changes that wait in each lane of the write path.
    pub lanes: Vec<usize>,
    /// Workers that run, and those that should.
    pub workers: Vec<(&'static str, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    kind: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lane {
    lane: usize,
}

pub(super) struct Gauges {
    database: Gauge,
    workspaces: Gauge,
    seats: Gauge,
    seats_used: Gauge,
    backlog: Gauge,
    age: Gauge,
    states: Family<State, Gauge>,
    used: Family<Named, Gauge>,
    most: Family<Named, Gauge>,
    lanes: Family<Lane, Gauge>,
    workers: Family<Named, Gauge>,
}

impl Gauges {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let gauges = Self {
            database: gauge(registry, "database_up", "Whether the database answers"),
            workspaces: gauge(registry, "workspaces", "Workspaces"),
            seats: gauge(registry, "seats_limit", "Seats of all workspaces together"),
            seats_used: gauge(registry, "seats_used", "Seats in use in all workspaces together"),
            backlog: gauge(registry, "outbox_backlog", "Events that an endpoint is to be told and was not yet"),
            age: gauge(registry, "outbox_oldest_age_seconds", "How long the oldest of them has waited"),
            states: Family::default(),
            used: Family::default(),
            most: Family::default(),
            lanes: Family::default(),
            workers: Family::default(),
        };
        registry.register(
            "rows",
            "Endpoints, deliveries, connectors, their work, and mails, by state",
            gauges.states.clone(),
        );
        registry.register("database_connections_used", "Connections to the database in use", gauges.used.clone());
        registry.register("database_connections_limit", "Connections to the database at the most", gauges.most.clone());
        registry.register("write_queue_length", "Changes that wait in a lane of the write path", gauges.lanes.clone());
        registry.register("worker_up", "Whether a worker runs", gauges.workers.clone());
        gauges
    }

    pub(super) fn set(&self, vitals: &Vitals) {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.database.set(vitals.directory.is_some().into());
        if let Some(directory) = &vitals.directory {
            self.workspaces.set(directory.workspaces);
            self.seats.set(directory.seats);
            self.seats_used.set(directory.seats_used);
            let both = [directory.outbox, directory.deliveries];
            self.backlog.set(both.iter().map(|backlog| backlog.waiting).sum());
            self.age.set(both.iter().map(|backlog| backlog.age(vitals.now)).max().unwrap_or(0));
            for (kind, state, count) in &directory.states {
                self.states.get_or_create(&State { kind, state }).set(*count);
            }
        }
        for InUse { pool, used, most } in &vitals.pools {
            self.used.get_or_create(&Named { name: pool }).set(number(*used));
            self.most.get_or_create(&Named { name: pool }).set(number(*most));
        }
        for (lane, waiting) in vitals.lanes.iter().enumerate() {
            self.lanes.get_or_create(&Lane { lane }).set(number(*waiting));
        }
        for (name, runs) in &vitals.workers {
            self.workers.get_or_create(&Named { name }).set((*runs).into());
        }
    }
}
