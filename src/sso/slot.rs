//! Something that a provider published: fetched once however many wait for it, and kept while the provider is down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::error::SsoError;

/// How long something is taken as it is.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long something is used while it is fetched anew in the background.
const USABLE: TimeDelta = TimeDelta::hours(24);
/// How long nothing is fetched again after an attempt that failed, or that a token with an unknown key made.
pub(super) const COOL_DOWN: TimeDelta = TimeDelta::seconds(30);

/// A place for it.
pub(super) struct Slot<T> {
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State<T>>,
}

struct State<T> {
    held: Option<(Arc<T>, DateTime<Utc>)>,
    /// The last attempt that came to nothing, and why.
    failed: Option<(DateTime<Utc>, SsoError)>,
    /// How many attempts there were.
    attempts: u64,
    /// When a token made the bridge look again.
    forced: Option<DateTime<Utc>>,
}

/// What to do when somebody asks.
pub(super) enum Held<T> {
    /// Use this.
    Use(Arc<T>),
    /// Use this, and fetch it anew meanwhile.
    Renew(Arc<T>),
    /// Fetch it first.
    Fetch,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        let state = State { held: None, failed: None, attempts: 0, forced: None };
        Self { flight: tokio::sync::Mutex::default(), state: Mutex::new(state) }
    }
}

/// Whether two moments are closer than a span, whichever comes first: clocks are set back too.
fn near(now: DateTime<Utc>, then: DateTime<Utc>, span: TimeDelta) -> bool {
    (now - then).abs() < span
}

impl<T> Slot<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is.
    pub(super) fn look(&self, now: DateTime<Utc>) -> Held<T> {
        let state = self.state();
        let Some((value, at)) = &state.held else { return Held::Fetch };
        let value = Arc::clone(value);
        let rests = state.failed.as_ref().is_some_and(|(at, _)| near(now, *at, COOL_DOWN));
        if near(now, *at, FRESH) || rests {
            Held::Use(value)
        } else if near(now, *at, USABLE) {
            Held::Renew(value)
        } else {
            Held::Fetch
        }
    }

    /// Fetches it, unless somebody else just did; falls back on what there was.
    pub(super) async fn fetch(
        &self,
        now: impl Fn() -> DateTime<Utc>,
        fetching: impl Future<Output = Result<T, SsoError>>,
    ) -> Result<Arc<T>, SsoError> {
        let before = self.state().attempts;
        let _flight = self.flight.lock().await;
        {
            let state = self.state();
            match (&state.held, &state.failed) {
                _ if state.attempts == before => {}
                (Some((value, _)), _) => return Ok(Arc::clone(value)),
                (None, Some((_, error))) => return Err(error.clone()),
                (None, None) => {}
            }
        }
        let outcome = fetching.await;
        self.keep(outcome, now())
    }

    /// Fetches it because `seen` does not have what a token needs; none where that was done a moment ago, with `seen` as
    /// the outcome.
    pub(super) async fn fetch_again(
        &self,
        seen: &Arc<T>,
        now: impl Fn() -> DateTime<Utc>,
        fetching: impl Future<Output = Result<T, SsoError>>,
    ) -> Option<Arc<T>> {
        let _flight = self.flight.lock().await;
        {
            let mut state = self.state();
            if let Some((value, _)) = &state.held
                && !Arc::ptr_eq(value, seen)
            {
                return Some(Arc::clone(value));
            }
            if state.forced.is_some_and(|at| near(now(), at, COOL_DOWN)) {
                return None;
            }
            state.forced = Some(now());
        }
        let outcome = fetching.await;
        self.keep(outcome, now()).ok().filter(|value| !Arc::ptr_eq(value, seen))
    }

    fn keep(&self, outcome: Result<T, SsoError>, now: DateTime<Utc>) -> Result<Arc<T>, SsoError> {
        let mut state = self.state();
        state.attempts += 1;
        match outcome {
            Ok(value) => {
                let value = Arc::new(value);
                state.held = Some((Arc::clone(&value), now));
                state.failed = None;
                Ok(value)
            }
            Err(error) => {
                state.failed = Some((now, error.clone()));
                match &state.held {
                    Some((value, _)) => Ok(Arc::clone(value)),
                    None => Err(error),
                }
            }
        }
    }
}
