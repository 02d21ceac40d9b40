//! How a receiver knows that a delivery is ours: AIsoule's own signature, and that of Standard Webhooks.
//!
//! AIsoule: `X-Webhook-Signature`, hexadecimal HMAC-SHA-256 of the raw body under the whole text of the secret. Standard
//! Webhooks 1.0: `webhook-signature`, `v1,` and base64 of HMAC-SHA-256 of `id.timestamp.body` under the bytes that the
//! secret holds after `whsec_`; several, with a space between, while a secret is being replaced.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::sealed::{KeyError, random};
use crate::secret::ENDPOINT_PREFIX as PREFIX;
use crate::settings::Secret;
use crate::text::hex;

/// How far the timestamp of a delivery may be from the receiver's clock.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// A new secret: 32 random bytes, as Standard Webhooks writes them.
///
/// # Errors
/// [`KeyError::Random`]
pub fn new_secret() -> Result<Secret, KeyError> {
    Ok(Secret::from(format!("{PREFIX}{}", STANDARD.encode(random::<32>()?))))
}

/// What is signed under the secret's own bytes, or under its text where it holds none.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// AIsoule's signature of a body.
#[must_use]
pub fn aisoule(secret: &str, body: &[u8]) -> String {
    hex(&mac(secret.as_bytes(), &[body]))
}

/// The signature of Standard Webhooks, with its version before it.
#[must_use]
pub fn standard(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let key = secret.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let signed = mac(&key, &[id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body]);
    format!("v1,{}", STANDARD.encode(signed))
}

/// The headers of a delivery. While the secret is being replaced, `old` is the one before: AIsoule's signature is made with
/// it until it ends, and Standard Webhooks has both.
#[must_use]
pub fn headers(secret: &str, old: Option<&str>, id: &str, timestamp: i64, body: &[u8]) -> [(&'static str, String); 4] {
    let secrets = [Some(secret), old].into_iter().flatten();
    let signatures: Vec<String> = secrets.map(|secret| standard(secret, id, timestamp, body)).collect();
    [
        ("x-webhook-signature", aisoule(old.unwrap_or(secret), body)),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

/// Why a receiver refuses a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// The timestamp is no number of seconds.
    #[error("the timestamp is no number")]
    Timestamp,
    /// It was made too long ago, or comes from the future: perhaps somebody sends again what they overheard.
    #[error("the timestamp is more than 5 minutes away")]
    TooFar,
    /// Nobody who has the secret made it.
    #[error("no signature fits")]
    Signature,
}

/// What a receiver does with a delivery before it believes it: the sample of docs/webhooks.md. It takes the three headers
/// of Standard Webhooks and the raw bytes of the body, compares in constant time, and leaves it to the receiver to
/// remember the ids that it has seen.
///
/// # Errors
/// [`Unverified`]
pub fn verify(
    secret: &str,
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Unverified> {
    let seconds: i64 = timestamp.parse().map_err(|_| Unverified::Timestamp)?;
    let at = DateTime::from_timestamp(seconds, 0).ok_or(Unverified::Timestamp)?;
    if (now - at).abs() > TOLERANCE {
        return Err(Unverified::TooFar);
    }
    let expected = standard(secret, id, seconds, body);
    let fits = |given: &str| bool::from(given.as_bytes().ct_eq(expected.as_bytes()));
    if signatures.split(' ').fold(false, |found, given| fits(given) | found) {
        Ok(())
    } else {
        Err(Unverified::Signature)
    }
}

/// The same for AIsoule's own header, which has no timestamp.
#[must_use]
pub fn verify_aisoule(secret: &str, signature: &str, body: &[u8]) -> bool {
    aisoule(secret, body).as_bytes().ct_eq(signature.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's libraries, and RFC 4231 §4.3.
    #[test]
    fn signatures_are_those_that_others_make() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let signed = standard(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(aisoule("Jefe", b"what do ya want for nothing?"), expected);
        assert!(verify_aisoule("Jefe", expected, b"what do ya want for nothing?"));
        assert!(!verify_aisoule("Jefe", expected, b"what do ya want for nothing!"));
        assert!(!verify_aisoule("Jefe", "", b"what do ya want for nothing?"));
    }

    /// Row F03.
    #[test]
    fn a_receiver_refuses_what_is_too_old_too_new_or_altered() {
        let (secret, other) = (new_secret().unwrap(), new_secret().unwrap());
        let (secret, other) = (secret.reveal(), other.reveal());
        let (id, body, at) = ("0190", b"{}".as_slice(), 1_700_000_000_i64);
        let now = |seconds: i64| DateTime::from_timestamp(at + seconds, 0).unwrap();
        let timestamp = at.to_string();
        let signed = standard(secret, id, at, body);
        let check = |id, timestamp, signed, body, seconds| verify(secret, (id, timestamp, signed), body, now(seconds));
        for (seconds, expected) in [
            (0, Ok(())),
            (300, Ok(())),
            (-300, Ok(())),
            (360, Err(Unverified::TooFar)),
            (-360, Err(Unverified::TooFar)),
            (301, Err(Unverified::TooFar)),
        ] {
            assert_eq!(check(id, &timestamp, &signed, body, seconds), expected, "{seconds}");
        }
        let later = (at + 1).to_string();
        for (id, timestamp, body) in [("0191", &timestamp, body), (id, &later, body), (id, &timestamp, b"{ }")] {
            assert_eq!(check(id, timestamp, &signed, body, 0), Err(Unverified::Signature));
        }
        assert_eq!(check(id, "soon", &signed, body, 0), Err(Unverified::Timestamp));
        assert_eq!(check(id, &timestamp, "", body, 0), Err(Unverified::Signature));
        let both = format!("{} {signed}", standard(other, id, at, body));
        assert_eq!(check(id, &timestamp, &both, body, 0), Ok(()), "of two signatures one has to fit");
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign() {
        let (new, old) = (new_secret().unwrap(), new_secret().unwrap());
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let [(_, ours), (_, id), (_, timestamp), (_, signatures)] =
            headers(new.reveal(), Some(old.reveal()), "0190", 1_700_000_000, b"{}");
        for secret in [&new, &old] {
            assert_eq!(verify(secret.reveal(), (&id, &timestamp, &signatures), b"{}", now), Ok(()));
        }
        assert!(verify_aisoule(old.reveal(), &ours, b"{}") && !verify_aisoule(new.reveal(), &ours, b"{}"));
        let [(_, ours), _, _, (_, signatures)] = headers(new.reveal(), None, "0190", 1_700_000_000, b"{}");
        assert!(verify_aisoule(new.reveal(), &ours, b"{}"));
        assert!(!signatures.contains(' '));
    }
}
