//! Statements on roles.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::domain::permission::Permissions;
use crate::domain::role::{self, Role};
use crate::ids::{RoleId, WorkspaceId};

statements! {
    OF_WORKSPACE = "SELECT id, name, description, is_system, is_default, permissions FROM roles WHERE workspace_id = $1 ORDER BY id";
    FIND = "SELECT id, name, description, is_system, is_default, permissions FROM roles WHERE workspace_id = $1 AND id = $2";
    INSERT = "INSERT INTO roles (id, workspace_id, name, name_key, description, is_system, is_default, permissions) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE roles SET name = $3, name_key = $4, description = $5, is_default = $6, permissions = $7 WHERE workspace_id = $1 AND id = $2";
    NAMESAKE = "SELECT count(*) AS n FROM roles WHERE workspace_id = $1 AND name_key = $2 AND id <> $3";
    DELETE = "DELETE FROM roles WHERE workspace_id = $1 AND id = $2";
    // Everybody who ever had it: the history of those who were deleted names it still.
    HOLDERS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2";
    LIVING_HOLDERS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role_id = $2 AND deleted_at IS NULL";
    MOVE_DELETED = "UPDATE users SET role_id = $3 WHERE workspace_id = $1 AND role_id = $2 AND deleted_at IS NOT NULL";
    RULES = "SELECT count(*) AS n FROM rules WHERE role_id = $1";
    COUNT_ACTIVE = "SELECT role_id AS id, count(*) AS n FROM users WHERE role_id IN (SELECT id FROM roles WHERE workspace_id = $1) \
                    AND workspace_id = $1 AND standing = 'active' GROUP BY role_id";
    COUNT_ACTIVE_OF = "SELECT count(*) AS n FROM users WHERE role_id = $2 AND workspace_id = $1 AND standing = 'active'";
    DEFAULTED = "SELECT id FROM users WHERE role_id = $2 AND workspace_id = $1 AND role_source = 'default' AND deleted_at IS NULL";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    description: String,
    is_system: bool,
    is_default: bool,
    permissions: String,
}

impl From<Row> for Role {
    fn from(row: Row) -> Self {
        let permissions = if row.is_system {
            role::built_in_permissions(&row.name)
        } else {
            // What the catalogue no longer has allows nothing.
            Permissions::known(serde_json::from_str::<Vec<String>>(&row.permissions).unwrap_or_default())
        };
        let description =
            if row.is_system { role::built_in_description(&row.name).to_owned() } else { row.description };
        let (is_system, is_default) = (row.is_system, row.is_default);
        Self { id: RoleId(row.id), name: row.name, description, is_system, is_default, permissions }
    }
}

fn permissions(role: &Role) -> String {
    serde_json::to_string(&role.permissions).unwrap_or_else(|_| "[]".into())
}

/// The roles of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Role>, StoreError> {
    let rows: Vec<Row> = conn.all(OF_WORKSPACE.bind(workspace.0)).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The role of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: RoleId) -> Result<Option<Role>, StoreError> {
    Ok(conn.opt::<Row>(FIND.bind(workspace.0).bind(id.0)).await?.map(Into::into))
}

/// Stores a new role; false where its name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, role: &Role) -> Result<bool, StoreError> {
    let sql = INSERT.bind(role.id.0).bind(workspace.0).bind(role.name.as_str()).bind(crate::text::fold(&role.name));
    let sql = sql.bind(role.description.as_str()).bind(role.is_system).bind(role.is_default).bind(permissions(role));
    tx.forget();
    Ok(tx.run(sql).await? == 1)
}

/// Stores what changed in a role; false where another one has its name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, role: &Role) -> Result<bool, StoreError> {
    let key = crate::text::fold(&role.name);
    if tx.one::<Count>(NAMESAKE.bind(workspace.0).bind(key.as_str()).bind(role.id.0)).await?.n > 0 {
        return Ok(false);
    }
    let sql = UPDATE.bind(workspace.0).bind(role.id.0).bind(role.name.as_str()).bind(key);
    tx.forget();
    tx.run(sql.bind(role.description.as_str()).bind(role.is_default).bind(permissions(role))).await?;
    Ok(true)
}

/// How many users hold a role, the deleted aside, and how many rules give it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn uses(conn: &mut Conn, workspace: WorkspaceId, id: RoleId) -> Result<(i64, i64), StoreError> {
    let users = conn.one::<Count>(LIVING_HOLDERS.bind(workspace.0).bind(id.0)).await?.n;
    Ok((users, conn.one::<Count>(RULES.bind(id.0)).await?.n))
}

/// Deletes a role that nobody has; those who had it when they were deleted are left with `instead`.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: RoleId, instead: RoleId) -> Result<(), StoreError> {
    tx.forget();
    if tx.one::<Count>(HOLDERS.bind(workspace.0).bind(id.0)).await?.n > 0 {
        tx.run(MOVE_DELETED.bind(workspace.0).bind(id.0).bind(instead.0)).await?;
    }
    tx.run(DELETE.bind(workspace.0).bind(id.0)).await?;
    Ok(())
}

#[derive(FromRow)]
struct Id {
    id: Uuid,
}

/// Those who have a role because it is, or was, the default.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn defaulted(conn: &mut Conn, workspace: WorkspaceId, role: RoleId) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<Id> = conn.all(DEFAULTED.bind(workspace.0).bind(role.0)).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(FromRow)]
struct Holding {
    id: Uuid,
    n: i64,
}

/// How many active people have each role of a workspace; a role that nobody has is not among them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn active_holders(conn: &mut Conn, workspace: WorkspaceId) -> Result<HashMap<RoleId, i64>, StoreError> {
    let rows: Vec<Holding> = conn.all(COUNT_ACTIVE.bind(workspace.0)).await?;
    Ok(rows.into_iter().map(|row| (RoleId(row.id), row.n)).collect())
}

/// How many active people have a role.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn active_holders_of(conn: &mut Conn, workspace: WorkspaceId, role: RoleId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_ACTIVE_OF.bind(workspace.0).bind(role.0)).await?.n)
}
