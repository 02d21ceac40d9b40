//! Time as a parameter: the real clock, or one that a test moves.

use std::sync::Arc;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Gives the present moment, cut to microseconds, because that is what both databases keep.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn real() -> Self {
        #[allow(clippy::disallowed_methods)]
        Self(Arc::new(Utc::now))
    }

    /// A clock that answers whatever `now` answers.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment, UTC, whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.0)();
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_cut_to_microseconds() {
        let clock = Clock::from_fn(|| DateTime::from_timestamp(1, 123_456_789).unwrap_or_default());
        assert_eq!(clock.now().timestamp_subsec_nanos(), 123_456_000);
    }
}
