//! Statements on how often something failed. A key is a hash: no address and no account can be read from it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::throttle::Counter;

statements! {
    ENSURE = "INSERT INTO throttles (key, failures, updated_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING";
    LOCK = "SELECT failures, blocked_until, updated_at FROM throttles WHERE key = $1", for_update;
    FIND = "SELECT failures, blocked_until, updated_at FROM throttles WHERE key = $1";
    SET = "UPDATE throttles SET failures = $2, blocked_until = $3, updated_at = $4 WHERE key = $1";
    RETURN = "UPDATE throttles SET failures = failures - 1, blocked_until = NULL WHERE key = $1 AND failures > 0";
    DELETE = "DELETE FROM throttles WHERE key = $1";
    DELETE_OLD = "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE updated_at < $1 ORDER BY updated_at \
                  LIMIT CAST($2 AS BIGINT))";
}

#[derive(Debug, FromRow)]
struct Row {
    failures: i64,
    blocked_until: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Counter {
    fn from(row: Row) -> Self {
        Self { failures: row.failures, blocked_until: row.blocked_until, updated_at: Some(row.updated_at) }
    }
}

/// What is known of a key.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, key: &str) -> Result<Option<Counter>, StoreError> {
    Ok(conn.opt::<Row>(FIND.bind(key)).await?.map(Counter::from))
}

/// What is known of a key, which nobody else changes until the transaction ends.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lock(tx: &mut Tx, key: &str, now: DateTime<Utc>) -> Result<Counter, StoreError> {
    tx.run(ENSURE.bind(key).bind(now)).await?;
    Ok(tx.opt::<Row>(LOCK.bind(key)).await?.map(Counter::from).unwrap_or_default())
}

/// Stores what is known of a key.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set(tx: &mut Tx, key: &str, counter: &Counter, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(SET.bind(key).bind(counter.failures).bind(counter.blocked_until).bind(now)).await?;
    Ok(())
}

/// Takes back one attempt, which was no failure.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn take_back(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.run(RETURN.bind(key)).await?;
    Ok(())
}

/// Forgets a key.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    tx.run(DELETE.bind(key)).await?;
    Ok(())
}

/// Forgets `most` of what did not change since `before`; gives how many keys that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_old(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    tx.run(DELETE_OLD.bind(before).bind(most)).await
}
