//! Access tokens: JWTs of the profile of RFC 9068, signed with a key that is kept sealed in the database.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::domain::access::Scope;
use crate::sealed::{KeyError, MasterKey, random};
use crate::store::oauth::{KeyRow, insert_signing_key, signing_keys};
use crate::store::{Store, StoreError, Tx, Work};

/// The id of the key; every bridge over one database uses the same.
const KEY_ID: &str = "access-1";

/// Why tokens can't be signed.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The key can't be opened or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database can't be asked for it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept is no key.
    #[error("the key that signs access tokens is damaged")]
    Damaged,
}

/// Signs and checks access tokens.
pub struct Issuer {
    url: String,
    audience: String,
    signs: EncodingKey,
    checks: DecodingKey,
}

/// What an access token says.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub client_id: String,
    /// What it allows.
    pub scope: Scope,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct AccessToken {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    scope: Scope,
    iat: i64,
    exp: i64,
    jti: String,
}

impl Issuer {
    /// Takes the key from the database, or makes it where there is none. `issuer` is the bridge's public address,
    /// `audience` that of its SCIM service.
    ///
    /// # Errors
    /// [`IssuerError`]
    pub async fn load(
        store: &Store,
        master: &MasterKey,
        clock: &Clock,
        issuer: String,
        audience: String,
    ) -> Result<Self, IssuerError> {
        let place = format!("signing key {KEY_ID}");
        let find = async || {
            Ok::<_, StoreError>(signing_keys(&mut store.read().await?).await?.into_iter().find(|key| key.id == KEY_ID))
        };
        let row = if let Some(row) = find().await? {
            row
        } else {
            let key = new_key()?;
            let der = key.to_pkcs8_der().map_err(|_| IssuerError::Damaged)?;
            let row = KeyRow { id: KEY_ID.into(), private_key: master.seal(&place, der.as_bytes())? };
            store.write(KeepKey { row, at: clock.now() }).await?;
            // Another bridge may have been quicker: what is kept is the key.
            find().await?.ok_or(IssuerError::Damaged)?
        };
        let der = master.open(&place, &row.private_key)?;
        let key = SecretKey::from_pkcs8_der(&der).map_err(|_| IssuerError::Damaged)?;
        let jwk = serde_json::from_str(&key.public_key().to_jwk_string()).map_err(|_| IssuerError::Damaged)?;
        let checks = DecodingKey::from_jwk(&jwk).map_err(|_| IssuerError::Damaged)?;
        Ok(Self { url: issuer, audience, signs: EncodingKey::from_ec_der(&der), checks })
    }

    /// A new token for a client.
    ///
    /// # Errors
    /// Where signing fails.
    pub fn issue(
        &self,
        client: &str,
        scope: Scope,
        now: DateTime<Utc>,
        seconds: i64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = AccessToken {
            iss: self.url.clone(),
            sub: client.to_owned(),
            aud: self.audience.clone(),
            client_id: client.to_owned(),
            scope,
            iat: now.timestamp(),
            exp: now.timestamp() + seconds,
            jti: crate::ids::new_jwt_id(),
        };
        let header = Header { typ: Some("at+jwt".into()), kid: Some(KEY_ID.into()), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims, &self.signs)
    }

    /// What a token says, if it is one of ours and in time.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&self.url]);
        // The time is checked below, against our own clock.
        validation.validate_exp = false;
        let token = decode::<AccessToken>(token, &self.checks, &validation).ok()?;
        let claims = token.claims;
        let typed = token.header.typ.as_deref() == Some("at+jwt");
        let expires_at = DateTime::from_timestamp(claims.exp, 0)?;
        let ours = typed && expires_at > now && claims.sub == claims.client_id;
        ours.then_some(Claims { client_id: claims.client_id, scope: claims.scope, expires_at })
    }
}

fn new_key() -> Result<SecretKey, IssuerError> {
    // All but about one in 2^32 strings of 32 bytes are a key.
    for _ in 0..8 {
        if let Ok(key) = SecretKey::from_slice(&random::<32>()?) {
            return Ok(key);
        }
    }
    Err(IssuerError::Damaged)
}

struct KeepKey {
    row: KeyRow,
    at: DateTime<Utc>,
}

impl Work for KeepKey {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        insert_signing_key(tx, &self.row, self.at).await
    }
}
