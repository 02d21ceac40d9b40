//! Statements on the keys that sign tokens: sealed, published before they sign and for a while after.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;

statements! {
    KEYS = "SELECT id, private_key, created_at, signs_from, retired_at FROM signing_keys ORDER BY created_at DESC, id DESC";
    INSERT_KEY = "INSERT INTO signing_keys (id, private_key, created_at, signs_from) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    RETIRE = "UPDATE signing_keys SET retired_at = $2 WHERE id <> $1 AND (retired_at IS NULL OR retired_at > $2)";
    FORGET_KEYS = "DELETE FROM signing_keys WHERE retired_at <= $1";
}

/// A key that signs tokens.
#[derive(Debug, Clone, FromRow)]
pub struct KeyRow {
    /// Its `kid`.
    pub id: String,
    /// PKCS#8, sealed under the master key.
    pub private_key: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it signs; none: since it was made.
    pub signs_from: Option<DateTime<Utc>>,
    /// Until when it is published, once another signs.
    pub retired_at: Option<DateTime<Utc>>,
}

/// The keys, newest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn all(conn: &mut Conn) -> Result<Vec<KeyRow>, StoreError> {
    conn.all(KEYS).await
}

/// Stores a new key; false where there is one of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, key: &KeyRow) -> Result<bool, StoreError> {
    let sql = INSERT_KEY.bind(key.id.as_str()).bind(key.private_key.clone()).bind(key.created_at).bind(key.signs_from);
    Ok(tx.run(sql).await? == 1)
}

/// Lets every key but one be published no longer than until then.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn retire_others(tx: &mut Tx, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(RETIRE.bind(id).bind(at)).await?;
    Ok(())
}

/// Deletes the keys whose time is over; gives how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.run(FORGET_KEYS.bind(now)).await
}
