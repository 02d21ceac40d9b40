//! Who sends a SCIM request: the one place where a credential becomes a [`Grant`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::domain::access::{Grant, Holder};
use crate::provider::Issuer;
use crate::secret;
use crate::store::{Store, StoreError, Tx, Work, oauth, tokens};

/// How long a credential is trusted before the database is asked again: the longest that a revoked one lives on.
const TRUSTED: Duration = Duration::from_secs(1);
/// How often "last used" is noted, at the most.
const NOTED: Duration = Duration::from_mins(1);
/// How many credentials are remembered.
const MOST_REMEMBERED: usize = 10_000;

/// Why a request is nobody's.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// No credential, or none of the form `Bearer …`.
    #[error("a bearer token is needed: Authorization: Bearer aisb_…")]
    Missing,
    /// A credential that is none of ours.
    #[error("this token is not known here; check that it was copied whole")]
    Unknown,
    /// One whose time is over.
    #[error("this token expired; create a new one and enter it at the identity provider")]
    Expired(Arc<Grant>),
    /// One that was withdrawn.
    #[error("this token was revoked; create a new one and enter it at the identity provider")]
    Revoked(Arc<Grant>),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Clone)]
struct Remembered {
    grant: Arc<Grant>,
    until: Instant,
    noted: Instant,
}

/// Turns credentials into grants, and remembers them for a second.
pub struct Gate {
    store: Store,
    clock: Clock,
    issuer: Arc<Issuer>,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
}

impl Gate {
    /// A gate that remembers nobody yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock, issuer: Arc<Issuer>) -> Self {
        Self { store, clock, issuer, remembered: Mutex::default() }
    }

    /// Whose request this is.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn admit(&self, headers: &HeaderMap) -> Result<Arc<Grant>, AuthError> {
        let token = bearer(headers).ok_or(AuthError::Missing)?;
        let (hash, now) = (secret::hash(token), self.clock.now());
        let known = self.lock().get(&hash).cloned();
        if let Some(known) = &known
            && known.until > Instant::now()
        {
            return alive(Arc::clone(&known.grant), now);
        }
        let grant = if token.starts_with(secret::PREFIX) {
            self.token(token, hash).await
        } else {
            self.access_token(token).await
        };
        let grant = match grant {
            Ok(grant) => alive(Arc::new(grant), now)?,
            Err(error) => {
                self.lock().remove(&hash);
                return Err(error);
            }
        };
        self.remember(hash, &grant, known, now);
        Ok(grant)
    }

    async fn token(&self, token: &str, hash: [u8; 32]) -> Result<Grant, AuthError> {
        if !secret::is_well_formed(token) {
            return Err(AuthError::Unknown);
        }
        let mut conn = self.store.read().await?;
        let row = tokens::find_by_hash(&mut conn, hash).await?.ok_or(AuthError::Unknown)?;
        let grant = row.grant()?;
        if row.is_dead() { Err(AuthError::Revoked(Arc::new(grant))) } else { Ok(grant) }
    }

    /// An access token is good as long as it is signed by us, in time, and its client has not been revoked.
    async fn access_token(&self, token: &str) -> Result<Grant, AuthError> {
        let claims = self.issuer.verify(token, self.clock.now()).await.ok_or(AuthError::Unknown)?;
        let mut conn = self.store.read().await?;
        let client = oauth::find_client(&mut conn, &claims.client_id).await?.ok_or(AuthError::Unknown)?;
        let mut grant = client.grant()?;
        if client.revoked_at.is_some() {
            return Err(AuthError::Revoked(Arc::new(grant)));
        }
        // A token may have been asked for less than its client may do.
        grant.scope = if grant.scope == claims.scope { grant.scope } else { crate::domain::access::Scope::Read };
        grant.expires_at = Some(claims.expires_at);
        Ok(grant)
    }

    fn remember(&self, hash: [u8; 32], grant: &Arc<Grant>, known: Option<Remembered>, now: DateTime<Utc>) {
        let instant = Instant::now();
        let noted = known.map(|known| known.noted).filter(|noted| instant.duration_since(*noted) < NOTED);
        if noted.is_none() {
            let (store, holder) = (self.store.clone(), grant.holder.clone());
            tokio::spawn(async move {
                if let Err(error) = store.write(Touch { holder, at: now }).await {
                    tracing::warn!(%error, "the last use of a credential was not noted");
                }
            });
        }
        let mut remembered = self.lock();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.retain(|_, known| known.until > instant);
        }
        if remembered.len() < MOST_REMEMBERED {
            let until = instant + TRUSTED;
            remembered.insert(hash, Remembered { grant: Arc::clone(grant), until, noted: noted.unwrap_or(instant) });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn alive(grant: Arc<Grant>, now: DateTime<Utc>) -> Result<Arc<Grant>, AuthError> {
    if grant.expires_at.is_some_and(|end| end <= now) { Err(AuthError::Expired(grant)) } else { Ok(grant) }
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1); none where there are two such headers.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

/// Notes that a credential was used.
struct Touch {
    holder: Holder,
    at: DateTime<Utc>,
}

impl Work for Touch {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        match &self.holder {
            Holder::Token(id) => tokens::touch(tx, *id, self.at).await,
            Holder::Client(id) => oauth::touch_client(tx, id, self.at).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_bearer_header_counts() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            headers
        };
        assert_eq!(bearer(&headers(&["bearer abc"])), Some("abc"));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer "], &["Bearer a b"], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(bad)), None, "{bad:?}");
        }
    }
}
