//! When a delivery is tried again, when it is given up, and when its endpoint is left alone for a while.
//!
//! What fails because of the event itself is given up soon, so that the next of its lane can go. What fails because of the
//! endpoint is tried for as long as that lives. An endpoint that takes nothing new three times in a row is asked with one
//! delivery at a time (its circuit is open) until it takes one.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::domain::endpoint::{Endpoint, EndpointState};

/// How long to wait after each attempt, in seconds.
const PAUSES: [i64; 8] = [10, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
/// How long to wait after each failed probe of an endpoint whose circuit is open, in seconds; the last goes on.
const PROBES: [i64; 4] = [10, 60, 300, 600];
/// With so many strikes the circuit is open.
pub const OPEN: i64 = 3;
/// After so many attempts an event that is refused is given up, and an endpoint that took nothing meanwhile is failing.
const ENOUGH: i64 = 4;
/// After so many failed probes as well: those of 10 seconds, 60 seconds and 5 minutes.
const PROBED: i64 = OPEN + 3;
/// How long an endpoint may ask to be left alone, at the most.
const LONGEST_REST: TimeDelta = TimeDelta::hours(1);
/// An endpoint that has taken nothing for so long, and was asked all the time, is disabled.
pub const GIVEN_UP: TimeDelta = TimeDelta::days(7);
/// After so long without a failure another one begins a time of its own: nobody asked in between.
const QUIET: TimeDelta = TimeDelta::hours(24);
/// What is due later than so long from now was noted by a clock that was wrong: longer than any pause, and than any rest.
pub const FARTHEST: (TimeDelta, TimeDelta) = (TimeDelta::hours(12), TimeDelta::minutes(90));

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// The endpoint does not want this event.
    Refused,
    /// The endpoint takes nothing now, and perhaps says for how long.
    Failed(Option<TimeDelta>),
    /// The endpoint says that it is gone for good.
    Gone,
    /// There is nothing to be sent any more.
    Lost,
}

impl Outcome {
    /// What an answer means. `rest`: how long it asks to be left alone.
    #[must_use]
    pub const fn of(status: u16, rest: Option<TimeDelta>) -> Self {
        match status {
            200..=299 => Self::Taken,
            400 | 409 | 413 | 422 => Self::Refused,
            410 => Self::Gone,
            _ => Self::Failed(rest),
        }
    }
}

/// A delivery that was tried.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    /// Which.
    pub id: Uuid,
    /// How often it was tried now.
    pub attempts: i64,
    /// When for the first time.
    pub first: DateTime<Utc>,
    /// Whether it is somebody's test, which is tried once.
    pub is_test: bool,
    /// Whether it was the one to ask an endpoint whose circuit is open.
    pub is_probe: bool,
}

/// What becomes of a delivery that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It arrived.
    Delivered,
    /// It is given up.
    Dead,
    /// It is tried again then.
    Again(DateTime<Utc>),
}

/// What there is to decide about an endpoint after an attempt, in a change that is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// It said that it is gone.
    pub gone: bool,
    /// A delivery was tried often enough, and the endpoint took nothing else meanwhile.
    pub exhausted: bool,
    /// Something failed just now because of the endpoint.
    pub failed: bool,
}

impl Verdict {
    /// Whether anything about the endpoint has to be changed.
    #[must_use]
    pub fn calls_for_change(self, endpoint: &Endpoint, now: DateTime<Utc>) -> bool {
        let given_up = self.failed && is_given_up(endpoint, now);
        let healed = endpoint.state == EndpointState::Failing && endpoint.failing_since.is_none();
        let took_nothing = endpoint.failing_since.is_some() && (self.exhausted || endpoint.strikes >= PROBED);
        let fails = endpoint.state == EndpointState::Active && took_nothing;
        endpoint.state != EndpointState::Disabled && (self.gone || healed || fails || given_up)
    }
}

/// Whether an endpoint has taken nothing for so long that nobody expects it to. Only what just failed says so: time alone
/// is nothing against an endpoint that nobody asked.
#[must_use]
pub fn is_given_up(endpoint: &Endpoint, now: DateTime<Utc>) -> bool {
    endpoint.failing_since.is_some_and(|since| since + GIVEN_UP <= now)
}

/// Whether an endpoint is asked with one delivery at a time.
#[must_use]
pub const fn is_open(endpoint: &Endpoint) -> bool {
    endpoint.strikes >= OPEN
}

/// What becomes of a delivery, and how its endpoint stands after it.
pub fn settle(
    endpoint: &mut Endpoint,
    verdict: &mut Verdict,
    tried: &Tried,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Next {
    let again = |rest: Option<TimeDelta>| {
        // A probe that shows that the endpoint lives is the first attempt after that.
        let attempts = if outcome == Outcome::Refused && tried.is_probe { 1 } else { tried.attempts };
        let pause = pause(attempts, tried.id).max(rest.unwrap_or_default().min(LONGEST_REST));
        Next::Again(now + pause)
    };
    match outcome {
        Outcome::Lost => return Next::Dead,
        Outcome::Taken => {
            if is_open(endpoint) {
                endpoint.due_at = None;
            }
            (endpoint.last_success_at, endpoint.failing_since) = (Some(now), None);
            (endpoint.strikes, endpoint.problem) = (0, None);
            return Next::Delivered;
        }
        _ => {}
    }
    if tried.is_test {
        return Next::Dead;
    }
    let before = endpoint.last_failure_at.replace(now);
    if outcome == Outcome::Refused {
        // Whoever refuses one event reads what it is sent: the others may go.
        if is_open(endpoint) {
            (endpoint.strikes, endpoint.due_at) = (0, None);
        }
        endpoint.failing_since = None;
        let is_enough = tried.attempts >= ENOUGH && !tried.is_probe;
        return if is_enough { Next::Dead } else { again(None) };
    }
    verdict.failed = true;
    if before.is_none_or(|before| before + QUIET <= now) || endpoint.failing_since.is_none_or(|since| since > now) {
        endpoint.failing_since = Some(now);
    }
    let took_something = endpoint.last_success_at.is_some_and(|success| success > tried.first);
    match outcome {
        Outcome::Gone => {
            verdict.gone = true;
            again(None)
        }
        Outcome::Failed(rest) => {
            verdict.exhausted |= tried.attempts >= ENOUGH && !took_something;
            strike(endpoint, tried, rest, now);
            let last = i64::try_from(PAUSES.len()).unwrap_or(i64::MAX) + 1;
            if tried.attempts >= last && took_something { Next::Dead } else { again(rest) }
        }
        Outcome::Taken | Outcome::Refused | Outcome::Lost => Next::Dead,
    }
}

fn strike(endpoint: &mut Endpoint, tried: &Tried, rest: Option<TimeDelta>, now: DateTime<Utc>) {
    let counts = tried.is_probe || (tried.attempts == 1 && !is_open(endpoint));
    endpoint.strikes += i64::from(counts);
    let mut due = (counts && is_open(endpoint)).then(|| now + probe_pause(endpoint.strikes));
    if let Some(rest) = rest {
        due = due.max(Some(now + rest.min(LONGEST_REST)));
    }
    if due.is_some() {
        endpoint.due_at = endpoint.due_at.filter(|_| !tried.is_probe).max(due);
    }
}

/// Leaves an endpoint that is failing alone, but for a probe from time to time, also where few deliveries told so.
pub fn rest(endpoint: &mut Endpoint, now: DateTime<Utc>) {
    if !is_open(endpoint) {
        endpoint.strikes = PROBED;
        endpoint.due_at = endpoint.due_at.max(Some(now + probe_pause(PROBED)));
    }
}

fn probe_pause(strikes: i64) -> TimeDelta {
    let at = usize::try_from(strikes - OPEN).unwrap_or_default();
    TimeDelta::seconds(PROBES.get(at).or(PROBES.last()).copied().unwrap_or(600))
}

/// How long to wait after the attempt of that number: up to a tenth longer than the table says, and never quite the same
/// for two deliveries, so that an endpoint that comes back is not overrun.
fn pause(attempts: i64, id: Uuid) -> TimeDelta {
    let at = usize::try_from(attempts - 1).unwrap_or_default();
    let seconds = PAUSES.get(at).or(PAUSES.last()).copied().unwrap_or(36_000);
    let spread = crc32fast::hash(&[id.as_bytes().as_slice(), &attempts.to_be_bytes()].concat()) % 100;
    TimeDelta::milliseconds(seconds * (1_000 + i64::from(spread)))
}

#[cfg(test)]
mod tests;
