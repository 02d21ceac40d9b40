//! What must hold of anything that comes from a provider: tokens, key sets and callbacks.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::SecretKey;
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

use super::bridge::sso::callback::Callback;
use super::bridge::sso::checks::{Parties, SKEW};
use super::bridge::sso::id_token::{self, Expected};
use super::bridge::sso::keys::KeySet;
use super::bridge::sso::logout_token;

const NOW: i64 = 1_700_000_000;
const PARTIES: Parties<'static> = Parties { issuer: "https://op.example", client_id: "bridge", announced: &[] };
const EXPECTED: Expected<'static> = Expected {
    parties: PARTIES,
    nonce: "nonce-1",
    access_token: Some("access-1"),
    started_at: NOW - 60,
    max_age: None,
    now: NOW,
};

/// A key of the provider's, and the set in which it publishes it.
static KEY: LazyLock<(EncodingKey, KeySet)> = LazyLock::new(|| {
    let key = SecretKey::from_slice(&[7; 32]).expect("a key");
    let mut jwk: Value = serde_json::from_str(&key.public_key().to_jwk_string()).expect("a JWK");
    jwk["kid"] = json!("k1");
    let der = key.to_pkcs8_der().expect("PKCS#8");
    let set = KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).expect("a set");
    (EncodingKey::from_ec_der(der.as_bytes()), set)
});

/// A token whose header and claims are the first line and the rest, signed as the provider signs.
fn sealed(data: &[u8]) -> Option<String> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let (header, claims) = data.split_at(end);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.get(1..)?));
    let signature = crypto::sign(signed.as_bytes(), &KEY.0, Algorithm::ES256).ok()?;
    Some(format!("{signed}.{signature}"))
}

fn is_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Nobody makes an ID token but the provider; what it signs holds only with every claim right, and is no logout token.
pub fn id_token(data: &[u8]) {
    if let Ok(token) = std::str::from_utf8(data) {
        assert!(id_token::check(token, &KEY.1, &EXPECTED).is_err(), "forged");
    }
    let Some(token) = sealed(data) else { return };
    let Ok(found) = id_token::check(&token, &KEY.1, &EXPECTED) else { return };
    let claim = |name: &str| found.claims.get(name);
    assert_eq!(claim("iss"), Some(&json!("https://op.example")));
    assert_eq!(claim("nonce"), Some(&json!("nonce-1")));
    assert!(is_id(&found.subject) && claim("sub") == Some(&json!(found.subject)));
    assert!(claim("exp").and_then(Value::as_i64).is_some_and(|exp| exp + SKEW > NOW));
    assert!(claim("iat").and_then(Value::as_i64).is_some_and(|iat| iat <= NOW + SKEW));
    assert!(logout_token::check(&token, &KEY.1, &PARTIES, NOW).is_err(), "an ID token is no logout token");
    assert!(id_token::check(&format!("{token}="), &KEY.1, &EXPECTED).is_err());
    let other = Expected { nonce: "nonce-2", ..EXPECTED };
    assert!(id_token::check(&token, &KEY.1, &other).is_err(), "of another sign-in");
}

/// Nobody makes a logout token but the provider; what it signs names somebody, and is good for some minutes.
pub fn logout_token(data: &[u8]) {
    if let Ok(token) = std::str::from_utf8(data) {
        assert!(logout_token::check(token, &KEY.1, &PARTIES, NOW).is_err(), "forged");
    }
    let Some(token) = sealed(data) else { return };
    let Ok(found) = logout_token::check(&token, &KEY.1, &PARTIES, NOW) else { return };
    assert!(found.sub.as_deref().is_none_or(is_id) && found.sid.as_deref().is_none_or(is_id) && is_id(&found.jti));
    assert!(found.sub.is_some() || found.sid.is_some());
    assert!((NOW - 300..=NOW + SKEW).contains(&found.iat));
    assert!(logout_token::check(&token, &KEY.1, &PARTIES, found.expires_at).is_err(), "forgotten too early");
    assert!(id_token::check(&token, &KEY.1, &EXPECTED).is_err(), "a logout token is no ID token");
}

/// A key set of a stranger is read or not; it checks no token that another key signed.
pub fn key_set(data: &[u8]) {
    let Ok(keys) = KeySet::parse(data) else { return };
    assert!(keys.usable() <= 100);
    let token = sealed(b"{\"alg\":\"ES256\",\"kid\":\"k1\"}\n{}").expect("a token");
    let is_ours = String::from_utf8_lossy(data).contains(&public());
    assert!(is_ours || id_token::check(&token, &keys, &EXPECTED).is_err());
    for alg in ["RS256", "PS512", "ES256", "ES384", "EdDSA"] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": alg}).to_string());
        let token = format!("{header}.e30.{}", URL_SAFE_NO_PAD.encode([7; 64]));
        assert!(id_token::check(&token, &keys, &EXPECTED).is_err());
    }
}

fn public() -> String {
    let key = SecretKey::from_slice(&[7; 32]).expect("a key");
    let jwk: Value = serde_json::from_str(&key.public_key().to_jwk_string()).expect("a JWK");
    jwk["x"].as_str().unwrap_or_default().to_owned()
}

/// A callback that is read says the same when it is written and read again, and holds nothing that breaks a line.
pub fn callback(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let Ok(read) = Callback::parse(query) else { return };
    let fields = [
        ("state", &read.state),
        ("code", &read.code),
        ("iss", &read.iss),
        ("error", &read.error),
        ("error_description", &read.error_description),
    ];
    let mut again = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let Some(value) = value else { continue };
        assert!(!value.is_empty() && (name == "error_description" || !value.contains(char::is_control)));
        again.append_pair(name, value);
    }
    let again = again.finish();
    if again.len() <= 16_384 {
        assert_eq!(Callback::parse(&again).as_ref(), Ok(&read));
    }
    if read.code.is_some() {
        assert!(Callback::parse(&format!("{query}&code=x")).is_err(), "named twice");
        let without = Callback { code: None, ..read.clone() };
        assert_eq!(format!("{read:?}"), format!("{without:?}"), "a code is not shown");
    }
}
