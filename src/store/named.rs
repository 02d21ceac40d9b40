//! Statements that tell who somebody is, or what a team is called, for pages that name several; and who the protected are.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, Sql, like_literal, padded, statements};
use crate::ids::WorkspaceId;

statements! {
    PROTECTED = "SELECT u.id, u.full_name, u.email, u.user_name, u.standing, r.name AS role, u.password_hash IS NOT NULL AS has_password, \
                 f.confirmed_at IS NOT NULL AS has_factor, u.last_login_at FROM users u JOIN roles r ON r.id = u.role_id \
                 LEFT JOIN second_factors f ON f.user_id = u.id WHERE u.workspace_id = $1 AND u.protected = TRUE AND u.deleted_at IS NULL \
                 ORDER BY u.user_name_key LIMIT CAST($2 AS BIGINT)";
    COUNT_LED = "SELECT count(*) AS n FROM identities i JOIN users u ON u.id = i.user_id WHERE i.connection_id = $1 AND u.deleted_at IS NULL \
                 AND u.email_key LIKE $2 ESCAPE '\\'";
    LED = "SELECT u.id, u.full_name AS name, u.email FROM identities i JOIN users u ON u.id = i.user_id WHERE i.connection_id = $1 \
           AND u.deleted_at IS NULL AND u.email_key LIKE $2 ESCAPE '\\' ORDER BY u.full_name_key, u.id LIMIT CAST($3 AS BIGINT)";
    COUNT_IDENTITIES = "SELECT count(*) AS n FROM identities WHERE connection_id = $1";
}

/// Where the names of things stand.
const THINGS: [&str; 10] = [
    "SELECT id, CASE WHEN full_name = '' THEN user_name ELSE full_name END AS name, email FROM users WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM roles WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM teams WHERE ",
    "SELECT id, display_name AS name, CAST(NULL AS TEXT) AS email FROM groups WHERE ",
    "SELECT id, group_name AS name, CAST(NULL AS TEXT) AS email FROM rules WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM tokens WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM api_keys WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM connections WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM endpoints WHERE ",
    "SELECT id, name, CAST(NULL AS TEXT) AS email FROM reviews WHERE ",
];

/// A protected account: the way in when nothing else opens.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ProtectedRow {
    pub id: Uuid,
    pub full_name: String,
    pub email: Option<String>,
    pub user_name: String,
    pub standing: String,
    pub role: String,
    pub has_password: bool,
    /// Whether a second factor is asked for.
    pub has_factor: bool,
    pub last_login_at: Option<DateTime<Utc>>,
}

/// Somebody with their name and address.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Follower {
    pub id: Uuid,
    pub name: String,
    pub email: Option<String>,
}

/// The protected accounts of a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn protected(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<ProtectedRow>, StoreError> {
    conn.all(PROTECTED.bind(workspace.0).bind(most)).await
}

/// How many people are known by what a connection calls them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn identities(conn: &mut Conn, connection: crate::ids::ConnectionId) -> Result<i64, StoreError> {
    Ok(conn.one::<super::workspaces::Count>(COUNT_IDENTITIES.bind(connection.0)).await?.n)
}

/// How many people with an address in a domain are known by a connection, and the first of them by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn led_by(
    conn: &mut Conn,
    connection: crate::ids::ConnectionId,
    domain: &str,
    most: i64,
) -> Result<(i64, Vec<Follower>), StoreError> {
    let pattern = format!("%@{}", like_literal(domain));
    let total = conn.one::<super::workspaces::Count>(COUNT_LED.bind(connection.0).bind(pattern.as_str())).await?.n;
    Ok((total, conn.all(LED.bind(connection.0).bind(pattern).bind(most)).await?))
}

/// The names of users, deleted ones too, each with the address.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn users(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (String, Option<String>)>, StoreError> {
    let start = "SELECT id, full_name AS name, email FROM users WHERE ";
    let rows = by_id(conn, start, workspace, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, (row.name, row.email))).collect())
}

/// The names of teams.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn teams(conn: &mut Conn, workspace: WorkspaceId, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, StoreError> {
    let start = "SELECT id, name, CAST(NULL AS TEXT) AS email FROM teams WHERE ";
    let rows = by_id(conn, start, workspace, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// What things of a workspace are called, whatever they are: people, roles, teams, groups, rules, tokens, keys, connections,
/// endpoints, reviews. A statement a kind, until all are found.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn things(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, StoreError> {
    let mut found = HashMap::new();
    for start in THINGS {
        let missing: Vec<Uuid> = ids.iter().filter(|id| !found.contains_key(*id)).copied().collect();
        found.extend(by_id(conn, start, workspace, &missing).await?.into_iter().map(|row| (row.id, row.name)));
    }
    Ok(found)
}

async fn by_id(
    conn: &mut Conn,
    start: &'static str,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<Vec<Follower>, StoreError> {
    if ids.is_empty() { Ok(Vec::new()) } else { conn.all(of_ids("", start, workspace, ids)).await }
}

/// By the ids alone: with several of them SQLite would rather walk through the whole workspace.
fn of_ids(before: &'static str, start: &'static str, workspace: WorkspaceId, ids: &[Uuid]) -> Sql {
    let mut sql = Sql::build(before);
    sql.push(start).push("id IN (").push_list(padded(ids)).push(") AND (workspace_id = ");
    sql.push_bind(workspace.0).push(") IS TRUE");
    sql
}

/// The statements of [`things`]; `before` stands before each, for a test that has them explained.
pub fn statements_of(before: &'static str, workspace: WorkspaceId, ids: &[Uuid]) -> impl Iterator<Item = Sql> {
    THINGS.into_iter().map(move |start| of_ids(before, start, workspace, ids))
}
