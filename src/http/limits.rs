//! How often one credential may ask: the generic cell rate algorithm, a moment kept for each.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many askers are remembered before those who have paused are forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// A limit on how often each of many askers may ask.
pub struct Limiter<K> {
    /// The time that one request is worth; none: no limit.
    each: Option<Duration>,
    /// How far ahead of the clock an asker may get.
    ahead: Duration,
    /// When each asker will have paid for what they asked.
    paid: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Limiter<K> {
    /// `per_second` requests of each asker, `burst` at once after a pause; 0 a second means no limit.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Self {
        let each = (per_second > 0).then(|| Duration::from_secs(1) / per_second);
        let ahead = each.unwrap_or_default() * burst.saturating_sub(1);
        Self { each, ahead, paid: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, where it is one too many; it does not count then.
    pub fn ask(&self, asker: K, now: Instant) -> Result<(), Duration> {
        let Some(each) = self.each else { return Ok(()) };
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MOST_REMEMBERED {
            paid.retain(|_, until| *until > now);
        }
        let until = paid.get(&asker).copied().unwrap_or(now).max(now);
        let ahead = until.duration_since(now);
        if ahead > self.ahead {
            return Err(ahead.saturating_sub(self.ahead));
        }
        paid.insert(asker, until + each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_waits_its_turn() {
        let (limiter, start) = (Limiter::new(10, 3), Instant::now());
        for _ in 0..3 {
            assert_eq!(limiter.ask("a", start), Ok(()));
        }
        assert_eq!(limiter.ask("a", start), Err(Duration::from_millis(100)));
        assert_eq!(limiter.ask("b", start), Ok(()));
        assert_eq!(limiter.ask("a", start + Duration::from_millis(100)), Ok(()));
        assert!(limiter.ask("a", start + Duration::from_millis(100)).is_err());
    }

    #[test]
    fn no_limit_is_no_limit() {
        let (limiter, start) = (Limiter::new(0, 1), Instant::now());
        assert!((0..1000).all(|_| limiter.ask("a", start).is_ok()));
    }
}
