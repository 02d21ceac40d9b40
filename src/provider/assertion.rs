//! Client assertions: a JWT by which a client proves that it holds a private key (RFC 7523 §3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

/// The algorithms that a client may sign with: asymmetric ones alone.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];
/// How far the clocks of client and bridge may differ, in seconds.
const SKEW: i64 = 60;
/// How long an assertion may be good for, in seconds.
const LONGEST: i64 = 600;
/// The largest assertion, in bytes.
const MOST: usize = 8_192;

/// What has to be remembered of an assertion, so that it is good once.
#[derive(Debug, PartialEq, Eq)]
pub struct Used {
    /// Its id.
    pub jti: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Assertion {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The JWK set in `text`, if it holds public keys and nothing else.
///
/// # Errors
/// What is wrong with it, in words.
pub fn public_keys(text: &str) -> Result<Value, String> {
    let keys: Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
    let set: JwkSet = serde_json::from_value(keys.clone()).map_err(|error| error.to_string())?;
    if set.keys.is_empty() {
        return Err("it holds no key".into());
    }
    let private = |key: &Value| ["d", "k", "p", "q"].iter().any(|part| key.get(part).is_some());
    if keys.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(private)) {
        return Err("it holds a private or symmetric key, which must stay with the client".into());
    }
    Ok(keys)
}

/// Whom an assertion claims to be from; nothing is checked.
#[must_use]
pub fn client_of(assertion: &str) -> Option<String> {
    if assertion.len() > MOST {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Assertion>(&payload).ok().map(|claims| claims.sub)
}

/// Checks an assertion of `client`, whose public keys are the JWK set `keys`; `audiences` are the names we go by.
///
/// # Errors
/// What is wrong with it: for the log, not for whoever sent it.
pub fn verify(
    assertion: &str,
    client: &str,
    keys: &Value,
    audiences: &[String],
    now: DateTime<Utc>,
) -> Result<Used, &'static str> {
    let header = decode_header(assertion).map_err(|_| "the assertion has no header of a signed JWT")?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err("the assertion is signed by an algorithm that is not taken");
    }
    let keys: JwkSet = serde_json::from_value(keys.clone()).map_err(|_| "the client's JWK set is damaged")?;
    let key = choose(&keys, header.kid.as_deref()).ok_or("the assertion names none of the client's keys (kid)")?;
    if key.common.key_algorithm.is_some_and(|alg| alg.to_string() != format!("{:?}", header.alg)) {
        return Err("the assertion is signed by another algorithm than its key is for");
    }
    let checks = DecodingKey::from_jwk(key).map_err(|_| "the client's key is of a kind that is not taken")?;
    let mut validation = Validation::new(header.alg);
    // Times are checked below, against our own clock.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let claims = decode::<Assertion>(assertion, &checks, &validation)
        .map_err(|_| "the assertion's signature is wrong, or a claim is missing or of another type")?
        .claims;
    let now = now.timestamp();
    let in_time = claims.exp > now - SKEW
        && claims.exp <= now + LONGEST + SKEW
        && claims.nbf.is_none_or(|nbf| nbf <= now + SKEW)
        && claims.iat.is_none_or(|iat| iat <= now + SKEW);
    let meant_for_us = match &claims.aud {
        Audience::One(audience) => audiences.contains(audience),
        Audience::Several(all) => !all.is_empty() && all.iter().all(|audience| audiences.contains(audience)),
    };
    let itself = claims.iss == client && claims.sub == client;
    let named = (1..=255).contains(&claims.jti.len()) && !claims.jti.contains('\0');
    for (holds, problem) in [
        (in_time, "the assertion is not in time: it expired, lasts longer than 10 minutes, or begins later"),
        (meant_for_us, "the assertion's aud is not this bridge alone"),
        (itself, "the assertion's iss and sub are not both the client's id"),
        (named, "the assertion's jti does not have 1 to 255 bytes"),
    ] {
        if !holds {
            return Err(problem);
        }
    }
    let expires_at = DateTime::from_timestamp(claims.exp + SKEW, 0).ok_or("the assertion's exp is no time")?;
    Ok(Used { jti: claims.jti, expires_at })
}

/// The key of that id; without an id, the only key there is.
fn choose<'k>(keys: &'k JwkSet, kid: Option<&str>) -> Option<&'k Jwk> {
    match (kid, keys.keys.as_slice()) {
        (Some(kid), all) => all.iter().find(|key| key.common.key_id.as_deref() == Some(kid)),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}
