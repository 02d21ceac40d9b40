//! Checks that ID tokens and logout tokens share: issuer, audience, times, subject.

use serde_json::{Map, Value};

use super::fault::TokenFault;
use super::jws::{self, Jws};
use super::keys::KeySet;

/// How far the clocks of provider and bridge may differ, in seconds.
pub const SKEW: i64 = 60;
/// The longest subject, session id or token id, in bytes.
pub const LONGEST_ID: usize = 255;

/// From whom a token has to be and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'e> {
    /// The issuer, exactly.
    pub issuer: &'e str,
    /// The bridge's id at the provider.
    pub client_id: &'e str,
    /// The algorithms that the provider announces; none: it does not say.
    pub announced: &'e [String],
}

/// Takes a token apart and checks its signature.
///
/// # Errors
/// [`TokenFault`]
pub fn signed<'t>(token: &'t str, keys: &KeySet, parties: &Parties<'_>) -> Result<Jws<'t>, TokenFault> {
    let token = Jws::read(token)?;
    let mut announced = parties.announced.iter().filter(|name| jws::is_taken(name)).peekable();
    if announced.peek().is_some() && !announced.any(|name| name == token.algorithm_name) {
        return Err(TokenFault::Algorithm);
    }
    keys.verify(&token)?;
    Ok(token)
}

/// Checks issuer and audience: the bridge, and nobody besides.
///
/// # Errors
/// [`TokenFault::Issuer`], [`TokenFault::Audience`], [`TokenFault::Missing`], [`TokenFault::Form`]
pub fn parties(claims: &Map<String, Value>, expected: &Parties<'_>) -> Result<(), TokenFault> {
    match claims.get("iss") {
        None => return Err(TokenFault::Missing("iss")),
        Some(Value::String(issuer)) if issuer == expected.issuer => {}
        Some(Value::String(_)) => return Err(TokenFault::Issuer),
        Some(_) => return Err(TokenFault::Form("iss")),
    }
    let is_us = |one: &Value| one.as_str() == Some(expected.client_id);
    match claims.get("aud") {
        None => Err(TokenFault::Missing("aud")),
        Some(one @ Value::String(_)) if is_us(one) => Ok(()),
        Some(Value::Array(several)) if !several.is_empty() && several.iter().all(is_us) => Ok(()),
        Some(Value::String(_) | Value::Array(_)) => Err(TokenFault::Audience),
        Some(_) => Err(TokenFault::Form("aud")),
    }
}

/// A moment in whole seconds, where the claim is there; providers may send parts of a second (RFC 7519 §2, `NumericDate`),
/// and canaille does. Of another type it is a fault, never an absence.
///
/// # Errors
/// [`TokenFault::Form`]
pub fn moment(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, TokenFault> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64().or_else(|| value.as_f64().map(whole)) {
            Some(seconds) if (0..=253_402_300_799).contains(&seconds) => Ok(Some(seconds)),
            _ => Err(TokenFault::Form(name)),
        },
    }
}

/// The second in which a moment lies; what is no such number lies outside of all time.
#[allow(clippy::cast_possible_truncation, reason = "it is within bounds")]
fn whole(seconds: f64) -> i64 {
    if (0.0..=253_402_300_799.0).contains(&seconds) { seconds.floor() as i64 } else { -1 }
}

/// Checks `exp` and `nbf`, where they are, and gives `iat`, which must be.
///
/// # Errors
/// [`TokenFault::Expired`], [`TokenFault::Early`], [`TokenFault::Missing`], [`TokenFault::Form`]
pub fn times(claims: &Map<String, Value>, now: i64) -> Result<i64, TokenFault> {
    if moment(claims, "exp")?.is_some_and(|exp| exp + SKEW <= now) {
        return Err(TokenFault::Expired);
    }
    let issued = moment(claims, "iat")?;
    if moment(claims, "nbf")?.is_some_and(|nbf| nbf > now + SKEW) || issued.is_some_and(|iat| iat > now + SKEW) {
        return Err(TokenFault::Early);
    }
    issued.ok_or(TokenFault::Missing("iat"))
}

/// A subject, exactly as it is written: a text of 1 to 255 bytes without control characters. `null` as a text is what a
/// provider makes of a person that it does not know, and would be one and the same for all of them.
///
/// # Errors
/// [`TokenFault::Subject`], [`TokenFault::Missing`]
pub fn subject(claims: &Map<String, Value>) -> Result<String, TokenFault> {
    match claims.get("sub") {
        None => Err(TokenFault::Missing("sub")),
        Some(Value::String(sub)) if is_id(sub) && sub != "null" => Ok(sub.clone()),
        Some(_) => Err(TokenFault::Subject),
    }
}

/// A session id or token id, where it is there.
///
/// # Errors
/// [`TokenFault::Form`]
pub fn id(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, TokenFault> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_id(text) => Ok(Some(text.clone())),
        Some(_) => Err(TokenFault::Form(name)),
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && !text.chars().any(char::is_control)
}
