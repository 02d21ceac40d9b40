//! ID tokens (OpenID Connect Core §2), logout tokens (Back-Channel Logout §2.4), and ID tokens that come back as hints.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::ring::{Kind, Ring, RingError};
use crate::ids::{SessionId, UserId};

/// How long an ID token is good, in seconds.
pub const ID_SECONDS: i64 = 600;
/// How long a logout token is good, in seconds.
const LOGOUT_SECONDS: i64 = 120;
/// The event that a logout token tells of.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The largest hint, in bytes.
const LONGEST_HINT: usize = 16_384;

/// What an ID token says besides who it is about.
pub struct IdToken<'a> {
    /// The bridge.
    pub issuer: &'a str,
    /// The client.
    pub client: &'a str,
    /// The session.
    pub session: SessionId,
    /// When they proved who they are.
    pub authenticated_at: DateTime<Utc>,
    /// What the client sent to find again.
    pub nonce: Option<&'a str>,
    /// How they signed in: names with spaces between them.
    pub amr: &'a str,
    /// The access token that is given with it.
    pub access_token: &'a str,
}

impl IdToken<'_> {
    /// Signs the ID token with what is said about the person.
    ///
    /// # Errors
    /// [`RingError`]
    pub fn sign(&self, ring: &Ring, about: Map<String, Value>, now: DateTime<Utc>) -> Result<String, RingError> {
        let mut claims = about;
        claims.extend([
            ("iss".to_owned(), json!(self.issuer)),
            ("aud".to_owned(), json!(self.client)),
            ("iat".to_owned(), json!(now.timestamp())),
            ("exp".to_owned(), json!(now.timestamp() + ID_SECONDS)),
            ("auth_time".to_owned(), json!(self.authenticated_at.timestamp())),
            ("sid".to_owned(), json!(self.session)),
            ("at_hash".to_owned(), json!(at_hash(self.access_token))),
        ]);
        if let Some(nonce) = self.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        if !self.amr.is_empty() {
            claims.insert("amr".into(), json!(self.amr.split(' ').collect::<Vec<_>>()));
        }
        ring.sign(Kind::Id, &claims, now)
    }
}

/// The left half of the hash of an access token (OpenID Connect Core §3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(access_token.as_bytes()).into();
    URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// A logout token for a client, about one session of somebody.
///
/// # Errors
/// [`RingError`]
pub fn logout_token(
    ring: &Ring,
    issuer: &str,
    client: &str,
    (user, session): (UserId, SessionId),
    now: DateTime<Utc>,
) -> Result<String, RingError> {
    let claims = json!({
        "iss": issuer, "aud": client, "sub": user, "sid": session, "iat": now.timestamp(),
        "exp": now.timestamp() + LOGOUT_SECONDS, "jti": crate::ids::new_jwt_id(), "events": {LOGOUT: {}},
    });
    ring.sign(Kind::Logout, &claims, now)
}

/// What an ID token of ours that came back says.
#[derive(Debug, Clone, Deserialize)]
pub struct Hint {
    iss: String,
    /// The client that it was given to.
    pub aud: String,
    /// Whom it is about.
    pub sub: UserId,
    /// In which session it was given.
    pub sid: SessionId,
}

/// Reads an ID token that came back as a hint. It may have expired: that is what hints do (RP-Initiated Logout §2).
pub async fn hint(ring: &Ring, issuer: &str, token: &str, now: DateTime<Utc>) -> Option<Hint> {
    if token.len() > LONGEST_HINT {
        return None;
    }
    let hint: Hint = ring.verify(Kind::Id, token, now).await?;
    (hint.iss == issuer).then_some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_access_token_is_its_left_half() {
        // The example of OpenID Connect Core, appendix A.3.
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
