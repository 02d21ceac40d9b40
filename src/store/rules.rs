//! Statements on rules, and on what they are decided from: who is in which group.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::padded;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use crate::domain::rule::Rule;
use crate::domain::team::TeamRole;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, WorkspaceId};

statements! {
    OF_WORKSPACE = "SELECT id, workspace_id, group_id, group_name, role_id, priority, created_at, updated_at FROM rules WHERE workspace_id = $1 \
                    ORDER BY priority DESC, id";
    TEAMS = "SELECT t.rule_id, t.team_id, t.kind FROM rule_teams t JOIN rules r ON r.id = t.rule_id WHERE r.workspace_id = $1";
    INSERT = "INSERT INTO rules (id, workspace_id, group_id, group_name, group_name_key, role_id, priority, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    UPDATE = "UPDATE rules SET role_id = $2, priority = $3, updated_at = $4 WHERE id = $1";
    BIND = "UPDATE rules SET group_id = $3, updated_at = $4 WHERE workspace_id = $1 AND group_name_key = $2 AND group_id IS NULL RETURNING id";
    DROP_TEAMS = "DELETE FROM rule_teams WHERE rule_id = $1";
    DELETE = "DELETE FROM rules WHERE id = $1";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    group_id: Option<Uuid>,
    group_name: String,
    role_id: Option<Uuid>,
    priority: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct TeamRow {
    rule_id: Uuid,
    team_id: Uuid,
    kind: String,
}

/// The rules of a workspace, the one that decides first at the front.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Rule>, StoreError> {
    let rows: Vec<Row> = conn.all(OF_WORKSPACE.bind(workspace.0)).await?;
    let mut teams: HashMap<Uuid, BTreeMap<TeamId, TeamRole>> = HashMap::new();
    if !rows.is_empty() {
        for row in conn.all::<TeamRow>(TEAMS.bind(workspace.0)).await? {
            let role = TeamRole::parse(&row.kind).unwrap_or(TeamRole::Agent);
            teams.entry(row.rule_id).or_default().insert(TeamId(row.team_id), role);
        }
    }
    let rule = |row: Row| Rule {
        id: RuleId(row.id),
        workspace_id: WorkspaceId(row.workspace_id),
        group: row.group_id.map(GroupId),
        group_name: row.group_name,
        role: row.role_id.map(RoleId),
        priority: row.priority,
        teams: teams.remove(&row.id).unwrap_or_default(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(rows.into_iter().map(rule).collect())
}

async fn insert_teams(tx: &mut Tx, rule: &Rule) -> Result<(), StoreError> {
    let row =
        |(team, role): (&TeamId, &TeamRole)| vec![Arg::from(rule.id.0), Arg::from(team.0), Arg::from(role.name())];
    let rows = rule.teams.iter().map(row).collect();
    tx.insert_many("INSERT INTO rule_teams (rule_id, team_id, kind) VALUES ", rows, "").await?;
    Ok(())
}

/// Stores a new rule.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, rule: &Rule) -> Result<(), StoreError> {
    tx.forget();
    let sql = INSERT.bind(rule.id.0).bind(rule.workspace_id.0).bind(rule.group.map(|id| id.0));
    let sql = sql.bind(rule.group_name.as_str()).bind(crate::text::fold(&rule.group_name));
    let sql = sql.bind(rule.role.map(|id| id.0)).bind(rule.priority).bind(rule.created_at).bind(rule.updated_at);
    tx.run(sql).await?;
    insert_teams(tx, rule).await
}

/// Stores what a rule gives now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, rule: &Rule) -> Result<(), StoreError> {
    tx.forget();
    let sql = UPDATE.bind(rule.id.0).bind(rule.role.map(|id| id.0)).bind(rule.priority).bind(rule.updated_at);
    tx.run(sql).await?;
    tx.run(DROP_TEAMS.bind(rule.id.0)).await?;
    insert_teams(tx, rule).await
}

/// Deletes a rule.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: RuleId) -> Result<(), StoreError> {
    tx.forget();
    tx.run(DROP_TEAMS.bind(id.0)).await?;
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}

#[derive(FromRow)]
struct Id {
    id: Uuid,
}

/// Binds the rules that wait for a group of that name to this one; answers which they were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn bind(
    tx: &mut Tx,
    workspace: WorkspaceId,
    name_key: &str,
    group: GroupId,
    at: DateTime<Utc>,
) -> Result<Vec<RuleId>, StoreError> {
    let bound: Vec<Id> = tx.returning(BIND.bind(workspace.0).bind(name_key).bind(group.0).bind(at)).await?;
    tx.forget();
    Ok(bound.into_iter().map(|row| RuleId(row.id)).collect())
}

/// That a user is in a group for which there is a rule, directly or through other groups.
#[derive(Debug, Clone, FromRow)]
pub struct Belonging {
    /// The user.
    pub user_id: Uuid,
    /// The group.
    pub group_id: Uuid,
}

/// Which groups with a rule each of these users is in. `nested`: whether groups are members of groups here.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn belongings(
    conn: &mut Conn,
    workspace: WorkspaceId,
    users: &[Uuid],
    nested: bool,
) -> Result<Vec<Belonging>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql;
    if nested {
        sql = Sql::build(
            "WITH RECURSIVE up (user_id, group_id) AS (SELECT member_id, group_id FROM group_members WHERE member_id IN (",
        );
        sql.push_list(padded(users)).push(
            ") UNION SELECT up.user_id, m.group_id FROM up JOIN group_members m ON m.member_id = up.group_id) \
             SELECT user_id, group_id FROM up WHERE group_id IN (SELECT group_id FROM rules WHERE workspace_id = ",
        );
    } else {
        sql = Sql::build("SELECT member_id AS user_id, group_id FROM group_members WHERE member_id IN (");
        // In a form that no index answers: SQLite would rather look for each of these users in each group with a rule.
        sql.push_list(padded(users)).push(") AND (group_id IN (SELECT group_id FROM rules WHERE workspace_id = ");
    }
    sql.push_bind(workspace.0).push(if nested {
        " AND group_id IS NOT NULL)"
    } else {
        " AND group_id IS NOT NULL)) IS TRUE"
    });
    conn.all(sql).await
}

/// What a rule can change of a user, and what is needed to tell of it.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Holder {
    pub id: Uuid,
    pub role_id: Uuid,
    /// [`RoleSource`](crate::domain::role::RoleSource)
    pub role_source: String,
    pub role_rule_id: Option<Uuid>,
    pub standing: String,
    /// Their displayName, else their userName.
    pub name: String,
}

/// What these users hold, those whom rules reach: neither protected nor deleted.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn holders(conn: &mut Conn, users: &[Uuid]) -> Result<Vec<Holder>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "SELECT id, role_id, role_source, role_rule_id, standing, full_name AS name FROM users WHERE id IN (",
    );
    sql.push_list(padded(users)).push(") AND deleted_at IS NULL AND protected = FALSE");
    conn.all(sql).await
}

/// Gives a role to several users.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn give(
    tx: &mut Tx,
    users: &[Uuid],
    role: RoleId,
    source: &'static str,
    rule: Option<RuleId>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    for chunk in users.chunks(256) {
        let mut sql = Sql::build("UPDATE users SET role_id = ");
        sql.push_bind(role.0).push(", role_source = ").push_bind(source).push(", role_rule_id = ");
        sql.push_bind(rule.map(|id| id.0)).push(", version = version + 1, updated_at = ").push_bind(at);
        sql.push(" WHERE id IN (").push_list(padded(chunk)).push(")");
        tx.run(sql).await?;
    }
    Ok(())
}
