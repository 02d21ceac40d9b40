//! Whose turn it is to try: an attempt is counted before anything is looked at, so that no number of attempts at once gets
//! past the count, and taken back where it was no failure.
//!
//! Two accounts can have one address, in two workspaces or as a protected account and another user. So what is counted under
//! a typed address no login resets: it takes back its own attempt and nothing else, and not even that where the password
//! was compared with another account too. What the login of an account resets is counted under that account's id. And
//! whether there is an account changes nothing in what is counted: else whoever counts along would learn who exists.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::throttle::{Counter, DEVICE, FACTOR, MAIL, NETWORK, PAIR, Rule, STRANGERS};
use crate::ids::{UserId, WorkspaceId};
use crate::secret;
use crate::store::{Conn, StoreError, Tx, Work, throttles};
use crate::text::hex;

/// What an attempt is counted under.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Each with its rule.
    counted: BTreeMap<String, Rule>,
    /// Those of which a success ends the count.
    cleared: BTreeSet<String>,
}

fn key(kind: &str, what: &str) -> String {
    hex(&secret::hash(&format!("{kind} {what}")))
}

impl Keys {
    /// An attempt to prove who one is with a password: under the address that was typed, whether or not it is anybody's.
    #[must_use]
    pub fn password(address: &str, network: Option<IpAddr>) -> Self {
        let network = named(network);
        let counted = [
            (key("pair", &format!("{network} {address}")), PAIR),
            (key("strangers", address), STRANGERS),
            (key("network", &network), NETWORK),
        ];
        Self { counted: counted.into(), cleared: BTreeSet::new() }
    }

    /// The same from a browser that is known for that user: what others do to the account or in the same network is nothing
    /// to it.
    #[must_use]
    pub fn device(user: UserId, device: &str) -> Self {
        Self::one(key("device", &format!("{device} {user}")), DEVICE)
    }

    /// An attempt to give a second factor.
    #[must_use]
    pub fn factor(user: UserId, device: Option<&str>) -> Self {
        let one = match device {
            Some(device) => key("factor device", &format!("{device} {user}")),
            None => key("factor", &user.to_string()),
        };
        Self::one(one, FACTOR)
    }

    fn one(key: String, rule: Rule) -> Self {
        Self { counted: [(key.clone(), rule)].into(), cleared: [key].into() }
    }

    /// A mail that somebody asks for.
    #[must_use]
    pub fn mail(account: &str, network: Option<IpAddr>) -> Self {
        let counted = [(key("mail", account), MAIL), (key("mails of", &named(network)), NETWORK)];
        Self { counted: counted.into(), cleared: BTreeSet::new() }
    }

    /// A link that somebody opens.
    #[must_use]
    pub fn link(network: Option<IpAddr>) -> Self {
        Self { counted: [(key("links of", &named(network)), NETWORK)].into(), cleared: BTreeSet::new() }
    }

    /// Without what an attempt at another account was counted under: that one failed.
    #[must_use]
    pub fn apart_from(mut self, other: &Self) -> Self {
        self.counted.retain(|key, _| !other.counted.contains_key(key));
        self.cleared.retain(|key| !other.counted.contains_key(key));
        self
    }

    /// How long to wait, by what is known of each key.
    fn wait(&self, known: &BTreeMap<&String, Counter>, now: DateTime<Utc>) -> Option<TimeDelta> {
        let waits = self.counted.iter().filter_map(|(key, rule)| rule.wait(known.get(key)?, now));
        waits.max()
    }

    /// Takes the attempt back: it was no failure.
    pub(super) async fn succeeded(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let all: BTreeSet<&String> = self.counted.keys().chain(&self.cleared).collect();
        for key in all {
            if self.cleared.contains(key) {
                throttles::delete(tx, key).await?;
            } else {
                throttles::take_back(tx, key).await?;
            }
        }
        Ok(())
    }
}

fn named(network: Option<IpAddr>) -> String {
    network.map_or_else(|| "nowhere".to_owned(), |address| address.to_string())
}

/// The keys of several attempts, each once, in one order everywhere, so that no two attempts wait for each other.
fn distinct(all: &[Keys]) -> BTreeSet<&String> {
    all.iter().flat_map(|keys| keys.counted.keys()).collect()
}

/// How long each of these attempts would have to wait. Nothing is counted, and nobody is held up.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn waits(conn: &mut Conn, all: &[Keys], now: DateTime<Utc>) -> Result<Vec<Option<TimeDelta>>, StoreError> {
    let mut known = BTreeMap::new();
    for key in distinct(all) {
        known.insert(key, throttles::find(conn, key).await?.unwrap_or_default());
    }
    Ok(all.iter().map(|keys| keys.wait(&known, now)).collect())
}

/// Counts attempts that are made with one and the same password; gives how long to wait for each that is one too many, which
/// then is not counted and must not be made.
pub struct Try {
    /// What each is counted under.
    pub keys: Vec<Keys>,
    /// When.
    pub now: DateTime<Utc>,
}

impl Work for Try {
    type Output = Vec<Option<TimeDelta>>;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Option<TimeDelta>>, StoreError> {
        let (now, mut known) = (self.now, BTreeMap::new());
        for key in distinct(&self.keys) {
            known.insert(key, throttles::lock(tx, key, now).await?);
        }
        let waits: Vec<_> = self.keys.iter().map(|keys| keys.wait(&known, now)).collect();
        let made = self.keys.iter().zip(&waits).filter(|(_, wait)| wait.is_none());
        let tried: BTreeMap<&String, &Rule> = made.flat_map(|(keys, _)| &keys.counted).collect();
        for (key, rule) in tried {
            let counter = known.get(key).copied().unwrap_or_default();
            throttles::set(tx, key, &rule.tried(&counter, now), now).await?;
        }
        Ok(waits)
    }
}

/// Takes back an attempt that was no failure, where no command does.
pub struct TakeBack {
    /// What it was counted under.
    pub keys: Keys,
}

impl Work for TakeBack {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.keys.succeeded(tx).await
    }
}
