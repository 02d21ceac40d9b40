//! Statements on second factors. The secret is sealed; of recovery codes only hashes are here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{UserId, WorkspaceId};

statements! {
    FIND = "SELECT secret, last_step, recovery, confirmed_at FROM second_factors WHERE user_id = $1";
    DELETE = "DELETE FROM second_factors WHERE user_id = $1";
    INSERT = "INSERT INTO second_factors (user_id, workspace_id, secret, last_step, recovery, created_at) VALUES ($1, $2, $3, 0, '[]', $4)";
    CONFIRM = "UPDATE second_factors SET confirmed_at = $2, last_step = $3, recovery = $4 WHERE user_id = $1 AND confirmed_at IS NULL";
    USE_STEP = "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2";
    SET_RECOVERY = "UPDATE second_factors SET recovery = $2 WHERE user_id = $1";
}

/// A second factor, as stored.
#[derive(Debug, Clone, FromRow)]
pub struct Factor {
    /// Sealed.
    pub secret: Vec<u8>,
    /// The last step whose code was used.
    pub last_step: i64,
    /// A JSON array of the hashes of recovery codes, in hexadecimal.
    pub recovery: String,
    /// Since when it is asked for; none: it is being set up.
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl Factor {
    /// The hashes of the recovery codes that are left.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        serde_json::from_str(&self.recovery).unwrap_or_default()
    }
}

/// The second factor of a user, also one that is being set up.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, user: UserId) -> Result<Option<Factor>, StoreError> {
    conn.opt(FIND.bind(user.0)).await
}

/// Takes away a user's second factor.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(user.0)).await?;
    Ok(())
}

/// Stores a second factor that is being set up.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    secret: &[u8],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(INSERT.bind(user.0).bind(workspace.0).bind(secret.to_vec()).bind(now)).await?;
    Ok(())
}

/// Notes that a second factor is set up; false where it was already, or there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn confirm(
    tx: &mut Tx,
    user: UserId,
    now: DateTime<Utc>,
    step: i64,
    codes: &[String],
) -> Result<bool, StoreError> {
    let codes = serde_json::to_string(codes).unwrap_or_else(|_| "[]".into());
    Ok(tx.run(CONFIRM.bind(user.0).bind(now).bind(step).bind(codes)).await? > 0)
}

/// Notes that a step's code was used; false where it, or a later one, was before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn use_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, StoreError> {
    Ok(tx.run(USE_STEP.bind(user.0).bind(step)).await? > 0)
}

/// Stores which recovery codes are left.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_codes(tx: &mut Tx, user: UserId, codes: &[String]) -> Result<(), StoreError> {
    let codes = serde_json::to_string(codes).unwrap_or_else(|_| "[]".into());
    tx.run(SET_RECOVERY.bind(user.0).bind(codes)).await?;
    Ok(())
}
