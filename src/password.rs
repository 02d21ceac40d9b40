//! Password hashes: Argon2id, a few at a time.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB; with [`PASSES`], OWASP's recommendation for Argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
/// How many hashes are made at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// The shortest password, in characters; what AIsoule demands of everybody.
pub const SHORTEST: usize = 12;
/// The longest password, in bytes.
pub const LONGEST: usize = 1_024;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be one.
    #[error("a password has {SHORTEST} characters or more")]
    TooShort,
    /// Too long to be one.
    #[error("a password has {LONGEST} bytes at the most")]
    TooLong,
    /// The hash function failed.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
}

/// The hash of a password, in PHC form. Every byte of the password counts. Whoever sets a password comes by here, so this
/// is where its length is checked.
///
/// # Errors
/// [`PasswordError`]
pub async fn hash(password: String) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let _turn = TURNS.acquire().await.map_err(|error| failed(&error))?;
    let hashed = tokio::task::spawn_blocking(move || {
        let params = Params::new(MEMORY, PASSES, 1, None).map_err(|error| failed(&error))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| failed(&error))
    });
    hashed.await.map_err(|error| failed(&error))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hash_is_argon2id_salted_and_not_the_password() {
        let (a, b) = (hash("correct horse".into()).await.unwrap(), hash("correct horse".into()).await.unwrap());
        assert!(a.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{a}");
        assert_ne!(a, b);
        assert!(!a.contains("horse"));
    }

    #[tokio::test]
    async fn a_password_has_a_shortest_and_a_longest_length() {
        for short in ["", " ", "a", "elevenchars", "ééééééééééé"] {
            assert!(matches!(hash(short.into()).await, Err(PasswordError::TooShort)), "{short}");
        }
        assert!(hash("éééééééééééé".into()).await.is_ok());
        assert!(matches!(hash("x".repeat(1_025)).await, Err(PasswordError::TooLong)));
    }
}
