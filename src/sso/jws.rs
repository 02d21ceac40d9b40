//! Signed tokens in the compact form (RFC 7515 §3.1), read with nothing left to interpretation.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::fault::TokenFault;
use super::json;

/// The longest token, in bytes.
pub const LONGEST: usize = 65_536;
/// The longest name of a key, in bytes.
const LONGEST_KID: usize = 1_024;

/// The algorithms that are taken, by the names that tokens give them: asymmetric ones alone (RFC 8725 §3.1).
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// A token that has been taken apart. Nothing in it is true before [`super::keys::KeySet::verify`] says so.
#[derive(Debug)]
pub struct Jws<'t> {
    /// What is signed: header and payload as they came.
    pub signed: &'t str,
    /// The signature, as it came.
    pub signature: &'t str,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The algorithm's name.
    pub algorithm_name: &'static str,
    /// The name of the key.
    pub kid: Option<String>,
    /// The kind of token, in lower case, without `application/`.
    pub typ: Option<String>,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// Whether an algorithm is one that is taken.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    ALGORITHMS.iter().any(|(known, _)| *known == name)
}

impl<'t> Jws<'t> {
    /// Takes a token apart. `jwk`, `jku`, `x5u` and `x5c` of the header are not looked at: a token does not say whose
    /// key it is to be checked with.
    ///
    /// # Errors
    /// [`TokenFault::Malformed`], [`TokenFault::Algorithm`]
    pub fn read(token: &'t str) -> Result<Self, TokenFault> {
        if token.len() > LONGEST {
            return Err(TokenFault::Malformed("is longer than 64 KiB"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed("has not three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(TokenFault::Malformed("has not three parts"))?;
        if payload.contains('.') {
            return Err(TokenFault::Malformed("has not three parts"));
        }
        decode(signature)?;
        let header =
            json::object(&decode(header)?).map_err(|_| TokenFault::Malformed("has a header that can't be read"))?;
        if ["crit", "b64", "enc", "zip"].iter().any(|name| header.contains_key(*name)) {
            return Err(TokenFault::Malformed("has a header with demands that are not understood"));
        }
        let named = header.get("alg").and_then(Value::as_str).ok_or(TokenFault::Algorithm)?;
        let taken = ALGORITHMS.iter().find(|(name, _)| *name == named);
        let (algorithm_name, algorithm) = *taken.ok_or(TokenFault::Algorithm)?;
        let text = |name: &str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST_KID => Ok(Some(text.clone())),
            Some(_) => Err(TokenFault::Malformed("has a header that can't be read")),
        };
        let (kid, typ) = (text("kid")?, text("typ")?);
        let typ = typ.map(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").map_or(typ.clone(), str::to_owned)
        });
        let claims =
            json::object(&decode(payload)?).map_err(|_| TokenFault::Malformed("has claims that can't be read"))?;
        Ok(Self { signed, signature, algorithm, algorithm_name, kid, typ, claims })
    }
}

/// Base64url without padding, and in the one spelling that the bytes have.
fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed("is not base64url without padding"))
}
