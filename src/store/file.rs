//! SQLite's file, watched from outside: SQLite goes on writing into a file that was deleted or replaced under it, and
//! everything that it acknowledges then is gone with the process.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// The file as it was when it was opened.
#[derive(Debug, Clone)]
pub struct DatabaseFile {
    path: PathBuf,
    device: u64,
    number: u64,
}

impl DatabaseFile {
    /// Refuses to make an empty database beside the write-ahead log of one that is gone: SQLite would delete the log, and
    /// with it every change that stands nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Unfit`]
    pub fn check_before_opening(path: &Path) -> Result<(), StoreError> {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
        let log = beside(path, "-wal");
        if size(path) > 0 || size(&log) == 0 {
            return Ok(());
        }
        let (path, log) = (path.display(), log.display());
        Err(StoreError::Unfit(format!(
            "{path} is missing or empty, but {log} holds changes that belong to it: put the database file back, or \
             restore both from a backup. Nothing was changed."
        )))
    }

    /// The file that was opened at that path just now.
    ///
    /// # Errors
    /// [`StoreError::ConnectionLost`] where it is gone already.
    pub fn opened(path: PathBuf) -> Result<Self, StoreError> {
        let meta = std::fs::metadata(&path)
            .map_err(|error| StoreError::ConnectionLost(format!("{}: {error}", path.display())))?;
        Ok(Self { device: meta.dev(), number: meta.ino(), path })
    }

    /// Whether the file, and its write-ahead log, are still where they were.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] where not: what is written now would be lost.
    pub fn check(&self) -> Result<(), StoreError> {
        let lost = |path: &Path, why: &str| {
            Err(StoreError::ReadOnly(format!("{} {why} while the bridge runs; put it back or restart", path.display())))
        };
        match std::fs::metadata(&self.path) {
            Ok(meta) if (meta.dev(), meta.ino()) == (self.device, self.number) => {}
            Ok(_) => return lost(&self.path, "was replaced"),
            Err(_) => return lost(&self.path, "was deleted or moved"),
        }
        let log = beside(&self.path, "-wal");
        if log.exists() { Ok(()) } else { lost(&log, "was deleted or moved") }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
