//! Secrets at rest and keys for signing, all from the one master key.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::settings::Settings;
use crate::store::sqlite_file;

const NONCE: usize = 24;

/// The key under which everything secret is sealed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// Why there is no master key, or why it does not open what it should.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file beside the database.
    #[error("the master key in {path} can't be used: {problem}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There is none, although the database holds what was sealed under one.
    #[error(
        "the master key is missing: there is no {path} and BRIDGE_MASTER_KEY is not set, but the database holds a secret \
         that was sealed under a key. Put that file back, or set BRIDGE_MASTER_KEY to the key of the database's first \
         start. No new key was made"
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// What is to be opened was sealed under another key, or altered.
    #[error(
        "a secret in the database was sealed under another master key than the one that was given: set BRIDGE_MASTER_KEY \
         to the key of the database's first start, or put that key's file back"
    )]
    Foreign,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// Random bytes from the system.
///
/// # Errors
/// [`KeyError::Random`] where it gives none.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(bytes)
}

impl MasterKey {
    /// The key of the settings, else the one in the file beside the database. None where there is neither.
    ///
    /// # Errors
    /// [`KeyError::File`] where the file can't be read or holds something else.
    pub fn find(settings: &Settings) -> Result<Option<Self>, KeyError> {
        if let Some(key) = &settings.master_key {
            let decoded = STANDARD.decode(key.reveal()).ok().and_then(|key| key.try_into().ok());
            return decoded.map(|key| Some(Self(key))).ok_or(KeyError::Foreign);
        }
        let path = key_file(settings);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyError::File { path, problem: error.to_string() }),
        }
    }

    /// A new key in the file beside the database: for a database that holds nothing sealed yet.
    ///
    /// # Errors
    /// [`KeyError::File`] where the file can't be made.
    pub fn make(settings: &Settings) -> Result<Self, KeyError> {
        let path = key_file(settings);
        let failed = |error: std::io::Error| KeyError::File { path: path.clone(), problem: error.to_string() };
        let key = Self(random()?);
        match write_private(&path, &STANDARD.encode(key.0)) {
            Ok(()) => {}
            // Another bridge was quicker: its key is the one.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Self::parse(&path, &std::fs::read_to_string(&path).map_err(failed)?);
            }
            Err(error) => return Err(failed(error)),
        }
        if sqlite_file(settings.database_url.reveal()).is_some() {
            tracing::info!(path = %path.display(), "a master key was made; keep it as safe as the database");
        } else {
            tracing::warn!(
                path = %path.display(),
                "a master key was made; every other bridge over this database needs the same: set BRIDGE_MASTER_KEY to it"
            );
        }
        Ok(key)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, KeyError> {
        let decoded = STANDARD.decode(text.trim()).ok().and_then(|key| key.try_into().ok());
        decoded
            .map(Self)
            .ok_or_else(|| KeyError::File { path: path.into(), problem: "it does not hold base64 of 32 bytes".into() })
    }

    /// A key for one purpose; different purposes have unrelated keys.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// What is kept of a text that is too short to be safe behind a plain hash: whoever has the database alone can't try
    /// them out.
    #[must_use]
    pub fn tag(&self, purpose: &str, text: &str) -> [u8; 32] {
        let key = self.derive(purpose);
        // HMAC takes keys of any length.
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key) else { return [0; 32] };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Seals a secret for one place; it opens in no other.
    ///
    /// # Errors
    /// [`KeyError::Random`]
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| KeyError::Foreign)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for that place.
    ///
    /// # Errors
    /// [`KeyError::Foreign`] where it was sealed under another key, for another place, or altered.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(KeyError::Foreign)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| KeyError::Foreign)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.derive("seal")).into())
    }
}

/// Where the key is kept that no setting gives: beside the SQLite file, else in `data/`.
#[must_use]
pub fn key_file(settings: &Settings) -> PathBuf {
    sqlite_file(settings.database_url.reveal())
        .map_or_else(|| PathBuf::from("data/bridge.key"), |file| file.with_extension("key"))
}

/// Writes a new file that its owner alone can read. It is there with all that it holds, and on disk, or not at all:
/// what is sealed under a key must not outlive it.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let key = MasterKey([3; 32]);
        let sealed = key.seal("a", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open("a", &sealed).unwrap(), b"secret");
        assert!(key.open("b", &sealed).is_err());
        assert!(MasterKey([4; 32]).open("a", &sealed).is_err());
        assert!(key.open("a", &sealed[1..]).is_err());
        assert!(key.open("a", b"").is_err());
    }

    #[test]
    fn purposes_have_unrelated_keys() {
        let key = MasterKey([3; 32]);
        assert_ne!(key.derive("cursor"), key.derive("seal"));
        assert_ne!(key.tag("a", "text"), key.tag("b", "text"));
        assert_ne!(key.tag("a", "text"), MasterKey([4; 32]).tag("a", "text"));
    }
}
