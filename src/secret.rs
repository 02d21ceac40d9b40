//! Secrets that the bridge gives out: bearer tokens and client secrets. Shown once, kept as a hash.
//!
//! A token is `aisb_` (so that scanners for leaked secrets find it), 43 characters of base62 from 32 random bytes, and
//! 6 characters of checksum, by which a mistyped one is told from a revoked one without asking the database.

use sha2::{Digest, Sha256};

use crate::sealed::{KeyError, random};

/// What every token begins with.
pub const PREFIX: &str = "aisb_";
/// What every key for the REST API begins with.
pub const KEY_PREFIX: &str = "aisk_";
/// What every secret of a login client begins with.
pub const CLIENT_PREFIX: &str = "aiss_";
/// What every authorization code begins with.
pub const CODE_PREFIX: &str = "aisc_";
/// What every access token of a login client begins with.
pub const ACCESS_PREFIX: &str = "aisa_";
/// What every refresh token begins with.
pub const REFRESH_PREFIX: &str = "aisr_";
/// What every secret of a webhook endpoint begins with, as Standard Webhooks writes them. The rest is not of our making.
pub const ENDPOINT_PREFIX: &str = "whsec_";
/// The characters after the prefix that hold 256 random bits.
const BODY: usize = 43;
/// The characters of the checksum.
const SUM: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new token.
///
/// # Errors
/// [`KeyError::Random`] where the system gives no random bytes.
pub fn new_token() -> Result<String, KeyError> {
    new(PREFIX)
}

/// A new key for the REST API.
///
/// # Errors
/// [`KeyError::Random`] where the system gives no random bytes.
pub fn new_key() -> Result<String, KeyError> {
    new(KEY_PREFIX)
}

/// A secret without a shape of its own: what a session's cookie or a link in a mail holds.
///
/// # Errors
/// [`KeyError::Random`] where the system gives no random bytes.
pub fn new_plain() -> Result<String, KeyError> {
    Ok(base62(&random::<32>()?, BODY))
}

/// Whether a text can be such a secret.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.len() == BODY && text.bytes().all(|b| ALPHABET.contains(&b))
}

/// A new secret of another kind, which begins with `prefix`.
///
/// # Errors
/// [`KeyError::Random`] where the system gives no random bytes.
pub fn new_with(prefix: &'static str) -> Result<String, KeyError> {
    new(prefix)
}

fn new(prefix: &str) -> Result<String, KeyError> {
    let body = base62(&random::<32>()?, BODY);
    Ok(format!("{prefix}{body}{}", checksum(&body)))
}

/// Whether a text can be a token of ours.
#[must_use]
pub fn is_well_formed(token: &str) -> bool {
    token.strip_prefix(PREFIX).is_some_and(is_whole)
}

/// Whether a text can be a key of ours for the REST API.
#[must_use]
pub fn is_key(key: &str) -> bool {
    key.strip_prefix(KEY_PREFIX).is_some_and(is_whole)
}

/// Whether a text can be a secret of ours of that kind.
#[must_use]
pub fn is_of(prefix: &'static str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(is_whole)
}

/// Whether a text begins like a secret of ours, of whatever kind.
#[must_use]
pub fn begins_like_one(text: &str) -> bool {
    [PREFIX, KEY_PREFIX, CLIENT_PREFIX, CODE_PREFIX, ACCESS_PREFIX, REFRESH_PREFIX, ENDPOINT_PREFIX]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

fn is_whole(rest: &str) -> bool {
    match rest.split_at_checked(BODY) {
        Some((body, sum)) => body.bytes().all(|b| ALPHABET.contains(&b)) && checksum(body) == sum,
        None => false,
    }
}

/// What is kept of a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The beginning of a token, by which people tell it from others.
#[must_use]
pub fn hint(token: &str) -> String {
    token.chars().take(PREFIX.len() + 4).collect()
}

fn checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), SUM)
}

/// A number, given as bytes with the most significant first, in base 62.
fn base62(bytes: &[u8], length: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        *digit = ALPHABET.get(rest as usize).copied().unwrap_or(b'0');
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_known_by_their_shape() {
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), PREFIX.len() + BODY + SUM);
        assert!(is_well_formed(&a) && is_well_formed(&b));
    }

    #[test]
    fn a_mistyped_token_is_known_without_the_database() {
        let token = new_token().unwrap();
        let swapped = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' });
        for bad in [swapped.as_str(), &token[1..], &token[..20], "", "aisb_", "aisb_é", &token.replace("aisb", "AISB")]
        {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn base62_counts_like_any_other_base() {
        assert_eq!(base62(&[0], 2), "00");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&[1, 0], 3), "048");
    }
}
