//! Statements on connections to the providers through which people sign in. Their secrets are here sealed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::connection::{AuthMethod, Connection, Kind};
use crate::ids::{ConnectionId, RoleId, WorkspaceId};
use crate::text;

statements! {
    FIND = "SELECT * FROM connections WHERE id = $1";
    OF_WORKSPACE = "SELECT * FROM connections WHERE workspace_id = $1 ORDER BY name_key";
    INSERT = "INSERT INTO connections (id, workspace_id, name, name_key, kind, issuer, endpoints, client_id, auth_method, secret, scopes, \
              groups_claim, roles_claim, trusts_email, jit, default_role_id, enabled, version, created_at, updated_at, key_id) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT DO NOTHING";
    NAMESAKE = "SELECT count(*) AS n FROM connections WHERE workspace_id = $1 AND name_key = $2 AND id <> $3";
    UPDATE = "UPDATE connections SET name = $2, name_key = $3, kind = $4, issuer = $5, endpoints = $6, client_id = $7, auth_method = $8, \
              scopes = $9, groups_claim = $10, roles_claim = $11, trusts_email = $12, jit = $13, default_role_id = $14, enabled = $15, \
              admin_came_in_at = $16, version = $17, updated_at = $18, key_id = $19 WHERE id = $1";
    SET_SECRET = "UPDATE connections SET secret = $2 WHERE id = $1";
    LET_ADMIN_IN = "UPDATE connections SET admin_came_in_at = $2 WHERE id = $1 AND admin_came_in_at IS NULL";
    DELETE = "DELETE FROM connections WHERE id = $1";
}

#[derive(FromRow)]
#[allow(clippy::struct_excessive_bools)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    kind: String,
    issuer: String,
    endpoints: String,
    client_id: String,
    auth_method: String,
    secret: Option<Vec<u8>>,
    scopes: String,
    groups_claim: Option<String>,
    roles_claim: Option<String>,
    key_id: Option<String>,
    trusts_email: bool,
    jit: bool,
    default_role_id: Option<Uuid>,
    enabled: bool,
    admin_came_in_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A connection with its sealed secret.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The connection.
    pub connection: Connection,
    /// Its secret or private key, sealed for the place [`place`].
    pub secret: Option<Vec<u8>>,
}

/// The place for which the secret of a connection is sealed.
#[must_use]
pub fn place(id: ConnectionId) -> String {
    format!("connection {id}")
}

impl TryFrom<Row> for Kept {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("connection {}: {what}", row.id));
        let connection = Connection {
            id: ConnectionId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            kind: Kind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            endpoints: serde_json::from_str(&row.endpoints).map_err(|_| corrupt("endpoints"))?,
            auth_method: AuthMethod::parse(&row.auth_method).ok_or_else(|| corrupt("auth_method"))?,
            scopes: serde_json::from_str(&row.scopes).map_err(|_| corrupt("scopes"))?,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            has_secret: row.secret.is_some(),
            groups_claim: row.groups_claim,
            roles_claim: row.roles_claim,
            key_id: row.key_id,
            trusts_email: row.trusts_email,
            jit: row.jit,
            default_role: row.default_role_id.map(RoleId),
            enabled: row.enabled,
            admin_came_in_at: row.admin_came_in_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Self { connection, secret: row.secret })
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Statement(error.to_string()))
}

/// The connection of that id, of whichever workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, id: ConnectionId) -> Result<Option<Kept>, StoreError> {
    conn.opt::<Row>(FIND.bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The connections of a workspace, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Connection>, StoreError> {
    let rows = conn.all::<Row>(OF_WORKSPACE.bind(workspace.0)).await?;
    rows.into_iter().map(|row| Kept::try_from(row).map(|kept| kept.connection)).collect()
}

/// Stores a new connection; false where the name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, connection: &Connection, secret: Option<Vec<u8>>) -> Result<bool, StoreError> {
    let c = connection;
    let sql = INSERT.bind(c.id.0).bind(c.workspace_id.0).bind(c.name.as_str()).bind(text::fold(&c.name));
    let sql = sql.bind(c.kind.name()).bind(c.issuer.as_str()).bind(json(&c.endpoints)?).bind(c.client_id.as_str());
    let sql = sql.bind(c.auth_method.name()).bind(secret).bind(json(&c.scopes)?).bind(c.groups_claim.clone());
    let sql = sql.bind(c.roles_claim.clone()).bind(c.trusts_email).bind(c.jit).bind(c.default_role.map(|id| id.0));
    let sql = sql.bind(c.enabled).bind(c.version).bind(c.created_at).bind(c.updated_at);
    Ok(tx.run(sql.bind(c.key_id.clone())).await? == 1)
}

/// Stores what changed in a connection, but its secret; false where the name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, connection: &Connection) -> Result<bool, StoreError> {
    let (c, key) = (connection, text::fold(&connection.name));
    let namesake = NAMESAKE.bind(c.workspace_id.0).bind(key.as_str()).bind(c.id.0);
    if tx.one::<super::workspaces::Count>(namesake).await?.n > 0 {
        return Ok(false);
    }
    let sql = UPDATE.bind(c.id.0).bind(c.name.as_str()).bind(key).bind(c.kind.name()).bind(c.issuer.as_str());
    let sql = sql.bind(json(&c.endpoints)?).bind(c.client_id.as_str()).bind(c.auth_method.name());
    let sql = sql.bind(json(&c.scopes)?).bind(c.groups_claim.clone()).bind(c.roles_claim.clone());
    let sql = sql.bind(c.trusts_email).bind(c.jit).bind(c.default_role.map(|id| id.0)).bind(c.enabled);
    tx.run(sql.bind(c.admin_came_in_at).bind(c.version).bind(c.updated_at).bind(c.key_id.clone())).await?;
    Ok(true)
}

/// Stores another secret.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_secret(tx: &mut Tx, id: ConnectionId, secret: Option<Vec<u8>>) -> Result<(), StoreError> {
    tx.run(SET_SECRET.bind(id.0).bind(secret)).await?;
    Ok(())
}

/// Notes that an Admin came in through a connection; false where one had before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn let_admin_in(tx: &mut Tx, id: ConnectionId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.run(LET_ADMIN_IN.bind(id.0).bind(at)).await? == 1)
}

/// Deletes a connection, to which nothing points any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: ConnectionId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}
