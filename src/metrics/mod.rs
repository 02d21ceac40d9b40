//! Figures for whoever watches the bridge: what is counted while it runs, in the form that Prometheus reads.
//!
//! A label's values come from the program alone: a route as it stands in the router, a kind of method, a class of statuses.
//! Never an id, a name or a text that somebody sent, so that nobody can make the figures grow.

mod labels;
mod requests;
mod vitals;

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use labels::{Delivery, Outcome, Surface, method};
pub use requests::Requests;
pub use vitals::{Backlog, Directory, InUse, Vitals};

/// What they are called, all of them.
const PREFIX: &str = "aisoule_bridge";
/// Upper ends of the buckets of changes that shared a commit.
const SHARED: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// The media type of the figures.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// What the write path counts.
#[derive(Clone)]
pub struct Writes {
    /// Transactions that were committed.
    pub commits: Counter,
    /// Changes that were committed.
    pub changes: Counter,
    /// Changes of each of those transactions.
    pub shared: Histogram,
    /// Transactions that failed for good.
    pub failed: Counter,
}

impl Default for Writes {
    fn default() -> Self {
        let (commits, changes, failed) = (Counter::default(), Counter::default(), Counter::default());
        Self { commits, changes, failed, shared: Histogram::new(SHARED) }
    }
}

impl Writes {
    /// Notes a transaction that so many changes shared.
    pub fn committed(&self, changes: usize) {
        self.commits.inc();
        self.changes.inc_by(changes as u64);
        #[allow(clippy::cast_precision_loss)]
        self.shared.observe(changes as f64);
    }
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    /// Requests that were answered.
    pub requests: Requests,
    /// Deliveries to webhook endpoints, by what became of each attempt.
    pub deliveries: Family<Delivery, Counter>,
    /// Entries of the request log that found no room.
    pub dropped: Counter,
    /// How the rest stands, which is looked at when somebody asks.
    standing: vitals::Gauges,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Nothing counted yet but what the write path has.
    #[must_use]
    pub fn new(writes: &Writes) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register("build", "What runs here", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let requests = Requests::register(&mut registry);
        let deliveries = Family::<Delivery, Counter>::default();
        registry.register("deliveries", "Attempts to deliver an event to a webhook endpoint", deliveries.clone());
        let dropped = Counter::<u64, AtomicU64>::default();
        registry.register("request_log_dropped", "Entries of the request log that found no room", dropped.clone());
        let Writes { commits, changes, shared, failed } = writes;
        registry.register("write_commits", "Transactions committed by the write path", commits.clone());
        registry.register("write_changes", "Changes committed by the write path", changes.clone());
        registry.register("write_failures", "Transactions of the write path that failed for good", failed.clone());
        registry.register("write_changes_per_commit", "Changes that shared a commit", shared.clone());
        let standing = vitals::Gauges::register(&mut registry);
        Self { registry, requests, deliveries, dropped, standing }
    }

    /// Everything, as Prometheus reads it.
    ///
    /// # Errors
    /// None that is known: a text takes everything.
    pub fn text(&self, vitals: &Vitals) -> Result<String, fmt::Error> {
        self.standing.set(vitals);
        let mut text = String::with_capacity(16_384);
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A figure without labels.
fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}
