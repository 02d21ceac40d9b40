//! How fast somebody may try again who fails: pure arithmetic over a counter.

use chrono::{DateTime, TimeDelta, Utc};

/// What is known of one key: an account, an address, both together, a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter {
    /// Attempts since the last success, or since it was quiet.
    pub failures: i64,
    /// Until when nobody may try.
    pub blocked_until: Option<DateTime<Utc>>,
    /// When it last changed; none where nothing is known.
    pub updated_at: Option<DateTime<Utc>>,
}

/// How much is allowed of one kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Attempts without a wait.
    pub free: i64,
    /// The first wait, in seconds; each further failure doubles it.
    pub first: i64,
    /// The longest wait, in seconds.
    pub most: i64,
    /// After how many seconds of quiet everything is forgotten.
    pub quiet: i64,
}

/// One account from one network: somebody who can't remember which password it was.
pub const PAIR: Rule = Rule { free: 5, first: 2, most: 900, quiet: 3_600 };
/// A browser from which the account was used before; nobody else can use this budget up.
pub const DEVICE: Rule = Rule { free: 10, first: 2, most: 900, quiet: 3_600 };
/// One address from everywhere but the browsers where its account was used before. The wait stays short: it makes
/// guessing hopeless, and its owner waits a minute at the most.
pub const STRANGERS: Rule = Rule { free: 50, first: 1, most: 60, quiet: 3_600 };
/// One network, whichever accounts it tries: a company's people may share an address.
pub const NETWORK: Rule = Rule { free: 100, first: 1, most: 900, quiet: 3_600 };
/// A second factor, from everywhere: who gets here knows the password, and a code has a million values.
pub const FACTOR: Rule = Rule { free: 5, first: 5, most: 900, quiet: 86_400 };
/// Mails to one address.
pub const MAIL: Rule = Rule { free: 3, first: 60, most: 3_600, quiet: 7_200 };

impl Rule {
    /// How long to wait before the next attempt.
    #[must_use]
    pub fn wait(&self, counter: &Counter, now: DateTime<Utc>) -> Option<TimeDelta> {
        let until = counter.blocked_until?;
        (until > now).then(|| until - now)
    }

    /// The counter after one more attempt, which counts as a failure until it turns out to be none.
    #[must_use]
    pub fn tried(&self, counter: &Counter, now: DateTime<Utc>) -> Counter {
        let is_quiet = counter.updated_at.is_none_or(|at| at + TimeDelta::seconds(self.quiet) <= now);
        let failures = if is_quiet { 1 } else { counter.failures.saturating_add(1) };
        let beyond = failures - self.free;
        let blocked_until = (beyond >= 0).then(|| {
            let doubled = self
                .first
                .saturating_mul(1_i64.checked_shl(u32::try_from(beyond.min(32)).unwrap_or(32)).unwrap_or(i64::MAX));
            now + TimeDelta::seconds(doubled.min(self.most))
        });
        Counter { failures, blocked_until, updated_at: Some(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn the_first_attempts_are_free_and_then_each_doubles_the_wait() {
        let rule = Rule { free: 3, first: 2, most: 10, quiet: 100 };
        let (mut counter, mut waits) = (Counter::default(), Vec::new());
        for _ in 0..7 {
            counter = rule.tried(&counter, at(0));
            waits.push(rule.wait(&counter, at(0)).map_or(0, |wait| wait.num_seconds()));
        }
        assert_eq!(waits, [0, 0, 2, 4, 8, 10, 10]);
        assert_eq!(rule.wait(&counter, at(10)), None);
    }

    #[test]
    fn quiet_makes_good_and_no_number_of_failures_overflows() {
        let rule = Rule { free: 3, first: 2, most: 10, quiet: 100 };
        let many = Counter { failures: i64::MAX, blocked_until: None, updated_at: Some(at(0)) };
        assert_eq!(rule.tried(&many, at(99)).blocked_until, Some(at(109)));
        assert_eq!(rule.tried(&many, at(100)), Counter { failures: 1, blocked_until: None, updated_at: Some(at(100)) });
    }

    #[test]
    fn nobody_is_kept_from_their_account_for_longer_than_a_minute_by_strangers() {
        let mut counter = Counter::default();
        for second in 0..10_000 {
            if STRANGERS.wait(&counter, at(second)).is_none() {
                counter = STRANGERS.tried(&counter, at(second));
            }
            assert!(STRANGERS.wait(&counter, at(second)).is_none_or(|wait| wait.num_seconds() <= 60));
        }
    }
}
