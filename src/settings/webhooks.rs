//! `[webhooks]`: how events are posted to endpoints, and for how long they are kept.

use std::time::Duration;

use serde::Deserialize;

use super::SettingsError;
use crate::outbound::{OutboundSettings, Patience};

/// How events are posted to endpoints, and for how long they are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Seconds until an endpoint must have answered.
    pub timeout_seconds: u64,
    /// Deliveries that wait for one endpoint at the most; what happens beyond waits in the outbox.
    pub most_waiting: i64,
    /// Days for which the log says what became of a delivery.
    pub keep_days: i64,
    /// Days for which events are kept.
    pub outbox_days: i64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { timeout_seconds: 15, most_waiting: 10_000, keep_days: 30, outbox_days: 30 }
    }
}

impl Webhooks {
    /// The way to endpoints, from how providers are reached. A company's own networks are for its providers: who may make
    /// endpoints is somebody else.
    #[must_use]
    pub fn outbound(&self, providers: OutboundSettings) -> OutboundSettings {
        let total = Duration::from_secs(self.timeout_seconds);
        OutboundSettings {
            patience: Patience { connect: total.min(Duration::from_secs(5)), total },
            networks: Vec::new(),
            ..providers
        }
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |name, problem: &str| Err(SettingsError::Value { name, problem: problem.to_owned() });
        if !(1..=30).contains(&self.timeout_seconds) {
            return wrong("webhooks.timeout_seconds", "must be 1 to 30");
        }
        if !(100..=100_000).contains(&self.most_waiting) {
            return wrong("webhooks.most_waiting", "must be 100 to 100000");
        }
        if !(1..=365).contains(&self.keep_days) {
            return wrong("webhooks.keep_days", "must be 1 to 365");
        }
        if !(8..=60).contains(&self.outbox_days) {
            return wrong(
                "webhooks.outbox_days",
                "must be 8 to 60: an endpoint that takes nothing is tried for 7 days",
            );
        }
        Ok(())
    }
}
