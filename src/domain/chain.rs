//! The chain of the audit log: each row's hash covers the row and the hash before it, under a key that the database does
//! not hold.

use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// What the first bytes under every hash say, so that none of them means anything elsewhere.
const PURPOSE: &[u8] = b"aisoule-bridge audit row 1";

const PURPOSE_OF_HEAD: &[u8] = b"aisoule-bridge audit head 1";

/// How long a hash is.
pub const HASH: usize = 32;

/// The key of the chain. Who has the database and not this key can't make a row that fits.
#[derive(Clone)]
pub struct ChainKey([u8; 32]);

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey")
    }
}

/// Everything in a row that its hash covers.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Link<'a> {
    pub workspace: Uuid,
    /// 1 for a workspace's first row, and one more for each further one.
    pub number: i64,
    pub at: DateTime<Utc>,
    pub actor_kind: &'a str,
    pub actor_id: Option<&'a str>,
    pub actor_name: &'a str,
    pub address: Option<&'a str>,
    pub request_id: Uuid,
    pub action: &'a str,
    pub subject_kind: &'a str,
    pub subject_id: &'a str,
    pub subject_name: &'a str,
    /// Byte for byte as it is stored.
    pub changes: &'a str,
}

impl ChainKey {
    /// The key of these bytes, derived from the master key for this purpose alone.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The end of a chain, as the workspace keeps it: the hash of the last row and, behind it, proof that this row was
    /// the last one once. No row holds that proof, so that who cuts rows off can't make the row before them the last.
    #[must_use]
    pub fn head(&self, workspace: Uuid, number: i64, hash: &[u8]) -> Vec<u8> {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.0) else { return hash.to_vec() };
        mac.update(PURPOSE_OF_HEAD);
        mac.update(workspace.as_bytes());
        mac.update(&number.to_be_bytes());
        mac.update(hash);
        [hash, &mac.finalize().into_bytes()].concat()
    }

    /// The hash of a row after the row with the hash `previous`; none before the first one.
    #[must_use]
    pub fn hash(&self, previous: Option<&[u8]>, link: &Link<'_>) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(PURPOSE);
        let mut field = |bytes: Option<&[u8]>| match bytes {
            None => mac.update(&[0]),
            Some(bytes) => {
                mac.update(&[1]);
                mac.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                mac.update(bytes);
            }
        };
        field(previous);
        field(Some(link.workspace.as_bytes()));
        field(Some(&link.number.to_be_bytes()));
        field(Some(&link.at.timestamp_micros().to_be_bytes()));
        field(Some(link.actor_kind.as_bytes()));
        field(link.actor_id.map(str::as_bytes));
        field(Some(link.actor_name.as_bytes()));
        field(link.address.map(str::as_bytes));
        field(Some(link.request_id.as_bytes()));
        for text in [link.action, link.subject_kind, link.subject_id, link.subject_name, link.changes] {
            field(Some(text.as_bytes()));
        }
        mac.finalize().into_bytes().into()
    }
}

/// Where a chain is broken, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Broken {
    /// The row is not as it was written.
    #[error("row {number} ({}) is not as it was written", when(*at))]
    Edited { number: i64, at: DateTime<Utc> },
    /// There is no such row; the one before it is from `after`.
    #[error("row {number}{} is missing", since(*after))]
    Missing { number: i64, after: Option<DateTime<Utc>> },
    /// The row is none that the workspace knows of.
    #[error("row {number} ({}) comes after row {last}, which is the last by the workspace's count", when(*at))]
    Beyond { number: i64, at: DateTime<Utc>, last: i64 },
    /// A row without a number, after such as have one.
    #[error("a row without a number ({}) stands among the others", when(*at))]
    Stray { at: DateTime<Utc> },
    /// The workspace says that the chain ends here, and that is not what the bridge wrote.
    #[error("the workspace says that row {number}{} is the last, and the bridge did not write that", since(*at))]
    Head { number: i64, at: Option<DateTime<Utc>> },
    /// Rows were taken out, and no row tells of it.
    #[error("rows up to number {through} are gone, and no row tells that their time was over")]
    Checkpoint { through: i64 },
}

fn when(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn since(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| format!(" (after {})", when(at))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link<'static> {
        Link {
            workspace: Uuid::from_u128(1),
            number: 7,
            at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            actor_kind: "token",
            actor_id: None,
            actor_name: "okta",
            address: Some("192.0.2.1"),
            request_id: Uuid::from_u128(2),
            action: "user.created",
            subject_kind: "user",
            subject_id: "3",
            subject_name: "Anna",
            changes: "{}",
        }
    }

    #[test]
    fn every_field_counts_and_so_does_where_it_ends() {
        let key = ChainKey::new([1; 32]);
        let (row, before) = (link(), [9_u8; 32]);
        let all = [
            key.hash(None, &row),
            key.hash(Some(&[]), &row),
            key.hash(Some(&before), &row),
            ChainKey::new([2; 32]).hash(Some(&before), &row),
            key.hash(Some(&before), &Link { workspace: Uuid::from_u128(9), ..row }),
            key.hash(Some(&before), &Link { number: 8, ..row }),
            key.hash(Some(&before), &Link { at: row.at + chrono::TimeDelta::microseconds(1), ..row }),
            key.hash(Some(&before), &Link { actor_kind: "client", ..row }),
            key.hash(Some(&before), &Link { actor_id: Some(""), ..row }),
            key.hash(Some(&before), &Link { actor_name: "entra", ..row }),
            key.hash(Some(&before), &Link { address: None, ..row }),
            key.hash(Some(&before), &Link { request_id: Uuid::from_u128(9), ..row }),
            key.hash(Some(&before), &Link { action: "user.create", subject_kind: "duser", ..row }),
            key.hash(Some(&before), &Link { action: "user.deleted", ..row }),
            key.hash(Some(&before), &Link { subject_kind: "group", ..row }),
            key.hash(Some(&before), &Link { subject_id: "4", ..row }),
            key.hash(Some(&before), &Link { subject_name: "Annb", ..row }),
            key.hash(Some(&before), &Link { changes: "{ }", ..row }),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(key.hash(Some(&before), &row), all[2]);
    }
}
