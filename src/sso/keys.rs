//! A provider's keys (RFC 7517), and whether one of them made a signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::fault::TokenFault;
use super::jws::Jws;

/// How many keys of a set are looked at.
const MOST: usize = 100;
/// How many keys of one name are tried.
const MOST_TRIED: usize = 4;
/// The sizes of an RSA key, in bytes of its modulus: 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Family {
    const fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => Some(Self::Rsa),
            Algorithm::ES256 => Some(Self::P256),
            Algorithm::ES384 => Some(Self::P384),
            Algorithm::EdDSA => Some(Self::Ed25519),
            _ => None,
        }
    }
}

/// A key that can check signatures.
struct Key {
    kid: Option<String>,
    algorithm: Option<String>,
    family: Family,
    checks: DecodingKey,
}

/// The keys of a provider that can check signatures.
pub struct KeySet {
    keys: Vec<Key>,
    left_out: usize,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet").field("keys", &self.keys.len()).field("left_out", &self.left_out).finish()
    }
}

impl KeySet {
    /// Reads a set. A key that can't be read, of an unknown kind, symmetric, or for encryption is left out; the others
    /// go on counting.
    ///
    /// # Errors
    /// What is wrong with the set as a whole, to follow "the key set".
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let set: Value = serde_json::from_slice(bytes).map_err(|_| "is not JSON")?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or("has no list of keys")?;
        let keys: Vec<Key> = listed.iter().take(MOST).filter_map(|key| Key::parse(key.as_object()?)).collect();
        let left_out = listed.len() - keys.len();
        Ok(Self { keys, left_out })
    }

    /// How many keys can check signatures.
    #[must_use]
    pub fn usable(&self) -> usize {
        self.keys.len()
    }

    /// How many keys were left out.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether one of the keys made the signature of a token: the one that it names; where it names none, the only one
    /// that fits its algorithm.
    ///
    /// # Errors
    /// [`TokenFault::KeyUnknown`], [`TokenFault::KeyAmbiguous`], [`TokenFault::Signature`]
    pub fn verify(&self, token: &Jws<'_>) -> Result<(), TokenFault> {
        let fits = |key: &&Key| key.fits(token);
        let candidates: Vec<&Key> = match &token.kid {
            Some(kid) => {
                let named = self.keys.iter().filter(|key| key.kid.as_ref() == Some(kid));
                named.filter(fits).take(MOST_TRIED).collect()
            }
            None => self.keys.iter().filter(fits).collect(),
        };
        if candidates.is_empty() {
            return Err(TokenFault::KeyUnknown);
        }
        if token.kid.is_none() && candidates.len() > 1 {
            return Err(TokenFault::KeyAmbiguous);
        }
        let made = |key: &Key| {
            crypto::verify(token.signature, token.signed.as_bytes(), &key.checks, token.algorithm)
                .is_ok_and(|holds| holds)
        };
        if candidates.into_iter().any(made) { Ok(()) } else { Err(TokenFault::Signature) }
    }
}

impl Key {
    fn parse(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if key.get("use").is_some_and(|purpose| purpose.as_str() != Some("sig")) {
            return None;
        }
        if let Some(operations) = key.get("key_ops") {
            operations.as_array()?.iter().find(|operation| operation.as_str() == Some("verify"))?;
        }
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let (family, checks) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (modulus, exponent) = (bytes("n")?, bytes("e")?);
                let digits = modulus.iter().skip_while(|byte| **byte == 0).count();
                let odd = exponent.last().is_some_and(|last| last & 1 == 1) && exponent.len() <= 4 && exponent != [1];
                if !RSA_BYTES.contains(&digits) || !odd {
                    return None;
                }
                (Family::Rsa, DecodingKey::from_rsa_raw_components(&modulus, &exponent))
            }
            ("EC", Some(curve @ ("P-256" | "P-384"))) => {
                let (family, length) = if curve == "P-256" { (Family::P256, 32) } else { (Family::P384, 48) };
                if bytes("x")?.len() != length || bytes("y")?.len() != length {
                    return None;
                }
                (family, DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?)
            }
            ("OKP", Some("Ed25519")) if bytes("x")?.len() == 32 => {
                (Family::Ed25519, DecodingKey::from_ed_components(text("x")?).ok()?)
            }
            _ => return None,
        };
        let optional = |name: &str| match key.get(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|text| Some(text.to_owned())),
        };
        Some(Self { kid: optional("kid")?, algorithm: optional("alg")?, family, checks })
    }

    /// Whether the key is of the kind that a token's algorithm needs, and meant for it where it says for which.
    fn fits(&self, token: &Jws<'_>) -> bool {
        Family::of(token.algorithm) == Some(self.family)
            && self.algorithm.as_deref().is_none_or(|named| named == token.algorithm_name)
    }
}
