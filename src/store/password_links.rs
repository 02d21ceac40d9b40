//! Statements on the links by which somebody sets a password. Only a SHA-256 of each is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::password_link::{PasswordLink, Purpose};
use crate::ids::{UserId, WorkspaceId};

statements! {
    FIND = "SELECT workspace_id, user_id, purpose, expires_at FROM password_links WHERE token_hash = $1";
    INSERT = "INSERT INTO password_links (token_hash, workspace_id, user_id, purpose, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    DELETE_OF_PURPOSE = "DELETE FROM password_links WHERE user_id = $1 AND purpose = $2";
    DELETE_OF_USER = "DELETE FROM password_links WHERE user_id = $1 RETURNING user_id";
    DELETE_OVER = "DELETE FROM password_links WHERE token_hash IN (SELECT token_hash FROM password_links WHERE expires_at <= $1 \
                   ORDER BY expires_at LIMIT CAST($2 AS BIGINT))";
}

#[derive(Debug, FromRow)]
struct Row {
    workspace_id: Uuid,
    user_id: Uuid,
    purpose: String,
    expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
#[allow(dead_code)]
struct Deleted {
    user_id: Uuid,
}

/// The link with that hash, whether or not its time is over.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, token_hash: [u8; 32]) -> Result<Option<PasswordLink>, StoreError> {
    let Some(row) = conn.opt::<Row>(FIND.bind(token_hash.to_vec())).await? else { return Ok(None) };
    let purpose = Purpose::parse(&row.purpose).ok_or_else(|| StoreError::Corrupt("a link's purpose".into()))?;
    Ok(Some(PasswordLink {
        workspace_id: WorkspaceId(row.workspace_id),
        user_id: UserId(row.user_id),
        purpose,
        expires_at: row.expires_at,
    }))
}

/// Stores a new link, and takes out those that its user had for the same purpose.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn replace(
    tx: &mut Tx,
    link: &PasswordLink,
    token_hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.note_belonging();
    tx.run(DELETE_OF_PURPOSE.bind(link.user_id.0).bind(link.purpose.name())).await?;
    let sql = INSERT.bind(token_hash.to_vec()).bind(link.workspace_id.0).bind(link.user_id.0);
    tx.run(sql.bind(link.purpose.name()).bind(now).bind(link.expires_at)).await?;
    Ok(())
}

/// Takes out every link of a user.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.returning_beside::<Deleted>(DELETE_OF_USER.bind(user.0)).await?;
    Ok(())
}

/// Takes out `most` links whose time is over; gives how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_over(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    tx.run(DELETE_OVER.bind(now).bind(most)).await
}
