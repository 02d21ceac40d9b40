//! Statements on the links that let somebody in without an account. Only a SHA-256 of each is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::setup_link::{Kind, Provider, SetupLink};
use crate::ids::{ConnectionId, SetupLinkId, TokenId, WorkspaceId};

statements! {
    FIND = "SELECT * FROM setup_links WHERE id = $1";
    LOCK = "SELECT * FROM setup_links WHERE id = $1", for_update;
    FIND_BY_HASH = "SELECT * FROM setup_links WHERE token_hash = $1";
    OF_WORKSPACE = "SELECT * FROM setup_links WHERE workspace_id = $1 AND kind = 'customer' ORDER BY created_at DESC, id DESC LIMIT CAST($2 AS BIGINT) \
                    OFFSET CAST($3 AS BIGINT)";
    COUNT_OF_WORKSPACE = "SELECT count(*) AS n FROM setup_links WHERE workspace_id = $1 AND kind = 'customer'";
    FIRST_RUN_OF = "SELECT * FROM setup_links WHERE workspace_id = $1 AND kind = 'first_run' ORDER BY created_at LIMIT 1";
    UNUSED = "SELECT * FROM setup_links WHERE kind = 'first_run' AND used_at IS NULL";
    DELETE_UNUSED = "DELETE FROM setup_links WHERE kind = 'first_run' AND used_at IS NULL AND created_at < $1";
    INSERT = "INSERT INTO setup_links (id, kind, workspace_id, name, token_hash, hint, created_by, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE setup_links SET workspace_id = $2, provider = $3, connection_id = $4, token_id = $5, used_at = $6, revoked_at = $7, skipped_at = $8, \
              finished_at = $9 WHERE id = $1";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    workspace_id: Option<Uuid>,
    name: String,
    hint: String,
    provider: Option<String>,
    connection_id: Option<Uuid>,
    token_id: Option<Uuid>,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    skipped_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for SetupLink {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind = Kind::parse(&row.kind).ok_or_else(|| StoreError::Corrupt(format!("set-up link {}", row.id)))?;
        Ok(Self {
            id: SetupLinkId(row.id),
            kind,
            workspace: row.workspace_id.map(WorkspaceId),
            name: row.name,
            hint: row.hint,
            provider: row.provider.as_deref().and_then(Provider::parse),
            connection: row.connection_id.map(ConnectionId),
            token: row.token_id.map(TokenId),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
            skipped_at: row.skipped_at,
            finished_at: row.finished_at,
        })
    }
}

/// The link of that id, open or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, id: SetupLinkId) -> Result<Option<SetupLink>, StoreError> {
    conn.opt::<Row>(FIND.bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The link of that id, its row locked until the transaction ends.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lock(tx: &mut Tx, id: SetupLinkId) -> Result<Option<SetupLink>, StoreError> {
    tx.opt::<Row>(LOCK.bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The link with that hash, open or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_hash(conn: &mut Conn, hash: [u8; 32]) -> Result<Option<SetupLink>, StoreError> {
    conn.opt::<Row>(FIND_BY_HASH.bind(hash.to_vec())).await?.map(TryInto::try_into).transpose()
}

/// The links that were made for customers of a workspace, newest first, after so many; and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(
    conn: &mut Conn,
    workspace: WorkspaceId,
    offset: i64,
    most: i64,
) -> Result<(Vec<SetupLink>, i64), StoreError> {
    let rows = conn.all::<Row>(OF_WORKSPACE.bind(workspace.0).bind(most).bind(offset)).await?;
    let links: Result<Vec<SetupLink>, StoreError> = rows.into_iter().map(TryInto::try_into).collect();
    Ok((links?, conn.one::<super::workspaces::Count>(COUNT_OF_WORKSPACE.bind(workspace.0)).await?.n))
}

/// The link with which a workspace began.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn first_run_of(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<SetupLink>, StoreError> {
    conn.opt::<Row>(FIRST_RUN_OF.bind(workspace.0)).await?.map(TryInto::try_into).transpose()
}

/// The link of a first run that nobody used yet.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn unused(conn: &mut Conn) -> Result<Option<SetupLink>, StoreError> {
    conn.opt::<Row>(UNUSED).await?.map(TryInto::try_into).transpose()
}

/// Takes out a link of the first run that was made before a moment and not used. Waits for whoever uses it now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_unused(tx: &mut Tx, before: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(DELETE_UNUSED.bind(before)).await?;
    Ok(())
}

/// Stores a new link. False where it is for a first run and another bridge's link for that is there.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, link: &SetupLink, hash: [u8; 32]) -> Result<bool, StoreError> {
    let l = link;
    let sql = INSERT.bind(l.id.0).bind(l.kind.name()).bind(l.workspace.map(|id| id.0)).bind(l.name.as_str());
    let sql = sql.bind(hash.to_vec()).bind(l.hint.as_str()).bind(l.created_by.as_str());
    Ok(tx.run(sql.bind(l.created_at).bind(l.expires_at)).await? == 1)
}

/// Stores what changed in a link.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, link: &SetupLink) -> Result<(), StoreError> {
    let l = link;
    let sql = UPDATE.bind(l.id.0).bind(l.workspace.map(|id| id.0));
    let sql = sql.bind(l.provider.map(|provider| provider.name().to_owned()));
    let sql = sql.bind(l.connection.map(|id| id.0)).bind(l.token.map(|id| id.0)).bind(l.used_at).bind(l.revoked_at);
    tx.run(sql.bind(l.skipped_at).bind(l.finished_at)).await?;
    Ok(())
}
