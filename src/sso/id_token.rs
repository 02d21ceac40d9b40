//! ID tokens (OpenID Connect Core §3.1.3.7): every check, and none left to a library's defaults.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use super::checks::{self, Parties, SKEW};
use super::fault::TokenFault;
use super::keys::KeySet;
use super::logout_token::EVENT;

/// What an ID token has to say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'e> {
    /// From whom and for whom.
    pub parties: Parties<'e>,
    /// The nonce that the request had.
    pub nonce: &'e str,
    /// The access token that came with it.
    pub access_token: Option<&'e str>,
    /// When the request was made, in seconds.
    pub started_at: i64,
    /// How long ago, in seconds before the request, the person may have proved who they are.
    pub max_age: Option<u64>,
    /// The present moment, in seconds.
    pub now: i64,
}

/// An ID token that holds.
#[derive(Debug, PartialEq)]
pub struct IdToken {
    /// Whom the provider calls the person.
    pub subject: String,
    /// When they proved who they are.
    pub auth_time: Option<i64>,
    /// What the provider calls its session.
    pub sid: Option<String>,
    /// All claims.
    pub claims: Map<String, Value>,
}

/// Checks an ID token.
///
/// # Errors
/// [`TokenFault`]
pub fn check(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<IdToken, TokenFault> {
    let token = checks::signed(token, keys, &expected.parties)?;
    let claims = &token.claims;
    let is_logout = claims.get("events").is_some_and(|events| events.get(EVENT).is_some());
    if token.typ.as_deref().is_some_and(|typ| typ != "jwt") || is_logout {
        return Err(TokenFault::Kind);
    }
    checks::parties(claims, &expected.parties)?;
    match claims.get("azp") {
        None => {}
        Some(Value::String(party)) if party == expected.parties.client_id => {}
        Some(Value::String(_)) => return Err(TokenFault::Audience),
        Some(_) => return Err(TokenFault::Form("azp")),
    }
    checks::moment(claims, "exp")?.ok_or(TokenFault::Missing("exp"))?;
    checks::times(claims, expected.now)?;
    let subject = checks::subject(claims)?;
    match claims.get("nonce") {
        None => return Err(TokenFault::Missing("nonce")),
        Some(Value::String(nonce)) if !nonce.is_empty() && same(nonce, expected.nonce) => {}
        Some(_) => return Err(TokenFault::Nonce),
    }
    match (claims.get("at_hash"), expected.access_token) {
        (None, _) => {}
        (Some(Value::String(hash)), Some(access)) if same(hash, &half_hash(token.algorithm_name, access)) => {}
        (Some(_), _) => return Err(TokenFault::AccessToken),
    }
    let auth_time = checks::fine_moment(claims, "auth_time")?;
    if let Some(age) = expected.max_age {
        let proved = auth_time.ok_or(TokenFault::Missing("auth_time"))?;
        let oldest = expected.started_at.saturating_sub(i64::try_from(age).unwrap_or(i64::MAX)).saturating_sub(SKEW);
        if proved < oldest {
            return Err(TokenFault::Stale);
        }
    }
    if auth_time.is_some_and(|proved| proved > expected.now.saturating_add(SKEW)) {
        return Err(TokenFault::Early);
    }
    let sid = checks::id(claims, "sid")?;
    Ok(IdToken { subject, auth_time, sid, claims: token.claims })
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The left half of a token's hash (OpenID Connect Core §3.1.3.6).
fn half_hash(algorithm: &str, token: &str) -> String {
    let hash = match algorithm.get(2..) {
        Some("256") => Sha256::digest(token).to_vec(),
        Some("384") => Sha384::digest(token).to_vec(),
        _ => Sha512::digest(token).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
}
