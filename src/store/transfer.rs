//! Statements that read a whole workspace a page at a time, by id, so that however much there is takes no memory.

use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::groups::members::IdRow;
use super::sql::{Conn, Sql, padded, statements};
use super::teams::Membership;
use super::users::{ALL_COLUMNS, FROM, UserRow};
use crate::domain::group::{Group, MemberKind};
use crate::ids::{GroupId, TeamId, WorkspaceId};

statements! {
    PROTECTED = const_str::concat!("SELECT ", ALL_COLUMNS, FROM, " WHERE u.workspace_id = $1 AND u.protected = TRUE AND u.deleted_at IS NULL \
                AND u.id > $2 ORDER BY u.id LIMIT 500");
    OTHERS = const_str::concat!("SELECT ", ALL_COLUMNS, FROM, " WHERE u.workspace_id = $1 AND u.protected = FALSE AND u.deleted_at IS NULL \
             AND u.id > $2 ORDER BY u.id LIMIT 500");
    REPORTING = "SELECT u.id, u.manager_id FROM users u WHERE u.workspace_id = $1 AND u.protected = FALSE AND u.deleted_at IS NULL AND u.id > $2 \
                 AND u.manager_id IS NOT NULL ORDER BY u.id LIMIT 500";
    GROUPS = "SELECT id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at FROM groups \
              WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT 500";
    MEMBERS = "SELECT member_id AS id, kind FROM group_members WHERE group_id = $1 AND member_id > $2 AND kind = $3 ORDER BY member_id LIMIT 500";
    MEMBERSHIPS = "SELECT team_id, user_id, kind, source FROM team_members WHERE team_id = $1 AND user_id > $2 AND source <> 'rule' \
                   ORDER BY user_id LIMIT 500";
}

/// The users after that id: the protected accounts, or the others.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn users(
    conn: &mut Conn,
    workspace: WorkspaceId,
    protected: bool,
    after: Uuid,
) -> Result<Vec<UserRow>, StoreError> {
    let statement = if protected { PROTECTED } else { OTHERS };
    conn.all(statement.bind(workspace.0).bind(after)).await
}

/// To whom a user reports.
#[derive(Debug, Clone, FromRow)]
pub struct ReportRow {
    /// Who.
    pub id: Uuid,
    /// To whom.
    pub manager_id: Uuid,
}

/// The users after that id who report to somebody.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn reporting(conn: &mut Conn, workspace: WorkspaceId, after: Uuid) -> Result<Vec<ReportRow>, StoreError> {
    conn.all(REPORTING.bind(workspace.0).bind(after)).await
}

/// The groups after that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn groups(conn: &mut Conn, workspace: WorkspaceId, after: Uuid) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<super::groups::GroupRow> = conn.all(GROUPS.bind(workspace.0).bind(after)).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The members of a group after that id, of one kind.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn members(conn: &mut Conn, group: GroupId, kind: MemberKind, after: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<IdRow> = conn.all(MEMBERS.bind(group.0).bind(after).bind(kind.name())).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Those after that id whom a hand put into a team or keeps out of it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn memberships(conn: &mut Conn, team: TeamId, after: Uuid) -> Result<Vec<Membership>, StoreError> {
    conn.all(MEMBERSHIPS.bind(team.0).bind(after)).await
}

/// The hash of somebody's password.
#[derive(Debug, Clone, FromRow)]
pub struct SecretRow {
    /// Whose.
    pub id: Uuid,
    /// The hash.
    pub password_hash: String,
}

/// The hashes of these users' passwords, of those who have one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn secrets(conn: &mut Conn, users: &[Uuid]) -> Result<Vec<SecretRow>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build("SELECT id, password_hash FROM users WHERE password_hash IS NOT NULL AND id IN (");
    sql.push_list(padded(users)).push(")");
    conn.all(sql).await
}
