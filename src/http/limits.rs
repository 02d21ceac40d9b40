//! How often one credential may ask: the generic cell rate algorithm, a moment kept for each.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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

/// Attempts a second that fail, of one address.
const STRANGE_PER_SECOND: u32 = 2;
/// Attempts at once that fail, of one address.
const STRANGE_BURST: u32 = 1_000;

/// A limit on requests without a valid credential, so that nobody fills the request log from outside. Whoever has a
/// credential is not touched by it, whatever comes from the same address.
pub struct Strangers(Limiter<IpAddr>);

impl Default for Strangers {
    fn default() -> Self {
        Self(Limiter::new(STRANGE_PER_SECOND, STRANGE_BURST))
    }
}

impl Strangers {
    /// Counts an attempt that failed.
    ///
    /// # Errors
    /// How long to wait, where it is one too many.
    pub fn failed(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        self.0.ask(network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))), now)
    }
}

/// Sign-ins a second that begin from one network, and at once: a whole office may have one address.
const BEGUN: (u32, u32) = (5, 300);

/// A limit on sign-ins that begin: each leaves a row until it comes back or is too old.
pub struct Beginners(Limiter<IpAddr>);

impl Default for Beginners {
    fn default() -> Self {
        Self(Limiter::new(BEGUN.0, BEGUN.1))
    }
}

impl Beginners {
    /// Counts a sign-in that begins.
    ///
    /// # Errors
    /// How long to wait, where it is one too many.
    pub fn begin(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        self.0.ask(network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))), now)
    }
}

/// Whom an address belongs to: of IPv6, everybody has 2^64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_told_apart_by_their_network() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let failed = |address: &str| strangers.failed(Some(address.parse().unwrap()), now);
        for _ in 0..STRANGE_BURST {
            assert_eq!(failed("2001:db8::1"), Ok(()));
        }
        assert!(failed("2001:db8::ffff").is_err());
        assert_eq!(failed("2001:db8:0:1::1"), Ok(()));
        assert_eq!(failed("192.0.2.1"), Ok(()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), network("192.0.2.1".parse().unwrap()));
    }

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
