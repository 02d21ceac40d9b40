//! The bridge's own assertions, by which it proves that it holds a private key (RFC 7523 §2.2).

use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, encode};
use serde_json::json;

use super::error::SsoError;
use super::provider::SigningAlgorithm;
use crate::settings::Secret;

/// What kind of assertion it is, as the form says.
pub(super) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good for, in seconds.
const LIFETIME: i64 = 60;

/// An assertion of `client_id` for the token endpoint at `audience`.
pub(super) fn make(
    pem: &Secret,
    algorithm: SigningAlgorithm,
    kid: Option<&str>,
    client_id: &str,
    audience: &str,
    now: DateTime<Utc>,
) -> Result<String, SsoError> {
    let key = algorithm.key(pem)?;
    let now = now.timestamp();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": crate::ids::new_jwt_id(),
        "iat": now, "exp": now + LIFETIME,
    });
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm.algorithm()) };
    encode(&header, &claims, &key).map_err(|_| SsoError::Connection("the private key can't sign".into()))
}
