//! Logout tokens (OpenID Connect Back-Channel Logout §2.6).

use serde_json::Value;

use super::checks::{self, Parties, SKEW};
use super::fault::TokenFault;
use super::keys::KeySet;

/// The event that makes a token a logout token.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token may be, in seconds.
const OLDEST: i64 = 300;

/// A logout token that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// Who is logged out; none: whoever has the session.
    pub sub: Option<String>,
    /// Which session ends; none: all of the person's.
    pub sid: Option<String>,
    /// Its id, which is good once.
    pub jti: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// Until when its id has to be remembered, in seconds; afterwards it is too old anyway.
    pub expires_at: i64,
}

/// Checks a logout token. `exp` must hold where it is there; some providers leave it out, and `iat` bounds its life anyway.
///
/// # Errors
/// [`TokenFault`]
pub fn check(token: &str, keys: &KeySet, parties: &Parties<'_>, now: i64) -> Result<LogoutToken, TokenFault> {
    let token = checks::signed(token, keys, parties)?;
    let claims = &token.claims;
    let typed = matches!(token.typ.as_deref(), None | Some("jwt" | "logout+jwt"));
    if !typed || claims.contains_key("nonce") {
        return Err(TokenFault::Kind);
    }
    match claims.get("events") {
        None => return Err(TokenFault::Kind),
        Some(Value::Object(events)) => match events.get(EVENT) {
            Some(Value::Object(_)) => {}
            Some(_) => return Err(TokenFault::Form("events")),
            None => return Err(TokenFault::Kind),
        },
        Some(_) => return Err(TokenFault::Form("events")),
    }
    checks::parties(claims, parties)?;
    let iat = checks::times(claims, now)?;
    if iat < now - OLDEST {
        return Err(TokenFault::Expired);
    }
    let jti = checks::id(claims, "jti")?.ok_or(TokenFault::Missing("jti"))?;
    let sid = checks::id(claims, "sid")?;
    let sub = if claims.contains_key("sub") { Some(checks::subject(claims)?) } else { None };
    if sub.is_none() && sid.is_none() {
        return Err(TokenFault::Missing("sub"));
    }
    Ok(LogoutToken { sub, sid, jti, iat, expires_at: iat + OLDEST + SKEW })
}
