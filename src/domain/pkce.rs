//! Proof Key for Code Exchange (RFC 7636), of which S256 is the one method.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether a text can be a challenge: the base64url of a SHA-256 (§4.2).
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// Whether a text can be a verifier: 43 to 128 unreserved characters (§4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

/// Whether a verifier is the one behind a challenge.
#[must_use]
pub fn verifies(verifier: &str, challenge: &str) -> bool {
    let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    is_verifier(verifier) && bool::from(hashed.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_holds_and_its_neighbours_do_not() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge(challenge) && is_verifier(verifier) && verifies(verifier, challenge));
        assert!(!verifies(challenge, challenge) && !verifies(&verifier[1..], challenge) && !verifies("", challenge));
        assert!(!is_challenge(&challenge[1..]) && !is_challenge(&challenge.replace('-', "+")));
        assert!(!is_verifier(&"é".repeat(30)) && !is_verifier(&"a".repeat(129)));
    }
}
