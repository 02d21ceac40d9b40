//! Time-based one-time passwords (RFC 6238), and the recovery codes for the day on which the phone is gone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Totp};

use crate::ids::UserId;
use crate::sealed::{KeyError, MasterKey, random};
use crate::text::hex;

/// The digits of a code.
pub const DIGITS: usize = 6;
/// Seconds of a step.
const STEP: u64 = 30;
/// How many recovery codes somebody gets.
const CODES: usize = 10;
/// What the product is called in the app on the phone.
const ISSUER: &str = "AIsoule";
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

fn place(user: UserId) -> String {
    format!("second factor {user}")
}

/// A new secret of a user, sealed.
///
/// # Errors
/// [`KeyError::Random`]
pub fn fresh(master: &MasterKey, user: UserId) -> Result<Vec<u8>, KeyError> {
    master.seal(&place(user), &random::<20>()?)
}

/// The secret of a user.
///
/// # Errors
/// [`KeyError::Foreign`]
pub fn open(master: &MasterKey, user: UserId, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    master.open(&place(user), sealed)
}

fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    // A colon would end the issuer's part of the label.
    let account: String = account.chars().filter(|c| *c != ':').collect();
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(STEP);
    builder.with_secret(secret.to_vec()).with_account_name(account).with_issuer(Some(ISSUER)).build().ok()
}

/// The step to which a code belongs: the present one, the one before or the one after. A code counts once, so the step is
/// kept.
#[must_use]
pub fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(now.timestamp()).ok()?;
    totp(secret, "")?.check(code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// The code of a moment, for tests and nobody else.
#[must_use]
pub fn code_at(secret: &[u8], now: DateTime<Utc>) -> Option<String> {
    let seconds = u64::try_from(now.timestamp()).ok()?;
    Some(totp(secret, "")?.generate(seconds).to_string())
}

/// What the app on the phone reads: a picture as a `data:` address, and the secret as text.
#[must_use]
pub fn shown(secret: &[u8], account: &str) -> Option<(String, String)> {
    let totp = totp(secret, account)?;
    let png = totp.to_qr_png().ok()?;
    Some((format!("data:image/png;base64,{}", STANDARD.encode(png)), totp.secret().to_base32()))
}

/// New recovery codes, 10 letters and digits each, of 50 random bits.
///
/// # Errors
/// [`KeyError::Random`]
pub fn recovery_codes() -> Result<Vec<String>, KeyError> {
    (0..CODES)
        .map(|_| {
            let bytes = random::<10>()?;
            let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from);
            Ok(bytes.iter().map(letter).collect())
        })
        .collect()
}

/// What is kept of a recovery code. It has 50 random bits, which a plain hash would not hide.
#[must_use]
pub fn recovery_hash(master: &MasterKey, user: UserId, code: &str) -> String {
    hex(&master.tag("recovery codes", &format!("{user} {}", code.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_belongs_to_its_step_and_the_steps_beside_it() {
        let secret = b"12345678901234567890";
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        // RFC 6238, appendix B, cut to six digits.
        assert_eq!(code_at(secret, at(59)).as_deref(), Some("287082"));
        assert_eq!(code_at(secret, at(1_111_111_109)).as_deref(), Some("081804"));
        assert_eq!(step_of(secret, "287082", at(59)), Some(1));
        assert_eq!(step_of(secret, "287082", at(89)), Some(1));
        assert_eq!(step_of(secret, "287082", at(90)), None);
        for bad in ["", "28708", "2870821", "abcdef", "٢٨٧٠٨٢", "-87082"] {
            assert_eq!(step_of(secret, bad, at(59)), None, "{bad}");
        }
    }

    #[test]
    fn recovery_codes_differ_and_are_kept_as_hashes_of_their_owner() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), 10);
        let (one, other, folder) = (UserId::fresh(), UserId::fresh(), tempfile::tempdir().unwrap());
        let key = |name: &str| {
            let database_url = format!("sqlite://{}/{name}.db", folder.path().display()).into();
            MasterKey::make(&crate::settings::Settings { database_url, ..Default::default() }).unwrap()
        };
        let (master, stranger) = (key("one"), key("other"));
        let hash = recovery_hash(&master, one, &codes[0]);
        assert_eq!(hash, recovery_hash(&master, one, &codes[0].to_uppercase()));
        assert_ne!(hash, recovery_hash(&master, other, &codes[0]));
        assert_ne!(hash, recovery_hash(&stranger, one, &codes[0]));
    }

    #[test]
    fn the_picture_is_a_png_and_the_secret_can_be_typed() {
        let (picture, typed) = shown(b"12345678901234567890", "anna@acme.example").unwrap();
        assert!(picture.starts_with("data:image/png;base64,iVBOR"));
        assert_eq!(typed, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
