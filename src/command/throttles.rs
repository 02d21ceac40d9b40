//! Whose turn it is to try: an attempt is counted before anything is looked at, so that no number of attempts at once gets
//! past the count, and taken back where it was no failure.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::throttle::{Counter, DEVICE, FACTOR, MAIL, NETWORK, PAIR, Rule, STRANGERS};
use crate::ids::{UserId, WorkspaceId};
use crate::secret;
use crate::store::{Conn, StoreError, Tx, Work, throttles};
use crate::text::hex;

/// For how long a network counts as one where an account is used.
const KNOWN: TimeDelta = TimeDelta::days(30);

/// What an attempt is counted under.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Each with its rule, in one order everywhere, so that no two attempts wait for each other.
    counted: Vec<(String, Rule)>,
    /// Whether a success ends the count.
    cleared: Vec<String>,
    /// By what the network is known where the attempt succeeds.
    known: Option<String>,
}

fn key(kind: &str, what: &str) -> String {
    hex(&secret::hash(&format!("{kind} {what}")))
}

impl Keys {
    /// An attempt to prove who one is with a password. The account is what was typed, whether or not there is one.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn password(
        conn: &mut Conn,
        account: &str,
        network: Option<IpAddr>,
        device: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let network = named(network);
        let known = key("known", &format!("{network} {account}"));
        let is_known = throttles::find(conn, &known)
            .await?
            .and_then(|counter| counter.updated_at)
            .is_some_and(|at| at + KNOWN > now);
        let mut counted = Vec::new();
        if let Some(device) = device {
            // The owner's own browser: what others do to the account or in the same network is nothing to it.
            counted.push((key("device", device), DEVICE));
        } else {
            counted.push((key("pair", &format!("{network} {account}")), PAIR));
            if !is_known {
                counted.push((key("strangers", account), STRANGERS));
                counted.push((key("network", &network), NETWORK));
            }
        }
        counted.sort_by(|one, other| one.0.cmp(&other.0));
        let cleared = vec![key("device", device.unwrap_or_default()), key("pair", &format!("{network} {account}"))];
        Ok(Self { counted, cleared, known: Some(known) })
    }

    /// An attempt to give a second factor.
    #[must_use]
    pub fn factor(user: UserId, device: Option<&str>) -> Self {
        let one = match device {
            Some(device) => key("factor device", &format!("{device} {user}")),
            None => key("factor", &user.to_string()),
        };
        Self { counted: vec![(one.clone(), FACTOR)], cleared: vec![one], known: None }
    }

    /// A mail that somebody asks for.
    #[must_use]
    pub fn mail(account: &str, network: Option<IpAddr>) -> Self {
        let mut counted = vec![(key("mail", account), MAIL), (key("mails of", &named(network)), NETWORK)];
        counted.sort_by(|one, other| one.0.cmp(&other.0));
        Self { counted, ..Self::default() }
    }

    /// A link that somebody opens.
    #[must_use]
    pub fn link(network: Option<IpAddr>) -> Self {
        Self { counted: vec![(key("links of", &named(network)), NETWORK)], ..Self::default() }
    }

    /// Takes the attempt back: it was no failure.
    pub(super) async fn succeeded(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut all: Vec<(&String, bool)> = self.cleared.iter().map(|key| (key, true)).collect();
        let counted = self.counted.iter().map(|(key, _)| key).filter(|key| !self.cleared.contains(key));
        all.extend(counted.map(|key| (key, false)));
        all.sort();
        for (key, is_over) in all {
            if is_over {
                throttles::delete(tx, key).await?;
            } else {
                throttles::take_back(tx, key).await?;
            }
        }
        if let Some(known) = &self.known {
            let counter = throttles::lock(tx, known, now).await?;
            throttles::set(tx, known, &Counter { failures: 0, ..counter }, now).await?;
        }
        Ok(())
    }
}

fn named(network: Option<IpAddr>) -> String {
    network.map_or_else(|| "nowhere".to_owned(), |address| address.to_string())
}

/// Counts an attempt; gives how long to wait where it is one too many, which then is not counted and must not be made.
pub struct Try {
    /// What it is counted under.
    pub keys: Keys,
    /// When.
    pub now: DateTime<Utc>,
}

impl Work for Try {
    type Output = Option<TimeDelta>;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<Option<TimeDelta>, StoreError> {
        let (now, mut counters) = (self.now, Vec::with_capacity(self.keys.counted.len()));
        for (key, rule) in &self.keys.counted {
            counters.push((key, rule, throttles::lock(tx, key, now).await?));
        }
        let wait = counters.iter().filter_map(|(_, rule, counter)| rule.wait(counter, now)).max();
        if wait.is_none() {
            for (key, rule, counter) in &counters {
                throttles::set(tx, key, &rule.tried(counter, now), now).await?;
            }
        }
        Ok(wait)
    }
}

/// Takes back an attempt that was no failure, where no command does.
pub struct TakeBack {
    /// What it was counted under.
    pub keys: Keys,
    /// When.
    pub now: DateTime<Utc>,
}

impl Work for TakeBack {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.keys.succeeded(tx, self.now).await
    }
}
