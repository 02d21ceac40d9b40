//! Statements on workspaces.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::ids::WorkspaceId;

statements! {
    FIND = "SELECT * FROM workspaces WHERE id = $1";
    LOCK = "SELECT * FROM workspaces WHERE id = $1", for_update;
    FIND_BY_NAME = "SELECT * FROM workspaces WHERE name_key = $1";
    LIST = "SELECT * FROM workspaces ORDER BY name_key";
    FIRST_TWO = "SELECT * FROM workspaces ORDER BY name_key LIMIT 2";
    ANY = "SELECT count(*) AS n FROM (SELECT id FROM workspaces LIMIT 1) AS one";
    INSERT = "INSERT INTO workspaces (id, name, name_key, plan, seats, seat_policy, scim_passwords, seats_used, users, groups, nested, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE workspaces SET plan = $2, seats = $3, seat_policy = $4, scim_passwords = $5, seats_used = $6, users = $7, groups = $8, nested = $9, \
              rules = $10, holds = $11, audit_rows = $12, audit_hash = $13, audit_days = $14, review_reminded_at = $15, sso_enforced = $16 WHERE id = $1";
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
    rules: i64,
    holds: i64,
    audit_rows: i64,
    audit_hash: Option<Vec<u8>>,
    audit_days: Option<i64>,
    review_reminded_at: Option<DateTime<Utc>>,
    sso_enforced: bool,
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
            rules: row.rules,
            holds: row.holds,
            audit_rows: row.audit_rows,
            audit_hash: row.audit_hash,
            audit_days: row.audit_days,
            review_reminded_at: row.review_reminded_at,
            sso_enforced: row.sso_enforced,
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

/// The only workspace; none where there are several, or there is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn only(conn: &mut Conn) -> Result<Option<Workspace>, StoreError> {
    let mut rows = conn.all::<Row>(FIRST_TWO).await?;
    match (rows.pop(), rows.pop()) {
        (Some(only), None) => only.try_into().map(Some),
        _ => Ok(None),
    }
}

/// Whether there is any.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn is_any(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(conn.one::<Count>(ANY).await?.n > 0)
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
    let sql = sql.bind(w.seats_used).bind(w.users).bind(w.groups).bind(w.nested).bind(w.rules).bind(w.holds);
    let sql = sql
        .bind(w.audit_rows)
        .bind(w.audit_hash.clone())
        .bind(w.audit_days)
        .bind(w.review_reminded_at)
        .bind(w.sso_enforced);
    tx.run(sql).await?;
    Ok(())
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
