//! What takes long is done in portions, each well below the time in which a request must be answered: a page says how far it
//! came, and a button goes on with the rest.

use std::time::{Duration, Instant};

use super::App;

/// The time of one portion. Whoever works in it does at least one piece before looking whether it is over.
#[derive(Debug, Clone, Copy)]
pub struct Portion {
    until: Instant,
}

impl Portion {
    /// One that begins now.
    #[must_use]
    pub fn begin(app: &App) -> Self {
        let limits = &app.settings.limits;
        // The answer has to come before the request is over.
        let seconds = limits.portion_seconds.min(limits.request_seconds / 2);
        Self { until: Instant::now() + Duration::from_secs(seconds) }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        Instant::now() >= self.until
    }
}
