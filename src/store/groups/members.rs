//! Statements on memberships: one row each, found from either side.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::GroupRow;
use crate::domain::group::{Group, MemberKind};
use crate::ids::{GroupId, WorkspaceId};
use crate::store::error::StoreError;
use crate::store::sql::{Arg, Conn, Sql, padded, statements};
use crate::store::tx::Tx;

statements! {
    OF_GROUP = "SELECT gm.group_id, gm.member_id, gm.kind, coalesce(u.display_name, g.display_name) AS display FROM group_members gm \
                LEFT JOIN users u ON u.id = gm.member_id LEFT JOIN groups g ON g.id = gm.member_id WHERE gm.group_id = $1 ORDER BY gm.member_id";
    IDS_OF_GROUP = "SELECT member_id AS id, kind FROM group_members WHERE group_id = $1";
    REMOVE_ALL = "DELETE FROM group_members WHERE group_id = $1";
    REMOVE_EVERYWHERE = "DELETE FROM group_members WHERE member_id = $1";
    TOUCH_GROUPS_OF = "UPDATE groups SET member_count = member_count - 1, version = version + 1, updated_at = $2 \
                       WHERE id IN (SELECT group_id FROM group_members WHERE member_id = $1) \
                       RETURNING id, workspace_id, display_name, external_id, member_count, version, created_at, updated_at";
    LEAVE_LAST = "UPDATE users SET version = version + 1, updated_at = $2 \
                  WHERE id IN (SELECT member_id FROM group_members WHERE group_id = $1 AND kind = 'User') \
                  AND NOT EXISTS (SELECT 1 FROM group_members m WHERE m.member_id = users.id AND m.group_id <> $1)";
    COUNT_NESTED_OF = "SELECT count(*) AS n FROM group_members WHERE group_id = $1 AND kind = 'Group'";
    USERS_IN = "WITH RECURSIVE down (id, kind) AS (SELECT member_id, kind FROM group_members WHERE group_id = $1 \
                UNION SELECT m.member_id, m.kind FROM down JOIN group_members m ON m.group_id = down.id WHERE down.kind = 'Group') \
                SELECT id, kind FROM down WHERE kind = 'User' ORDER BY id";
    MEMBERS_PAGE = "SELECT gm.member_id AS id, gm.kind, coalesce(u.full_name, g.display_name, '') AS name, coalesce(u.email, u.user_name) AS email, \
                    u.standing, r.name AS role, u.role_source, u.role_rule_id, CAST(1 AS BIGINT) AS direct FROM group_members gm \
                    LEFT JOIN users u ON u.id = gm.member_id LEFT JOIN roles r ON r.id = u.role_id LEFT JOIN groups g ON g.id = gm.member_id \
                    WHERE gm.group_id = $1 ORDER BY gm.member_id LIMIT CAST($2 AS BIGINT) OFFSET CAST($3 AS BIGINT)";
    PEOPLE_PAGE = "WITH RECURSIVE down (id, kind, direct) AS (SELECT member_id, kind, CAST(1 AS BIGINT) FROM group_members WHERE group_id = $1 \
                   UNION SELECT m.member_id, m.kind, CAST(0 AS BIGINT) FROM down JOIN group_members m ON m.group_id = down.id WHERE down.kind = 'Group'), \
                   page (id, direct) AS (SELECT id, max(direct) FROM down WHERE kind = 'User' GROUP BY id ORDER BY id \
                   LIMIT CAST($2 AS BIGINT) OFFSET CAST($3 AS BIGINT)) \
                   SELECT p.id, 'User' AS kind, u.full_name AS name, coalesce(u.email, u.user_name) AS email, u.standing, r.name AS role, \
                   u.role_source, u.role_rule_id, p.direct FROM page p JOIN users u ON u.id = p.id JOIN roles r ON r.id = u.role_id ORDER BY p.id";
    COUNT_PEOPLE = "WITH RECURSIVE down (id, kind) AS (SELECT member_id, kind FROM group_members WHERE group_id = $1 \
                    UNION SELECT m.member_id, m.kind FROM down JOIN group_members m ON m.group_id = down.id WHERE down.kind = 'Group') \
                    SELECT count(*) AS n FROM down WHERE kind = 'User'";
    EVERYBODY_IN = "WITH RECURSIVE down (id, kind, direct) AS (SELECT member_id, kind, CAST(1 AS BIGINT) FROM group_members WHERE group_id = $1 \
                    UNION SELECT m.member_id, m.kind, CAST(0 AS BIGINT) FROM down JOIN group_members m ON m.group_id = down.id WHERE down.kind = 'Group') \
                    SELECT u.id, coalesce(u.display_name, u.user_name) AS name, coalesce(u.email, u.user_name) AS email, u.standing, max(d.direct) AS direct \
                    FROM down d JOIN users u ON u.id = d.id WHERE d.kind = 'User' \
                    GROUP BY u.id, u.display_name, u.user_name, u.email, u.standing ORDER BY u.id";
}

/// A member of a group, with what people call it.
#[derive(Debug, Clone, FromRow)]
pub struct MemberRow {
    /// The group.
    pub group_id: Uuid,
    /// The user or group that is its member.
    pub member_id: Uuid,
    /// [`MemberKind`]
    pub kind: String,
    /// The member's displayName.
    pub display: Option<String>,
}

/// A user's or group's id, and which of the two it is.
#[derive(Debug, Clone, FromRow)]
pub struct IdRow {
    /// The id.
    pub id: Uuid,
    /// [`MemberKind`]
    pub kind: String,
}

/// A group that a user is in.
#[derive(Debug, Clone, FromRow)]
pub struct BelongsRow {
    /// The user.
    pub user_id: Uuid,
    /// The group.
    pub group_id: Uuid,
    /// Its name.
    pub display_name: String,
    /// 1 where the user is a member themselves, 0 where only by way of another group.
    pub direct: i64,
}

/// Somebody who is in a group.
#[derive(Debug, Clone, FromRow)]
pub struct EverybodyRow {
    /// The user.
    pub id: Uuid,
    /// Their displayName, else their userName.
    pub name: String,
    /// Their address, else their userName.
    pub email: String,
    /// [`Standing`](crate::domain::user::Standing)
    pub standing: String,
    /// 1 where they are a member themselves, 0 where only by way of another group.
    pub direct: i64,
}

/// A member of a group, or somebody who is in it by way of another one, with what they have in AIsoule.
#[derive(Debug, Clone, FromRow)]
pub struct InsideRow {
    /// The user or group.
    pub id: Uuid,
    /// [`MemberKind`]
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// A user's address, else their userName.
    pub email: Option<String>,
    /// A user's [`Standing`](crate::domain::user::Standing).
    pub standing: Option<String>,
    /// The name of a user's role.
    pub role: Option<String>,
    /// Where that is from: [`RoleSource`](crate::domain::role::RoleSource).
    pub role_source: Option<String>,
    /// The rule that gave it.
    pub role_rule_id: Option<Uuid>,
    /// 1 where it is a member itself, 0 where only by way of another group.
    pub direct: i64,
}

/// A page of the members of a group, by id: people and groups.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(conn: &mut Conn, group: GroupId, offset: i64, limit: i64) -> Result<Vec<InsideRow>, StoreError> {
    conn.all(MEMBERS_PAGE.bind(group.0).bind(limit).bind(offset)).await
}

/// A page of everybody in a group, directly or through groups in it, by id, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn people_page(
    conn: &mut Conn,
    group: GroupId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<InsideRow>, i64), StoreError> {
    let total = conn.one::<crate::store::workspaces::Count>(COUNT_PEOPLE.bind(group.0)).await?.n;
    Ok((conn.all(PEOPLE_PAGE.bind(group.0).bind(limit).bind(offset)).await?, total))
}

/// The members of a group, by id; those that are groups are not resolved.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_group(conn: &mut Conn, group: GroupId) -> Result<Vec<MemberRow>, StoreError> {
    conn.all(OF_GROUP.bind(group.0)).await
}

/// The members of several groups, by group and id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_groups(conn: &mut Conn, groups: &[Uuid]) -> Result<Vec<MemberRow>, StoreError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "SELECT gm.group_id, gm.member_id, gm.kind, coalesce(u.display_name, g.display_name) AS display FROM group_members gm \
         LEFT JOIN users u ON u.id = gm.member_id LEFT JOIN groups g ON g.id = gm.member_id WHERE gm.group_id IN (",
    );
    sql.push_list(padded(groups)).push(") ORDER BY gm.group_id, gm.member_id");
    conn.all(sql).await
}

/// Everybody who is in a group, directly or through groups in it, each once and in the order in which they came; cycles
/// end.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn everybody_in(conn: &mut Conn, group: GroupId) -> Result<Vec<EverybodyRow>, StoreError> {
    conn.all(EVERYBODY_IN.bind(group.0)).await
}

/// The groups that users are in, directly or through other groups, by user and group; cycles end.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn belongings(conn: &mut Conn, users: &[Uuid]) -> Result<Vec<BelongsRow>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "WITH RECURSIVE up (user_id, group_id, direct) AS (SELECT member_id, group_id, CAST(1 AS BIGINT) FROM group_members WHERE member_id IN (",
    );
    sql.push_list(padded(users)).push(
        ") UNION SELECT up.user_id, m.group_id, CAST(0 AS BIGINT) FROM up JOIN group_members m ON m.member_id = up.group_id) \
         SELECT up.user_id, up.group_id, g.display_name, max(up.direct) AS direct FROM up JOIN groups g ON g.id = up.group_id \
         GROUP BY up.user_id, up.group_id, g.display_name ORDER BY up.user_id, up.group_id",
    );
    conn.all(sql).await
}

/// Which of these ids are users or groups of the workspace that may be members, and which of the two each is.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn existing(conn: &mut Conn, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<IdRow>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(512) {
        // By the primary key and nothing else: without statistics, right after an import, PostgreSQL would rather walk
        // through the whole workspace, once a chunk.
        let mut sql = Sql::build(
            "WITH u AS MATERIALIZED (SELECT id, workspace_id, deleted_at, protected FROM users WHERE id IN (",
        );
        sql.push_list(padded(chunk)).push(")), g AS MATERIALIZED (SELECT id, workspace_id FROM groups WHERE id IN (");
        sql.push_list(padded(chunk)).push(")) SELECT id, 'User' AS kind FROM u WHERE workspace_id = ");
        sql.push_bind(workspace.0).push(" AND deleted_at IS NULL AND protected = FALSE ");
        sql.push("UNION ALL SELECT id, 'Group' AS kind FROM g WHERE workspace_id = ").push_bind(workspace.0);
        found.extend(conn.all::<IdRow>(sql).await?);
    }
    Ok(found)
}

/// Adds members; answers the ids of those who were none before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn add(
    tx: &mut Tx,
    group: GroupId,
    members: &[(Uuid, MemberKind)],
    at: DateTime<Utc>,
) -> Result<Vec<(Uuid, MemberKind)>, StoreError> {
    let mut added = Vec::new();
    for chunk in members.chunks(256) {
        let mut sql = Sql::build("INSERT INTO group_members (group_id, member_id, kind, added_at) VALUES ");
        // Repeats up to a power of two, as `padded` does: what is there already is passed over.
        let repeats = chunk.len().next_power_of_two() - chunk.len();
        let rows = chunk.iter().chain(chunk.last().into_iter().cycle().take(repeats));
        sql.push_rows(
            rows.map(|(id, kind)| [Arg::from(group.0), Arg::from(*id), Arg::from(kind.name()), Arg::from(at)]),
        );
        sql.push(" ON CONFLICT DO NOTHING RETURNING member_id AS id, kind");
        added.extend(moved(tx.returning(sql).await?));
    }
    Ok(added)
}

/// Removes members; answers those who were one.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn remove(tx: &mut Tx, group: GroupId, ids: &[Uuid]) -> Result<Vec<(Uuid, MemberKind)>, StoreError> {
    let mut removed = Vec::new();
    for chunk in ids.chunks(256) {
        let mut sql = Sql::build("DELETE FROM group_members WHERE group_id = ");
        sql.push_bind(group.0).push(" AND member_id IN (").push_list(padded(chunk));
        sql.push(") RETURNING member_id AS id, kind");
        removed.extend(moved(tx.returning(sql).await?));
    }
    Ok(removed)
}

fn moved(rows: Vec<IdRow>) -> impl Iterator<Item = (Uuid, MemberKind)> {
    rows.into_iter().filter_map(|row| Some((row.id, MemberKind::parse(&row.kind)?)))
}

/// The ids of a group's members.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn ids_of(conn: &mut Conn, group: GroupId) -> Result<Vec<IdRow>, StoreError> {
    conn.all(IDS_OF_GROUP.bind(group.0)).await
}

/// How many of a group's members are groups.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn nested_in(conn: &mut Conn, group: GroupId) -> Result<i64, StoreError> {
    Ok(conn.one::<crate::store::workspaces::Count>(COUNT_NESTED_OF.bind(group.0)).await?.n)
}

/// Empties a group. Whoever is in no group then has a new version: what is shown of them names none any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn remove_all(tx: &mut Tx, group: GroupId, at: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.run(LEAVE_LAST.bind(group.0).bind(at)).await?;
    tx.run(REMOVE_ALL.bind(group.0)).await
}

/// Gives those of these users who are in no group a new version: they were in one, and what is shown of them names none
/// any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch_groupless(tx: &mut Tx, users: &[Uuid], at: DateTime<Utc>) -> Result<(), StoreError> {
    for chunk in users.chunks(256) {
        let mut sql = Sql::build("UPDATE users SET version = version + 1, updated_at = ");
        sql.push_bind(at).push(" WHERE id IN (").push_list(padded(chunk));
        sql.push(") AND NOT EXISTS (SELECT 1 FROM group_members m WHERE m.member_id = users.id)");
        tx.run(sql).await?;
    }
    Ok(())
}

/// Takes a user or group out of every group; answers the groups it was in, by id, as they are without it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn remove_everywhere(tx: &mut Tx, member: Uuid, at: DateTime<Utc>) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<GroupRow> = tx.returning(TOUCH_GROUPS_OF.bind(member).bind(at)).await?;
    if !rows.is_empty() {
        tx.run(REMOVE_EVERYWHERE.bind(member)).await?;
    }
    let mut groups: Vec<Group> = rows.into_iter().map(Into::into).collect();
    groups.sort_unstable_by_key(|group| group.id.0);
    Ok(groups)
}

/// The ids of everybody in a group, directly or through groups in it, each once.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn users_in(conn: &mut Conn, group: GroupId) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<IdRow> = conn.all(USERS_IN.bind(group.0)).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
