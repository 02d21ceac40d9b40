//! Access tokens for OAuth clients that write through SCIM: JWTs of the profile of RFC 9068, signed by the ring.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ring::{Kind, Ring, RingError};
use crate::domain::access::Scope;

/// Signs and checks access tokens.
pub struct Issuer {
    ring: Arc<Ring>,
    url: String,
    audience: String,
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
    /// `url` is the bridge's public address, `audience` that of its SCIM service.
    #[must_use]
    pub const fn new(ring: Arc<Ring>, url: String, audience: String) -> Self {
        Self { ring, url, audience }
    }

    /// A new token for a client.
    ///
    /// # Errors
    /// Where signing fails.
    pub fn issue(&self, client: &str, scope: Scope, now: DateTime<Utc>, seconds: i64) -> Result<String, RingError> {
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
        self.ring.sign(Kind::Access, &claims, now)
    }

    /// What a token says, if it is one of ours and in time.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let claims: AccessToken = self.ring.verify(Kind::Access, token, now).await?;
        let expires_at = DateTime::from_timestamp(claims.exp, 0)?;
        let is_ours = claims.iss == self.url && claims.aud == self.audience && claims.sub == claims.client_id;
        (is_ours && expires_at > now).then_some(Claims { client_id: claims.client_id, scope: claims.scope, expires_at })
    }
}
