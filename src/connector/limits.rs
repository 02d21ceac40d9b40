//! How often a key may ask: so many requests a minute, and so many of them a second, with a share kept for people who
//! leave. A request counts until a second, or a minute, after it was answered: it arrived before that, so that however
//! the network delays requests, the other side never counts more than it allows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::Profile;

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
/// Who asked to be left alone is left alone for so long at the most.
const LONGEST: Duration = Duration::from_hours(1);

/// What one key may ask.
#[derive(Debug)]
pub struct Limits {
    per_minute: usize,
    per_second: usize,
    urgent_percent: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    /// When requests were answered, oldest first; none of them over a minute ago.
    answered: VecDeque<Instant>,
    /// Until when the other side wants to be left alone.
    blocked_until: Option<Instant>,
}

/// Leave to make one request; the request is over when it is dropped.
#[derive(Debug)]
pub struct Permit<'l>(&'l Limits);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.answered.push_back(Instant::now());
        drop(state);
        self.0.freed.notify_waiters();
    }
}

impl Limits {
    /// The limits of a profile.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        let most = |limit: u32| if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
        Self {
            per_minute: most(profile.per_minute),
            per_second: most(profile.per_second),
            urgent_percent: usize::try_from(profile.urgent_percent).unwrap_or_default(),
            state: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// Waits until another request may be made. What is urgent may use what is kept for it.
    pub async fn ask(&self, urgent: impl Fn() -> bool) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            match self.take(urgent(), Instant::now()) {
                None => return Permit(self),
                Some(wait) => tokio::select! {
                    () = freed => {}
                    () = sleep(wait) => {}
                },
            }
        }
    }

    /// Lets everybody who waits look again: something has become urgent.
    pub fn look_again(&self) {
        self.freed.notify_waiters();
    }

    /// Nobody asks for a while.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST);
        let mut state = self.lock();
        state.blocked_until = Some(state.blocked_until.map_or(until, |known| known.max(until)));
    }

    /// Notes what the other side says is left of a minute: what somebody else asked with the same key counts as well.
    pub fn told(&self, limit: u64, left: u64) {
        let (limit, left) = (usize::try_from(limit).unwrap_or(0), usize::try_from(left).unwrap_or(usize::MAX));
        let now = Instant::now();
        let Some(lately) = now.checked_sub(SECOND).filter(|_| limit == self.per_minute) else { return };
        let mut state = self.lock();
        let recent = state.answered.iter().rev().take_while(|at| now.duration_since(**at) < MINUTE).count();
        let others = limit.saturating_sub(left).saturating_sub(recent + state.in_flight);
        let place = state.answered.partition_point(|at| *at <= lately);
        for _ in 0..others {
            state.answered.insert(place, lately);
        }
    }

    /// Counts a request; where there are too many, how long to wait before it is worth looking again.
    fn take(&self, urgent: bool, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        while state.answered.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            state.answered.pop_front();
        }
        if let Some(until) = state.blocked_until {
            if until > now {
                return Some(until - now);
            }
            state.blocked_until = None;
        }
        for (limit, window) in [(self.per_minute, MINUTE), (self.per_second, SECOND)] {
            if limit == usize::MAX {
                continue;
            }
            let kept = if urgent { 0 } else { (limit * self.urgent_percent / 100).max(1) };
            let limit = (limit - kept).max(1);
            let recent = state.answered.iter().rev().take_while(|at| now.duration_since(**at) < window).count();
            if state.in_flight + recent >= limit {
                let first = state.answered.get(state.answered.len().saturating_sub(recent));
                return Some(
                    first.map_or(window, |at| window.saturating_sub(now.duration_since(*at))).max(SECOND / 100),
                );
            }
        }
        state.in_flight += 1;
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits of every key that this process uses: whoever uses the same key shares them.
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Mutex<HashMap<[u8; 32], Arc<Limits>>>>);

impl Registry {
    /// The limits of a key at an address.
    #[must_use]
    pub fn of(&self, base_url: &str, key: &str, profile: &Profile) -> Arc<Limits> {
        let name = crate::secret::hash(&format!("{base_url} {key}"));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(name).or_insert_with(|| Arc::new(Limits::new(profile))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_minute: u32, per_second: u32) -> Limits {
        Limits::new(&Profile { per_minute, per_second, ..Profile::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_and_no_minute_sees_too_many() {
        let limits = limits(100, 10);
        let mut sent = Vec::new();
        for _ in 0..300 {
            let permit = limits.ask(|| true).await;
            sent.push(Instant::now());
            drop(permit);
        }
        for (most, window) in [(10, SECOND), (100, MINUTE)] {
            for (i, at) in sent.iter().enumerate() {
                let within = sent[i..].iter().take_while(|other| other.duration_since(*at) < window).count();
                assert!(within <= most, "{within} in {window:?}");
            }
        }
        assert!(sent[299].duration_since(sent[0]) < MINUTE * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_finds_room_when_all_else_waits() {
        let limits = limits(100, 10);
        let begun = Instant::now();
        for _ in 0..80 {
            drop(limits.ask(|| false).await);
        }
        let before = Instant::now();
        assert!(before.duration_since(begun) < Duration::from_secs(11));
        drop(limits.ask(|| true).await);
        assert!(Instant::now().duration_since(before) <= SECOND, "urgent waits for a second at the most");
        drop(limits.ask(|| false).await);
        assert!(Instant::now().duration_since(begun) >= MINUTE, "the rest waits for the minute's end");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asked_to_be_left_alone_is() {
        let limits = limits(0, 0);
        let begun = Instant::now();
        limits.pause(Duration::from_secs(7));
        limits.pause(Duration::from_secs(3));
        drop(limits.ask(|| true).await);
        assert_eq!(Instant::now().duration_since(begun).as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_else_asks_with_the_same_key_counts_for_a_minute() {
        let limits = limits(100, 10);
        tokio::time::advance(MINUTE).await;
        let begun = Instant::now();
        drop(limits.ask(|| false).await);
        limits.told(1_000, 0);
        limits.told(100, 98);
        assert_eq!(limits.lock().answered.len(), 2, "another limit says nothing, and one request is somebody else's");
        limits.told(100, 98);
        assert_eq!(limits.lock().answered.len(), 2, "nobody is counted twice");
        limits.told(100, 15);
        drop(limits.ask(|| true).await);
        assert_eq!(Instant::now().duration_since(begun).as_secs(), 0, "who leaves has room still");
        drop(limits.ask(|| false).await);
        assert!(Instant::now().duration_since(begun) >= MINUTE.checked_sub(SECOND).unwrap(), "the rest waits");
    }

    #[test]
    fn one_key_has_one_set_of_limits() {
        let (registry, profile) = (Registry::default(), Profile::default());
        let same = registry.of("https://a", "k", &profile);
        assert!(Arc::ptr_eq(&same, &registry.of("https://a", "k", &profile)));
        assert!(!Arc::ptr_eq(&same, &registry.of("https://a", "l", &profile)));
    }
}
