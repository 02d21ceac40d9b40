//! Passwords: what makes one good enough (NIST SP 800-63B §5.1.1.2), and their hashes: Argon2id, a few at a time.
//!
//! One policy at every door: 12 characters to 1,024 bytes of whatever kind, every byte counts, and nothing that whoever
//! guesses tries first: common passwords, the person's own name and address, sequences and repetitions.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB; with [`PASSES`], OWASP's recommendation for Argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
/// How many hashes are made at once: each takes 19 MiB and a core, for some 20 ms.
const AT_ONCE: usize = 2;
/// How many people may wait for their password to be verified. With two at a time that is about a second; whoever comes
/// beyond is told to come back, so that a storm of logins holds up nobody else who sets a password.
const MOST_WAITING: usize = 64;
/// The shortest password, in characters; what AIsoule demands of everybody.
pub const SHORTEST: usize = 12;
/// The longest password, in bytes.
pub const LONGEST: usize = 1_024;
/// Below how many guesses a password is too easy.
const FEWEST_GUESSES: u64 = 100_000_000;
/// As much of a password as is judged; what is longer is not guessed by its beginning.
const JUDGED: usize = 100;
/// The hash of a random password that nobody has: verified where there is no account, so that it takes as long.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2x7Zt0VQdpLm3sWq8nHkA$lD0v8xkTq5cJmM0o2r8yB3n1uGfZbXwS7aEhVtPq9iY";

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static WAITING: Semaphore = Semaphore::const_new(MOST_WAITING);

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be one.
    #[error("a password has {SHORTEST} characters or more")]
    TooShort,
    /// Too long to be one.
    #[error("a password has {LONGEST} bytes at the most")]
    TooLong,
    /// Among the first that somebody tries who guesses.
    #[error("this password is too easy to guess: it is common, a pattern, or made of the person's own name or address")]
    TooEasy,
    /// The hash function failed.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
}

impl PasswordError {
    /// Whether another password would do.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Hash(_))
    }
}

/// Too many people wait for their passwords to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded;

/// Whether a password is good enough for somebody of whom these words are known.
///
/// # Errors
/// [`PasswordError`]
pub fn check(password: &str, words: &[String]) -> Result<(), PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    let known = known(words);
    let inputs: Vec<&str> = known.iter().map(String::as_str).collect();
    let judged: String = password.chars().take(JUDGED).collect();
    let guesses = zxcvbn::zxcvbn(&judged, &inputs).guesses();
    if guesses < FEWEST_GUESSES { Err(PasswordError::TooEasy) } else { Ok(()) }
}

/// The words and their parts, and what the product is called.
fn known(words: &[String]) -> Vec<String> {
    let mut known = vec!["aisoule".to_owned(), "aisoule-bridge".to_owned(), "bridge".to_owned()];
    for word in words {
        let word = crate::text::fold(word);
        let parts = word.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= 3);
        known.extend(parts.map(str::to_owned));
        known.push(word.replace(' ', ""));
        known.push(word);
    }
    known
}

/// The hash of a password, in PHC form, of somebody of whom nothing is known.
///
/// # Errors
/// [`PasswordError`]
pub async fn hash(password: String) -> Result<String, PasswordError> {
    hash_for(password, Vec::new()).await
}

/// The hash of a password, in PHC form. Every byte of the password counts. Whoever sets a password comes by here, so this
/// is where it is checked; `words` are what is known of the person: address, name, workspace.
///
/// # Errors
/// [`PasswordError`]
pub async fn hash_for(password: String, words: Vec<String>) -> Result<String, PasswordError> {
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let _turn = TURNS.acquire().await.map_err(|error| failed(&error))?;
    let hashed = tokio::task::spawn_blocking(move || {
        check(&password, &words)?;
        let argon = argon().map_err(|error| failed(&error))?;
        argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| failed(&error))
    });
    hashed.await.map_err(|error| failed(&error))?
}

fn argon() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY, PASSES, 1, None)?))
}

/// Compares passwords with hashes, and counts how often.
#[derive(Debug, Default)]
pub struct Verifier {
    verified: AtomicU64,
}

impl Verifier {
    /// Whether a password belongs to a hash. Where there is none it takes as long, and it is no.
    ///
    /// # Errors
    /// [`Crowded`]
    pub async fn verify(&self, hash: Option<String>, password: String) -> Result<bool, Crowded> {
        Ok(self.compare([hash], password).await? == [true])
    }

    /// To which of two hashes a password belongs: the first, where it is to both. It takes as long whether there are two, one
    /// or none.
    ///
    /// # Errors
    /// [`Crowded`]
    pub async fn verify_either(&self, hashes: [Option<String>; 2], password: String) -> Result<Option<usize>, Crowded> {
        Ok(self.compare(hashes, password).await?.iter().position(|is_right| *is_right))
    }

    async fn compare<const N: usize>(
        &self,
        hashes: [Option<String>; N],
        password: String,
    ) -> Result<[bool; N], Crowded> {
        let _place = WAITING.try_acquire().map_err(|_| Crowded)?;
        let _turn = TURNS.acquire().await.map_err(|_| Crowded)?;
        self.verified.fetch_add(N as u64, Ordering::Relaxed);
        let compared = tokio::task::spawn_blocking(move || hashes.map(|hash| belongs(hash.as_deref(), &password)));
        Ok(compared.await.unwrap_or([false; N]))
    }

    /// How often.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }
}

/// Whether a password belongs to a hash. Nobody's hash, and what can't be a password, are compared all the same.
fn belongs(hash: Option<&str>, password: &str) -> bool {
    let password = if password.len() > LONGEST { "" } else { password };
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else { return false };
    argon().is_ok_and(|argon| argon.verify_password(password.as_bytes(), &parsed).is_ok()) && hash.is_some()
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

    #[test]
    fn a_password_has_a_shortest_and_a_longest_length() {
        for short in ["", " ", "a", "elevenchars", "ééééééééééé"] {
            assert!(matches!(check(short, &[]), Err(PasswordError::TooShort)), "{short}");
        }
        assert!(check("zwölf äußere Öl", &[]).is_ok());
        assert!(check("a \u{1f511} in the well", &[]).is_ok());
        assert!(matches!(check(&"xy1 ".repeat(257), &[]), Err(PasswordError::TooLong)));
        let longest: String = (0..64)
            .flat_map(|n| format!("{n:04x} {:>10}", n * 7_919).into_bytes())
            .map(char::from)
            .take(LONGEST)
            .collect();
        assert!(check(&longest, &[]).is_ok());
    }

    #[test]
    fn what_is_tried_first_is_refused_whoever_it_is() {
        for easy in [
            "passwordpassword",
            "password1234",
            "Password123!",
            "123456789012",
            "qwertyuiopas",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "iloveyou1234",
            "1234567890ab",
            "drowssapdrowssap",
            "P@ssw0rd1234",
            "aisoule-bridge",
            "aisouleaisoule",
            "abcdefghijkl",
            "letmein12345",
            "qwerty123456",
        ] {
            assert!(matches!(check(easy, &[]), Err(PasswordError::TooEasy)), "{easy}");
        }
        for good in [
            "correct horse battery",
            "a new long password",
            "long enough password",
            "t1meMa$heen!",
            "hunter2-canary",
            "1mz050nq-longer",
            "twelve chars",
        ] {
            assert!(check(good, &[]).is_ok(), "{good}: {}", zxcvbn::zxcvbn(good, &[]).guesses());
        }
    }

    #[test]
    fn what_everybody_knows_of_a_person_is_refused_to_them_alone() {
        let words = ["anna.larsson@acme.example".to_owned(), "Anna Larsson".to_owned(), "Northwind".to_owned()];
        for own in [
            "annalarsson1",
            "Larsson2026!",
            "northwind2026",
            "Northwind123",
            "anna.larsson@acme.example",
            "nossraL anna",
        ] {
            assert!(matches!(check(own, &words), Err(PasswordError::TooEasy)), "{own}");
        }
    }

    #[tokio::test]
    async fn every_byte_counts_and_nobody_has_no_password() {
        let verifier = Verifier::default();
        let long = format!("{}{}", "kq7 vz3! ".repeat(9), "end one");
        let other = format!("{}{}", "kq7 vz3! ".repeat(9), "end two");
        let hashed = hash(long.clone()).await.unwrap();
        assert!(verifier.verify(Some(hashed.clone()), long.clone()).await.unwrap());
        for wrong in [other, format!("{long} "), format!("{long}\0"), long.to_uppercase(), String::new()] {
            assert!(!verifier.verify(Some(hashed.clone()), wrong).await.unwrap());
        }
        assert!(!verifier.verify(None, long.clone()).await.unwrap());
        assert!(!verifier.verify(Some("$argon2id$nonsense".into()), long).await.unwrap());
        assert_eq!(verifier.count(), 8);
        // Nobody's hash costs what everybody's does: the same function, memory and passes, and as long a result.
        let (nobodys, theirs) = (PasswordHash::new(NOBODYS).unwrap(), PasswordHash::new(&hashed).unwrap());
        assert_eq!((nobodys.algorithm, nobodys.version), (theirs.algorithm, theirs.version));
        assert_eq!(nobodys.params.to_string(), theirs.params.to_string());
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(|output| output.as_ref().len());
        assert_eq!(length(&nobodys), length(&theirs));
    }
}
