//! What goes wrong, by script or by seed.

use std::time::Duration;

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The answer is right, and late.
    Slow(Duration),
    /// The connection is reset, and nothing was done.
    ResetBefore,
    /// Everything was done, and the connection is reset.
    ResetAfter,
    /// 500, and nothing was done.
    ErrorBefore,
    /// Everything was done, and 500 is answered.
    ErrorAfter,
    /// 503 with so many seconds of Retry-After; nothing was done.
    Unavailable(u64),
    /// 429 with so many seconds of Retry-After, whatever the limits say; nothing was done.
    TooMany(u64),
    /// Everything was done; the answer ends in the middle.
    Truncated,
    /// Everything was done; the answer is no JSON.
    WrongJson,
    /// Everything was done; the answer is JSON in another envelope.
    WrongShape,
    /// The key is none that is good; nothing was done.
    Unauthorized,
    /// The key may not; nothing was done.
    Forbidden,
    /// 409 for no reason; nothing was done.
    Conflict,
    /// 404 for no reason; nothing was done.
    NotFound,
    /// 404 of something that stands before it, as a page; nothing was done.
    Page404,
    /// 404 of something that stands before it, as JSON of its own; nothing was done.
    Gateway404,
}

impl Fault {
    /// Whether what was asked for is done all the same.
    pub fn does_it(self) -> bool {
        matches!(
            self,
            Self::Slow(_) | Self::ResetAfter | Self::ErrorAfter | Self::Truncated | Self::WrongJson | Self::WrongShape
        )
    }
}

/// When a fault happens.
#[derive(Debug, Clone)]
pub struct Rule {
    /// For this method; none: for any.
    pub method: Option<&'static str>,
    /// For paths (with query) in which this stands.
    pub path: String,
    /// Not for the first so many of them.
    pub skip: usize,
    /// For so many after those.
    pub times: usize,
    pub fault: Fault,
}

/// Faults by chance: which request meets which is decided by the seed and the request's number alone.
#[derive(Debug, Clone)]
pub struct Chaos {
    pub seed: u64,
    /// Of a hundred requests.
    pub percent: u64,
    pub faults: Vec<Fault>,
}

impl Chaos {
    /// Everything that heals by itself.
    pub fn of(seed: u64, percent: u64) -> Self {
        let faults = vec![
            Fault::Slow(Duration::from_millis(30)),
            Fault::ResetBefore,
            Fault::ResetAfter,
            Fault::ErrorBefore,
            Fault::ErrorAfter,
            Fault::Unavailable(1),
            Fault::TooMany(1),
            Fault::Truncated,
            Fault::WrongJson,
            Fault::WrongShape,
            Fault::Conflict,
        ];
        Self { seed, percent, faults }
    }

    fn draw(&self, number: u64) -> Option<Fault> {
        let drawn = mix(self.seed ^ mix(number));
        (drawn % 100 < self.percent).then(|| self.faults[usize::try_from(drawn >> 32).unwrap() % self.faults.len()])
    }
}

/// splitmix64's last step.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Everything that is to go wrong.
#[derive(Default)]
pub struct Faults {
    rules: Vec<Rule>,
    pub chaos: Option<Chaos>,
    asked: u64,
}

impl Faults {
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub fn clear(&mut self) {
        self.rules.clear();
        self.chaos = None;
    }

    /// What happens to the next request: what the first rule says that has not had its times, else what chance says.
    pub fn next(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.asked += 1;
        let fits =
            |rule: &&mut Rule| rule.method.is_none_or(|wanted| wanted == method) && path.contains(rule.path.as_str());
        for rule in self.rules.iter_mut().filter(fits) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 {
                rule.times -= 1;
                return Some(rule.fault);
            }
        }
        self.chaos.as_ref().and_then(|chaos| chaos.draw(self.asked))
    }
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let drawn = |seed| -> Vec<_> { (0..1_000).map(|number| Chaos::of(seed, 20).draw(number)).collect() };
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
    let faulty = drawn(7).iter().flatten().count();
    assert!((120..280).contains(&faulty), "{faulty}");
}
