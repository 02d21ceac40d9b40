//! How often a key may ask: so many requests in any 60 seconds, and so many in any one second. Windows that slide are
//! stricter than any that begin anew: whoever stays under these stays under all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub const MINUTE: Duration = Duration::from_secs(60);
pub const SECOND: Duration = Duration::from_secs(1);

/// Requests of one key that were let through.
#[derive(Default)]
pub struct Passed(VecDeque<Instant>);

/// Where a key stands.
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Until one more is free of the minute.
    pub reset: Duration,
    /// How long to wait, where this request was one too many.
    pub wait: Option<Duration>,
}

impl Passed {
    /// Counts a request, unless it is one too many. 0: no limit.
    pub fn ask(&mut self, per_minute: u32, per_second: u32, now: Instant) -> Standing {
        while self.0.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.0.pop_front();
        }
        let until = |most: u32, window: Duration| {
            let nth = self.0.len().checked_sub(most as usize)?;
            let at = self.0.get(nth).filter(|_| most > 0)?;
            window.checked_sub(now.duration_since(*at)).filter(|wait| !wait.is_zero())
        };
        let wait = until(per_minute, MINUTE).into_iter().chain(until(per_second, SECOND)).max();
        if wait.is_none() {
            self.0.push_back(now);
        }
        let reset = self.0.front().map_or(Duration::ZERO, |at| MINUTE.saturating_sub(now.duration_since(*at)));
        let passed = u32::try_from(self.0.len()).unwrap();
        Standing { limit: per_minute, remaining: per_minute.saturating_sub(passed), reset, wait }
    }
}

/// The most of these moments, which are in order, that lie within any window of that length.
pub fn most_within(moments: &[Instant], window: Duration) -> usize {
    let mut first = 0;
    let counts = moments.iter().enumerate().map(|(last, at)| {
        while at.duration_since(moments[first]) >= window {
            first += 1;
        }
        last - first + 1
    });
    counts.max().unwrap_or_default()
}

#[test]
fn windows_slide() {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut passed = Passed::default();
    for millis in [900, 910, 920] {
        assert!(passed.ask(5, 3, at(millis)).wait.is_none());
    }
    assert_eq!(passed.ask(5, 3, at(1_000)).wait, Some(Duration::from_millis(900)));
    assert!(passed.ask(5, 3, at(1_900)).wait.is_none());
    assert_eq!(passed.ask(5, 3, at(1_910)).remaining, 0);
    assert_eq!(passed.ask(5, 3, at(50_000)).wait, Some(Duration::from_millis(10_900)));
    assert_eq!(passed.ask(5, 3, at(60_900)).remaining, 0);
    let moments: Vec<Instant> = [0, 10, 20, 1_005, 1_009, 5_000].map(at).to_vec();
    assert_eq!(most_within(&moments, SECOND), 4);
    assert_eq!(most_within(&moments, MINUTE), 6);
    assert_eq!(most_within(&[], SECOND), 0);
}
