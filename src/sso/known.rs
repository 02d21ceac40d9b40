//! What is remembered of providers: discovery documents and keys, by issuer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::outbound::{Outbound, Request};
use crate::text::printable;

use super::error::SsoError;
use super::keys::KeySet;
use super::metadata::{self, Metadata};
use super::slot::{Held, Slot};

/// How many issuers are remembered.
const MOST: usize = 1_000;
const KEYS: &str = "its key set";

/// Fetches and remembers.
pub(super) struct Known {
    pub(super) outbound: Outbound,
    pub(super) clock: Clock,
    issuers: Mutex<HashMap<String, Arc<Issuer>>>,
}

#[derive(Default)]
struct Issuer {
    document: Slot<Metadata>,
    /// With the address that they came from.
    keys: Mutex<HashMap<String, Arc<Slot<KeySet>>>>,
}

/// Gets something that must be there.
pub(super) async fn get(outbound: &Outbound, url: &str, what: &'static str) -> Result<Vec<u8>, SsoError> {
    let request = Request::get(url).with("accept", "application/json");
    let answer = outbound.send(request).await.map_err(|error| SsoError::Unreachable { what, error })?;
    match answer.status {
        200 => Ok(answer.body),
        300..=399 => Err(SsoError::answer(what, "is elsewhere, and the bridge follows no redirects")),
        status => Err(SsoError::Status { what, status }),
    }
}

/// Fetches the document of an issuer.
pub(super) async fn discover(outbound: &Outbound, issuer: &str) -> Result<Metadata, SsoError> {
    let body = get(outbound, &metadata::address(issuer), metadata::WHAT).await?;
    Metadata::parse(&body, issuer, outbound)
}

/// Fetches a set of keys.
pub(super) async fn key_set(outbound: &Outbound, url: &str) -> Result<KeySet, SsoError> {
    let body = get(outbound, url, KEYS).await?;
    KeySet::parse(&body).map_err(|problem| SsoError::answer(KEYS, problem))
}

impl Known {
    pub(super) fn new(outbound: Outbound, clock: Clock) -> Arc<Self> {
        Arc::new(Self { outbound, clock, issuers: Mutex::default() })
    }

    fn issuer(&self, issuer: &str) -> Arc<Issuer> {
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        if issuers.len() >= MOST && !issuers.contains_key(issuer) {
            issuers.clear();
        }
        Arc::clone(issuers.entry(issuer.to_owned()).or_default())
    }

    fn slot(&self, issuer: &str, url: &str) -> Arc<Slot<KeySet>> {
        let issuer = self.issuer(issuer);
        let mut keys = issuer.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|known, _| known == url);
        Arc::clone(keys.entry(url.to_owned()).or_default())
    }

    /// What a provider says of itself.
    pub(super) async fn document(self: &Arc<Self>, issuer: &str) -> Result<Arc<Metadata>, SsoError> {
        match self.issuer(issuer).document.look(self.clock.now()) {
            Held::Use(document) => Ok(document),
            Held::Renew(document) => {
                let (known, issuer) = (Arc::clone(self), issuer.to_owned());
                tokio::spawn(async move {
                    let renewed = known.fetch_document(&issuer).await;
                    note(&issuer, renewed.err());
                });
                Ok(document)
            }
            Held::Fetch => self.fetch_document(issuer).await,
        }
    }

    async fn fetch_document(&self, issuer: &str) -> Result<Arc<Metadata>, SsoError> {
        let slot = self.issuer(issuer);
        slot.document.fetch(|| self.clock.now(), discover(&self.outbound, issuer)).await
    }

    /// A provider's keys.
    pub(super) async fn keys(self: &Arc<Self>, issuer: &str, url: &str) -> Result<Arc<KeySet>, SsoError> {
        let slot = self.slot(issuer, url);
        match slot.look(self.clock.now()) {
            Held::Use(keys) => Ok(keys),
            Held::Renew(keys) => {
                let (known, issuer, url) = (Arc::clone(self), issuer.to_owned(), url.to_owned());
                tokio::spawn(async move {
                    let renewed = known.fetch_keys(&slot, &url).await;
                    note(&issuer, renewed.err());
                });
                Ok(keys)
            }
            Held::Fetch => self.fetch_keys(&slot, url).await,
        }
    }

    async fn fetch_keys(&self, slot: &Slot<KeySet>, url: &str) -> Result<Arc<KeySet>, SsoError> {
        slot.fetch(|| self.clock.now(), key_set(&self.outbound, url)).await
    }

    /// A provider's keys anew, because `seen` lacks the one that a token is signed with; none: that was done just now.
    pub(super) async fn keys_again(&self, issuer: &str, url: &str, seen: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let slot = self.slot(issuer, url);
        slot.fetch_again(seen, || self.clock.now(), key_set(&self.outbound, url)).await
    }
}

fn note(issuer: &str, error: Option<SsoError>) {
    if let Some(error) = error {
        tracing::warn!(issuer = %printable(issuer), %error, "a provider can't be asked anew; what is known of it goes on counting");
    }
}
