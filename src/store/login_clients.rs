//! Statements on login clients. Only a SHA-256 of each secret is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::login_client::LoginClient;
use crate::ids::WorkspaceId;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, name, secret_hash, redirect_uris, post_logout_uris, backchannel_logout_uri, created_at, \
             last_used_at, revoked_at FROM login_clients ",
            $rest
        )
    };
}

statements! {
    FIND = select!("WHERE id = $1");
    LIST = select!("WHERE workspace_id = $1 ORDER BY created_at, id");
    INSERT = "INSERT INTO login_clients (id, workspace_id, name, secret_hash, redirect_uris, post_logout_uris, backchannel_logout_uri, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    REVOKE = "UPDATE login_clients SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name";
    TOUCH = "UPDATE login_clients SET last_used_at = $2 WHERE id = $1";
}

#[derive(FromRow)]
struct Row {
    id: String,
    workspace_id: Uuid,
    name: String,
    secret_hash: Vec<u8>,
    redirect_uris: String,
    post_logout_uris: String,
    backchannel_logout_uri: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

/// A client with the SHA-256 of its secret.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The client.
    pub client: LoginClient,
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
}

impl TryFrom<Row> for Kept {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let list = |json: &str| {
            serde_json::from_str(json).map_err(|_| StoreError::Corrupt(format!("client {}: addresses", row.id)))
        };
        let client = LoginClient {
            redirect_uris: list(&row.redirect_uris)?,
            post_logout_uris: list(&row.post_logout_uris)?,
            id: row.id,
            workspace_id: WorkspaceId(row.workspace_id),
            name: row.name,
            backchannel_logout_uri: row.backchannel_logout_uri,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        };
        Ok(Self { client, secret_hash: row.secret_hash })
    }
}

/// The client of that id, revoked or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Kept>, StoreError> {
    conn.opt::<Row>(FIND.bind(id)).await?.map(TryInto::try_into).transpose()
}

/// The clients of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<LoginClient>, StoreError> {
    let rows: Vec<Row> = conn.all(LIST.bind(workspace.0)).await?;
    rows.into_iter().map(|row| Kept::try_from(row).map(|kept| kept.client)).collect()
}

/// Stores a new client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, client: &LoginClient, secret_hash: [u8; 32]) -> Result<(), StoreError> {
    let list = |list: &[String]| serde_json::to_string(list).unwrap_or_else(|_| "[]".into());
    let sql = INSERT.bind(client.id.as_str()).bind(client.workspace_id.0).bind(client.name.as_str());
    let sql = sql.bind(secret_hash.to_vec()).bind(list(&client.redirect_uris)).bind(list(&client.post_logout_uris));
    tx.run(sql.bind(client.backchannel_logout_uri.clone()).bind(client.created_at)).await?;
    Ok(())
}

/// Revokes a client and gives its name; none where there is no such living client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: &str,
    at: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let names: Vec<(String,)> = tx.returning(REVOKE.bind(workspace.0).bind(id).bind(at)).await?;
    Ok(names.into_iter().next().map(|(name,)| name))
}

/// Notes that a client got a token.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch(tx: &mut Tx, id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH.bind(id).bind(at)).await?;
    Ok(())
}
