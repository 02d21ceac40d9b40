//! Statements on groups; their members have a file of their own.

pub mod members;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, Sql, like_contains, statements};
use super::tx::Tx;
use crate::domain::group::{Group, GroupProfile};
use crate::ids::{GroupId, WorkspaceId};

/// What is read of a group, for statements that are put together elsewhere.
pub const COLUMNS: &str =
    "g.id, g.workspace_id, g.display_name, g.external_id, g.member_count, g.version, g.created_at, g.updated_at";
/// Where it is read from: the group is `g`.
pub const FROM: &str = " FROM groups g";

statements! {
    FIND = "SELECT id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at FROM groups WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at FROM groups \
            WHERE workspace_id = $1 ORDER BY display_name_key, id";
    NAMESAKES = "SELECT id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at FROM groups \
                 WHERE workspace_id = $1 AND display_name_key = $2 ORDER BY id LIMIT 100";
    FIND_BY_EXTERNAL_ID = "SELECT id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at FROM groups \
                           WHERE workspace_id = $1 AND external_id = $2";
    INSERT = "INSERT INTO groups (id, workspace_id, display_name, display_name_key, external_id, member_count, version, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    UPDATE = "UPDATE groups SET display_name = $2, display_name_key = $3, external_id = $4, member_count = $5, version = $6, updated_at = $7 WHERE id = $1";
    DELETE = "DELETE FROM groups WHERE id = $1";
}

/// A group as stored.
#[derive(Debug, Clone, FromRow)]
pub struct GroupRow {
    /// See [`Group`] for this and the following.
    pub id: Uuid,
    workspace_id: Uuid,
    display_name: String,
    external_id: Option<String>,
    member_count: i64,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            id: GroupId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            profile: GroupProfile { display_name: row.display_name, external_id: row.external_id },
            members: row.member_count,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The group of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: GroupId) -> Result<Option<Group>, StoreError> {
    Ok(conn.opt::<GroupRow>(FIND.bind(workspace.0).bind(id.0)).await?.map(Into::into))
}

/// Every group of a workspace, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Group>, StoreError> {
    Ok(conn.all::<GroupRow>(LIST.bind(workspace.0)).await?.into_iter().map(Into::into).collect())
}

/// The groups of that name, oldest first, 100 at the most.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn namesakes(conn: &mut Conn, workspace: WorkspaceId, key: &str) -> Result<Vec<Group>, StoreError> {
    Ok(conn.all::<GroupRow>(NAMESAKES.bind(workspace.0).bind(key)).await?.into_iter().map(Into::into).collect())
}

/// The group that an identity provider knows by that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_external_id(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: &str,
) -> Result<Option<Group>, StoreError> {
    Ok(conn.opt::<GroupRow>(FIND_BY_EXTERNAL_ID.bind(workspace.0).bind(id)).await?.map(Into::into))
}

/// Stores a new group.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, group: &Group) -> Result<(), StoreError> {
    let profile = &group.profile;
    let sql = INSERT.bind(group.id.0).bind(group.workspace_id.0).bind(profile.display_name.as_str());
    let sql =
        sql.bind(profile.display_name_key()).bind(profile.external_id.clone()).bind(group.members).bind(group.version);
    tx.run(sql.bind(group.created_at).bind(group.updated_at)).await?;
    Ok(())
}

/// Stores what changed in a group.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, group: &Group) -> Result<(), StoreError> {
    let profile = &group.profile;
    let sql = UPDATE.bind(group.id.0).bind(profile.display_name.as_str()).bind(profile.display_name_key());
    tx.run(sql.bind(profile.external_id.clone()).bind(group.members).bind(group.version).bind(group.updated_at))
        .await?;
    Ok(())
}

/// Deletes a group that has no members left.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: GroupId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}

/// A page of groups by name, those whose name contains `search` in any case, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    search: &str,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Group>, i64), StoreError> {
    let narrow = |sql: &mut Sql| {
        sql.push_bind(workspace.0);
        if !search.is_empty() {
            sql.push(" AND g.display_name_key LIKE ").push_bind(like_contains(&crate::text::fold(search)));
            sql.push(" ESCAPE '\\'");
        }
    };
    let mut count = Sql::build("SELECT count(*) AS n FROM groups g WHERE g.workspace_id = ");
    narrow(&mut count);
    let mut rows = Sql::build("SELECT ");
    rows.push(COLUMNS).push(FROM).push(" WHERE g.workspace_id = ");
    narrow(&mut rows);
    rows.push(" ORDER BY g.display_name_key, g.id LIMIT CAST(").push_bind(limit).push(" AS BIGINT) OFFSET CAST(");
    rows.push_bind(offset).push(" AS BIGINT)");
    let total = conn.one::<super::workspaces::Count>(count).await?.n;
    Ok((conn.all::<GroupRow>(rows).await?.into_iter().map(Into::into).collect(), total))
}
