//! Statements on workspaces and their roles.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::role::Role;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::ids::{RoleId, WorkspaceId};

statements! {
    FIND = "SELECT * FROM workspaces WHERE id = $1";
    LOCK = "SELECT * FROM workspaces WHERE id = $1", for_update;
    FIND_BY_NAME = "SELECT * FROM workspaces WHERE name_key = $1";
    LIST = "SELECT * FROM workspaces ORDER BY name_key";
    INSERT = "INSERT INTO workspaces (id, name, name_key, plan, seats, seat_policy, scim_passwords, seats_used, users, groups, nested, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE workspaces SET plan = $2, seats = $3, seat_policy = $4, scim_passwords = $5, seats_used = $6, users = $7, groups = $8, nested = $9 \
              WHERE id = $1";
    INSERT_ROLE = "INSERT INTO roles (id, workspace_id, name, name_key, is_system, is_default) VALUES ($1, $2, $3, $4, $5, $6)";
    ROLES = "SELECT id, name, is_system, is_default FROM roles WHERE workspace_id = $1 ORDER BY id";
    COUNT_SEATS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND standing = 'active' AND deleted_at IS NULL";
    COUNT_USERS = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND deleted_at IS NULL AND protected = FALSE";
    COUNT_GROUPS = "SELECT count(*) AS n FROM groups WHERE workspace_id = $1";
    COUNT_PROTECTED = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND deleted_at IS NULL AND protected = TRUE";
    COUNT_WAITING = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND standing = 'waiting'";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    plan: String,
    seats: Option<i64>,
    seat_policy: String,
    scim_passwords: bool,
    seats_used: i64,
    users: i64,
    groups: i64,
    nested: i64,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for Workspace {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("workspace {}: {what}", row.id));
        Ok(Self {
            id: WorkspaceId(row.id),
            name: WorkspaceName::parse(&row.name).map_err(|_| corrupt("name"))?,
            seat_policy: SeatPolicy::parse(&row.seat_policy).ok_or_else(|| corrupt("seat_policy"))?,
            plan: row.plan,
            seats: row.seats,
            scim_passwords: row.scim_passwords,
            seats_used: row.seats_used,
            users: row.users,
            groups: row.groups,
            nested: row.nested,
            created_at: row.created_at,
        })
    }
}

/// The workspace of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
    conn.opt::<Row>(FIND.bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The workspace of that id, its row locked until the transaction ends.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lock(conn: &mut Conn, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
    conn.opt::<Row>(LOCK.bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The workspace of that name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_name(conn: &mut Conn, name_key: &str) -> Result<Option<Workspace>, StoreError> {
    conn.opt::<Row>(FIND_BY_NAME.bind(name_key)).await?.map(TryInto::try_into).transpose()
}

/// All workspaces, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(conn: &mut Conn) -> Result<Vec<Workspace>, StoreError> {
    conn.all::<Row>(LIST).await?.into_iter().map(TryInto::try_into).collect()
}

/// Stores a new workspace; false where the name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<bool, StoreError> {
    let w = workspace;
    let sql = INSERT.bind(w.id.0).bind(w.name.as_str()).bind(w.name.key()).bind(w.plan.as_str()).bind(w.seats);
    let sql = sql.bind(w.seat_policy.name()).bind(w.scim_passwords).bind(w.seats_used).bind(w.users).bind(w.groups);
    Ok(tx.run(sql.bind(w.nested).bind(w.created_at)).await? == 1)
}

/// Stores what changed in a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, workspace: &Workspace) -> Result<(), StoreError> {
    let w = workspace;
    let sql = UPDATE.bind(w.id.0).bind(w.plan.as_str()).bind(w.seats).bind(w.seat_policy.name()).bind(w.scim_passwords);
    tx.run(sql.bind(w.seats_used).bind(w.users).bind(w.groups).bind(w.nested)).await?;
    Ok(())
}

/// Stores a new role.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_role(tx: &mut Tx, workspace: WorkspaceId, role: &Role) -> Result<(), StoreError> {
    let key = crate::text::fold(&role.name);
    let sql = INSERT_ROLE.bind(role.id.0).bind(workspace.0).bind(role.name.as_str()).bind(key);
    tx.run(sql.bind(role.is_system).bind(role.is_default)).await?;
    Ok(())
}

#[derive(FromRow)]
struct RoleRow {
    id: Uuid,
    name: String,
    is_system: bool,
    is_default: bool,
}

/// The roles of a workspace, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn roles(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Role>, StoreError> {
    let rows: Vec<RoleRow> = conn.all(ROLES.bind(workspace.0)).await?;
    let role = |row: RoleRow| Role {
        id: RoleId(row.id),
        name: row.name,
        is_system: row.is_system,
        is_default: row.is_default,
    };
    Ok(rows.into_iter().map(role).collect())
}

/// One number, as `count(*) AS n` gives it.
#[derive(FromRow)]
pub struct Count {
    /// The number.
    pub n: i64,
}

/// What the counters of a workspace should say, counted row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recount {
    /// Active users.
    pub seats_used: i64,
    /// Users that SCIM sees.
    pub users: i64,
    /// Users that it does not see.
    pub protected: i64,
    /// Groups.
    pub groups: i64,
    /// Users who wait for a seat.
    pub waiting: i64,
}

/// Counts row by row what the counters of a workspace should say.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn recount(conn: &mut Conn, workspace: WorkspaceId) -> Result<Recount, StoreError> {
    let mut count = [0; 5];
    let statements = [COUNT_SEATS, COUNT_USERS, COUNT_PROTECTED, COUNT_GROUPS, COUNT_WAITING];
    for (slot, statement) in count.iter_mut().zip(statements) {
        *slot = conn.one::<Count>(statement.bind(workspace.0)).await?.n;
    }
    let [seats_used, users, protected, groups, waiting] = count;
    Ok(Recount { seats_used, users, protected, groups, waiting })
}
