//! Statements on memberships that a login gave: those alone does a later login take away.

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::{ConnectionId, GroupId, UserId};

statements! {
    OF_USER = "SELECT group_id FROM claimed_memberships WHERE user_id = $1 AND connection_id = $2";
    OF_CONNECTION = "SELECT user_id, group_id FROM claimed_memberships WHERE connection_id = $1 ORDER BY group_id, user_id";
    INSERT = "INSERT INTO claimed_memberships (user_id, group_id, connection_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    DELETE = "DELETE FROM claimed_memberships WHERE user_id = $1 AND group_id = $2";
}

#[derive(FromRow)]
struct Row {
    group_id: Uuid,
}

/// The groups in which somebody is because that connection's provider named them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_user(conn: &mut Conn, user: UserId, connection: ConnectionId) -> Result<Vec<GroupId>, StoreError> {
    let rows = conn.all::<Row>(OF_USER.bind(user.0).bind(connection.0)).await?;
    Ok(rows.into_iter().map(|row| GroupId(row.group_id)).collect())
}

#[derive(FromRow)]
struct Pair {
    user_id: Uuid,
    group_id: Uuid,
}

/// Everybody who is in a group because that connection's provider named it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_connection(conn: &mut Conn, connection: ConnectionId) -> Result<Vec<(UserId, GroupId)>, StoreError> {
    let rows = conn.all::<Pair>(OF_CONNECTION.bind(connection.0)).await?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), GroupId(row.group_id))).collect())
}

/// Notes that a login put somebody into a group.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, user: UserId, group: GroupId, connection: ConnectionId) -> Result<(), StoreError> {
    tx.run(INSERT.bind(user.0).bind(group.0).bind(connection.0)).await?;
    Ok(())
}

/// Forgets it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, user: UserId, group: GroupId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(user.0).bind(group.0)).await?;
    Ok(())
}
