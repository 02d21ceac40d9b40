//! The bridge's own assertions, by which it proves that it holds a private key (RFC 7523 §2.2).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, encode};
use serde_json::json;
use sha2::{Digest, Sha256};

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
    let mut header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm.algorithm()) };
    header.x5t_s256 = thumbprint(pem);
    encode(&header, &claims, &key).map_err(|_| SsoError::Connection("the private key can't sign".into()))
}

/// SHA-256 of the certificate that stands beside the key, as `x5t#S256` has it (RFC 7515 §4.1.8); none where there is none.
/// Entra ID knows the key by it.
fn thumbprint(pem: &Secret) -> Option<String> {
    let (_, rest) = pem.reveal().split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let certificate = STANDARD.decode(body).ok()?;
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_beside_the_key_is_known_by_its_thumbprint() {
        let certificate = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQ=\n-----END CERTIFICATE-----\n";
        let pem = |text: &str| Secret::from(text.to_owned());
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest([0, 1, 2, 3, 4]));
        assert_eq!(thumbprint(&pem(&format!("-----BEGIN PRIVATE KEY-----\n…\n{certificate}"))), Some(expected));
        for without in
            ["", "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----", &certificate.replace("AAEC", "*")]
        {
            assert_eq!(thumbprint(&pem(without)), None, "{without}");
        }
    }
}
