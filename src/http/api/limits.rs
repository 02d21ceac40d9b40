//! How often a key may ask: so many requests a minute, and so many of them within one second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ids::KeyId;

/// How many keys are remembered before those that have paused are forgotten.
const MOST_REMEMBERED: usize = 10_000;
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// A limit for each of many keys.
pub struct Limits {
    per_minute: u32,
    per_second: u32,
    asked: Mutex<HashMap<KeyId, Asked>>,
}

#[derive(Clone, Copy)]
struct Asked {
    minute: (Instant, u32),
    second: (Instant, u32),
}

/// Where a key stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute.
    pub limit: u32,
    /// Those that are left of this minute.
    pub remaining: u32,
    /// Until the next minute begins.
    pub reset: Duration,
    /// How long to wait, where this request was one too many.
    pub wait: Option<Duration>,
}

impl Limits {
    /// So many requests a minute and a second; 0: no limit.
    #[must_use]
    pub fn new(per_minute: u32, per_second: u32) -> Self {
        let unlimited = |limit| if limit == 0 { u32::MAX } else { limit };
        Self { per_minute: unlimited(per_minute), per_second: unlimited(per_second), asked: Mutex::default() }
    }

    /// Counts a request. One too many does not count.
    pub fn ask(&self, key: KeyId, now: Instant) -> Standing {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MOST_REMEMBERED {
            asked.retain(|_, asked| now.duration_since(asked.minute.0) < MINUTE);
        }
        let asked = asked.entry(key).or_insert(Asked { minute: (now, 0), second: (now, 0) });
        for (window, length) in [(&mut asked.minute, MINUTE), (&mut asked.second, SECOND)] {
            if now.duration_since(window.0) >= length {
                *window = (now, 0);
            }
        }
        let reset = MINUTE.saturating_sub(now.duration_since(asked.minute.0));
        let wait = if asked.minute.1 >= self.per_minute {
            Some(reset)
        } else if asked.second.1 >= self.per_second {
            Some(SECOND.saturating_sub(now.duration_since(asked.second.0)))
        } else {
            (asked.minute.1, asked.second.1) = (asked.minute.1 + 1, asked.second.1 + 1);
            None
        };
        Standing { limit: self.per_minute, remaining: self.per_minute - asked.minute.1, reset, wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_and_a_hundred_a_minute() {
        let (limits, key, start) = (Limits::new(100, 10), KeyId::fresh(), Instant::now());
        let at = |millis| limits.ask(key, start + Duration::from_millis(millis));
        for left in (90..100).rev() {
            let standing = at(0);
            assert_eq!((standing.limit, standing.remaining, standing.wait), (100, left, None));
        }
        assert_eq!(at(400).wait, Some(Duration::from_millis(600)));
        assert_eq!(limits.ask(KeyId::fresh(), start).wait, None);
        let passed: usize = (1..=20).map(|s| (0..12).filter(|_| at(s * 1_000).wait.is_none()).count()).sum();
        assert_eq!(passed, 90);
        let full = at(30_000);
        assert_eq!((full.remaining, full.wait), (0, Some(Duration::from_secs(30))));
        assert_eq!(at(60_000).wait, None);
    }

    #[test]
    fn no_limit_is_no_limit() {
        let (limits, key, now) = (Limits::new(0, 0), KeyId::fresh(), Instant::now());
        assert!((0..10_000).all(|_| limits.ask(key, now).wait.is_none()));
    }
}
