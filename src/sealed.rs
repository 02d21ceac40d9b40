//! Secrets at rest and keys for signing, all from the one master key.

use std::io::Write;
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
    /// What is to be opened was sealed under another key, or altered.
    #[error("a secret in the database was sealed under another master key (BRIDGE_MASTER_KEY)")]
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
    /// The key of the settings, else the one in the file beside the database, which is made where there is none.
    ///
    /// # Errors
    /// [`KeyError::File`] where the file can't be read, made, or holds something else.
    pub fn load(settings: &Settings) -> Result<Self, KeyError> {
        if let Some(key) = &settings.master_key {
            let decoded = STANDARD.decode(key.reveal()).ok().and_then(|key| key.try_into().ok());
            return decoded.map(Self).ok_or(KeyError::Foreign);
        }
        let path = sqlite_file(settings.database_url.reveal())
            .map_or_else(|| PathBuf::from("data/bridge.key"), |file| file.with_extension("key"));
        let failed = |error: std::io::Error| KeyError::File { path: path.clone(), problem: error.to_string() };
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self(random()?);
                match write_private(&path, &STANDARD.encode(key.0)) {
                    // Another bridge was quicker: its key is the one.
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Self::parse(&path, &std::fs::read_to_string(&path).map_err(failed)?)
                    }
                    written => written.map(|()| key).map_err(failed),
                }
            }
            Err(error) => Err(failed(error)),
        }
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

/// Writes a new file that its owner alone can read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
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
    }
}
