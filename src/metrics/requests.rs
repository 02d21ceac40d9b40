//! Requests that were answered: how many of which kind, and how long each part of what is served takes.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::labels::{Surface, class, method};

/// Upper ends of the buckets of durations, in seconds.
const SECONDS: [f64; 13] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// More routes than the router has.
const MOST_ROUTES: usize = 512;
/// Whatever has no route.
const NOWHERE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    surface: &'static str,
    route: &'static str,
    method: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    surface: &'static str,
}

/// Requests that were answered.
pub struct Requests {
    counts: Family<Kind, Counter>,
    durations: [(Surface, Histogram); 5],
    /// Routes as they stand in the router, each kept once and for good.
    routes: RwLock<HashMap<&'static str, &'static str>>,
}

impl Requests {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let counts = Family::<Kind, Counter>::default();
        registry.register("http_requests", "Requests that were answered", counts.clone());
        let durations = Family::<Of, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let help = "How long a request takes until its answer begins, in seconds";
        registry.register("http_request_duration_seconds", help, durations.clone());
        let durations =
            Surface::ALL.map(|surface| (surface, durations.get_or_create_owned(&Of { surface: surface.name() })));
        Self { counts, durations, routes: RwLock::default() }
    }

    /// Notes a request on a route of the router; none: on no route.
    pub fn answered(&self, route: Option<&str>, asked: &str, status: u16, took: Duration) {
        let route = self.route(route);
        let surface = Surface::of(route);
        let kind = Kind { surface: surface.name(), route, method: method(asked), status: class(status) };
        self.counts.get_or_create(&kind).inc();
        if let Some((_, durations)) = self.durations.iter().find(|(other, _)| *other == surface) {
            durations.observe(took.as_secs_f64());
        }
    }

    /// What a route is called.
    #[must_use]
    pub fn route(&self, route: Option<&str>) -> &'static str {
        route.map_or(NOWHERE, |route| self.kept(route))
    }

    /// The route, kept for good: there are as many as the router has.
    fn kept(&self, route: &str) -> &'static str {
        if let Some(kept) = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(route) {
            return kept;
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        if routes.len() >= MOST_ROUTES {
            return NOWHERE;
        }
        let kept: &'static str = Box::leak(route.into());
        routes.entry(kept).or_insert(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Metrics, Vitals, Writes};

    #[test]
    fn a_route_is_kept_once_and_no_more_than_a_router_has() {
        let metrics = Metrics::new(&Writes::default());
        let took = Duration::from_millis(3);
        for i in 0..100_000 {
            metrics.requests.answered(Some(&format!("/r{i}")), &format!("M{i}"), 200, took);
            metrics.requests.answered(Some("/api/users"), "GET", 404, took);
        }
        assert_eq!(metrics.requests.routes.read().unwrap().len(), MOST_ROUTES);
        let text = metrics.text(&Vitals::default()).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("aisoule_bridge_http_requests_total{")).count();
        // One more for what found no room, and one for the route that did.
        assert!(lines <= MOST_ROUTES + 2, "{lines}");
    }
}
