//! The ring of keys that sign tokens: kept sealed in the database, made there where there is none, read again every
//! minute and when a token names a key that is not known, so that several bridges over one database agree.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::ids::WorkspaceId;
use crate::sealed::{KeyError, MasterKey, random};
use crate::store::signing_keys::{self, KeyRow};
use crate::store::{Store, StoreError, Tx, Work};

/// How long after a look into the database a token that names an unknown key leads to another one.
const COOL_DOWN: Duration = Duration::from_secs(2);

/// Why tokens can't be signed.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// A key can't be opened or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database can't be asked for them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept is no key.
    #[error("a key that signs tokens is damaged")]
    Damaged,
    /// The signature can't be made.
    #[error("a token can't be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// What a signed token is (the header `typ`), so that none passes for one of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An access token (RFC 9068).
    Access,
    /// An ID token.
    Id,
    /// A logout token (OpenID Connect Back-Channel Logout §2.4).
    Logout,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Id => "JWT",
            Self::Logout => "logout+jwt",
        }
    }
}

struct Key {
    id: String,
    created_at: DateTime<Utc>,
    signs_from: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
    signs: EncodingKey,
    checks: DecodingKey,
    public: Value,
}

/// The keys, and the way to new ones.
pub struct Ring {
    store: Store,
    master: MasterKey,
    /// Newest first.
    keys: RwLock<Arc<[Key]>>,
    looked: Mutex<Instant>,
}

impl Ring {
    /// Takes the keys from the database, or makes the first.
    ///
    /// # Errors
    /// [`RingError`]
    pub async fn load(store: &Store, master: &MasterKey, clock: &Clock) -> Result<Self, RingError> {
        let ring = Self {
            store: store.clone(),
            master: master.clone(),
            keys: RwLock::new(Arc::from([])),
            looked: Mutex::new(Instant::now()),
        };
        ring.reload().await?;
        if ring.now().is_empty() {
            store.write(First(ring.next(clock.now(), None)?)).await?;
            // Another bridge may have been quicker: what is kept is the key.
            ring.reload().await?;
        }
        if ring.now().is_empty() { Err(RingError::Damaged) } else { Ok(ring) }
    }

    /// Reads the keys again.
    ///
    /// # Errors
    /// [`RingError`]; the keys are those that there were.
    pub async fn reload(&self) -> Result<(), RingError> {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let rows = signing_keys::all(&mut self.store.read().await?).await?;
        let keys = rows.into_iter().map(|row| self.open(row)).collect::<Result<Vec<_>, _>>()?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
        Ok(())
    }

    /// A new key, as it is to be kept; `signs_from`: none is at once.
    ///
    /// # Errors
    /// [`RingError`]
    pub fn next(&self, now: DateTime<Utc>, signs_from: Option<DateTime<Utc>>) -> Result<KeyRow, RingError> {
        let number = |key: &Key| key.id.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
        let newest = self.now().iter().filter_map(number).max().unwrap_or(0);
        let id = format!("key-{}", newest.saturating_add(1));
        let der = new_key()?.to_pkcs8_der().map_err(|_| RingError::Damaged)?;
        let private_key = self.master.seal(&place(&id), der.as_bytes())?;
        Ok(KeyRow { id, private_key, created_at: now, signs_from: signs_from.or(Some(now)), retired_at: None })
    }

    /// When the newest key was made.
    #[must_use]
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.now().first().map(|key| key.created_at)
    }

    /// The public keys as a JWK set: those that sign, will sign soon, or signed what may still be good.
    #[must_use]
    pub fn published(&self, now: DateTime<Utc>) -> Value {
        let keys: Vec<Value> =
            self.now().iter().filter(|key| key.is_known(now)).map(|key| key.public.clone()).collect();
        json!({"keys": keys})
    }

    /// Signs a token.
    ///
    /// # Errors
    /// [`RingError`]
    pub fn sign(&self, kind: Kind, claims: &impl Serialize, now: DateTime<Utc>) -> Result<String, RingError> {
        let keys = self.now();
        // The newest whose time has come: one that was to sign later, and was overtaken by another, never does.
        let signing = keys.iter().find(|key| key.signs_from <= now);
        let key = signing.or(keys.last()).ok_or(RingError::Damaged)?;
        let typ = Some(kind.name().to_owned());
        let header = Header { typ, kid: Some(key.id.clone()), ..Header::new(Algorithm::ES256) };
        Ok(encode(&header, claims, &key.signs)?)
    }

    /// What a token of that kind says, if one of the keys signed it. Who it is for and until when is not looked at.
    pub async fn verify<C: DeserializeOwned>(&self, kind: Kind, token: &str, now: DateTime<Utc>) -> Option<C> {
        let header = decode_header(token).ok()?;
        if header.alg != Algorithm::ES256 || header.typ.as_deref() != Some(kind.name()) {
            return None;
        }
        let kid = header.kid?;
        let mut validation = Validation::new(Algorithm::ES256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        let read = |keys: &[Key]| {
            let key = keys.iter().find(|key| key.id == kid && key.is_known(now))?;
            Some(decode::<C>(token, &key.checks, &validation).ok().map(|token| token.claims))
        };
        if let Some(found) = read(&self.now()) {
            return found;
        }
        if self.looked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < COOL_DOWN {
            return None;
        }
        if let Err(error) = self.reload().await {
            tracing::warn!(%error, "the keys that sign tokens could not be read again");
        }
        read(&self.now()).flatten()
    }

    fn now(&self) -> Arc<[Key]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn open(&self, row: KeyRow) -> Result<Key, RingError> {
        let der = self.master.open(&place(&row.id), &row.private_key)?;
        let key = SecretKey::from_pkcs8_der(&der).map_err(|_| RingError::Damaged)?;
        let jwk = key.public_key().to_jwk_string();
        let mut public: Value = serde_json::from_str(&jwk).map_err(|_| RingError::Damaged)?;
        let checks = serde_json::from_str(&jwk).map_err(|_| RingError::Damaged)?;
        let checks = DecodingKey::from_jwk(&checks).map_err(|_| RingError::Damaged)?;
        if let Some(public) = public.as_object_mut() {
            public.extend([
                ("kid".to_owned(), json!(row.id)),
                ("use".to_owned(), json!("sig")),
                ("alg".to_owned(), json!("ES256")),
            ]);
        }
        Ok(Key {
            id: row.id,
            created_at: row.created_at,
            signs_from: row.signs_from.unwrap_or(row.created_at),
            retired_at: row.retired_at,
            signs: EncodingKey::from_ec_der(&der),
            checks,
            public,
        })
    }
}

impl Key {
    fn is_known(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|end| end > now)
    }
}

fn place(id: &str) -> String {
    format!("signing key {id}")
}

fn new_key() -> Result<SecretKey, RingError> {
    // All but about one in 2^32 strings of 32 bytes are a key.
    for _ in 0..8 {
        if let Ok(key) = SecretKey::from_slice(&random::<32>()?) {
            return Ok(key);
        }
    }
    Err(RingError::Damaged)
}

/// Keeps the first key of a database.
struct First(KeyRow);

impl Work for First {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        signing_keys::insert(tx, &self.0).await.map(drop)
    }
}
