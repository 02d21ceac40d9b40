//! Statements on sign-ins that went to a provider and are not back, and on logout tokens that were used.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::statements;
use super::tx::Tx;
use crate::ids::{ConnectionId, WorkspaceId};

statements! {
    INSERT = "INSERT INTO login_flows (state_hash, workspace_id, connection_id, connection_version, browser_hash, sealed, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TAKE = "DELETE FROM login_flows WHERE state_hash = $1 AND browser_hash = $2 AND connection_id = $3 \
            RETURNING connection_version, sealed, created_at, expires_at";
    DROP_ALL = "DELETE FROM login_flows WHERE connection_id = $1";
    FORGET = "DELETE FROM login_flows WHERE expires_at < $1";
    USE_TOKEN = "INSERT INTO logout_tokens (connection_id, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FORGET_TOKENS = "DELETE FROM logout_tokens WHERE expires_at < $1";
    DROP_TOKENS = "DELETE FROM logout_tokens WHERE connection_id = $1";
}

/// A sign-in that goes to a provider.
#[derive(Debug, Clone)]
pub struct NewFlow {
    /// SHA-256 of its `state`.
    pub state_hash: [u8; 32],
    /// Where.
    pub workspace: WorkspaceId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// As the connection is now.
    pub connection_version: i64,
    /// SHA-256 of what the browser's cookie holds.
    pub browser_hash: [u8; 32],
    /// Nonce, verifier and where to go afterwards.
    pub sealed: Vec<u8>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// Until when it may come back.
    pub expires_at: DateTime<Utc>,
}

/// A sign-in that came back.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct FlowRow {
    pub connection_version: i64,
    pub sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Stores a sign-in that begins.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, flow: &NewFlow) -> Result<(), StoreError> {
    let sql = INSERT.bind(flow.state_hash.to_vec()).bind(flow.workspace.0).bind(flow.connection.0);
    let sql = sql.bind(flow.connection_version).bind(flow.browser_hash.to_vec()).bind(flow.sealed.clone());
    tx.run(sql.bind(flow.created_at).bind(flow.expires_at)).await?;
    Ok(())
}

/// Takes the sign-in of a state, of the browser that began it: it is there once.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn take(
    tx: &mut Tx,
    state_hash: [u8; 32],
    browser_hash: [u8; 32],
    connection: ConnectionId,
) -> Result<Option<FlowRow>, StoreError> {
    let sql = TAKE.bind(state_hash.to_vec()).bind(browser_hash.to_vec()).bind(connection.0);
    Ok(tx.returning(sql).await?.pop())
}

/// Ends every sign-in that is on its way through a connection, and forgets its logout tokens.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn drop_all(tx: &mut Tx, connection: ConnectionId) -> Result<(), StoreError> {
    tx.run(DROP_ALL.bind(connection.0)).await?;
    Ok(())
}

/// Forgets the logout tokens of a connection.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn drop_tokens(tx: &mut Tx, connection: ConnectionId) -> Result<(), StoreError> {
    tx.run(DROP_TOKENS.bind(connection.0)).await?;
    Ok(())
}

/// Forgets what is too old to matter.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(FORGET.bind(now)).await?;
    tx.run(FORGET_TOKENS.bind(now)).await?;
    Ok(())
}

/// Notes that a logout token was used; false where it had been before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn use_token(
    tx: &mut Tx,
    connection: ConnectionId,
    jti: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(tx.run(USE_TOKEN.bind(connection.0).bind(jti).bind(expires_at)).await? == 1)
}
