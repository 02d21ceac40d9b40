//! Statements on teams and their members.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::domain::team::{Strategy, Team, TeamRole, TeamSource};
use crate::ids::{TeamId, UserId, WorkspaceId};

statements! {
    OF_WORKSPACE = "SELECT t.*, (SELECT count(*) FROM team_members m WHERE m.team_id = t.id AND m.source <> 'kept_out') AS members FROM teams t \
                    WHERE t.workspace_id = $1 ORDER BY t.name_key, t.id";
    // Members are counted of those alone that stand on the page.
    PAGE = "SELECT t.*, (SELECT count(*) FROM team_members m WHERE m.team_id = t.id AND m.source <> 'kept_out') AS members FROM \
            (SELECT * FROM teams WHERE workspace_id = $1 ORDER BY name_key LIMIT CAST($2 AS BIGINT) OFFSET CAST($3 AS BIGINT)) t ORDER BY t.name_key";
    COUNT_TEAMS = "SELECT count(*) AS n FROM teams WHERE workspace_id = $1";
    NAMES = "SELECT id, name FROM teams WHERE workspace_id = $1 ORDER BY name_key, id";
    FIND = "SELECT t.*, (SELECT count(*) FROM team_members m WHERE m.team_id = t.id AND m.source <> 'kept_out') AS members FROM teams t \
            WHERE t.workspace_id = $1 AND t.id = $2";
    INSERT = "INSERT INTO teams (id, workspace_id, name, name_key, description, strategy, is_active, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    NAMESAKE = "SELECT count(*) AS n FROM teams WHERE workspace_id = $1 AND name_key = $2 AND id <> $3";
    UPDATE = "UPDATE teams SET name = $2, name_key = $3, description = $4, strategy = $5, is_active = $6, updated_at = $7 WHERE id = $1";
    RULES = "SELECT count(*) AS n FROM rule_teams WHERE team_id = $1";
    EMPTY = "DELETE FROM team_members WHERE team_id = $1";
    DELETE = "DELETE FROM teams WHERE id = $1";
    MEMBERS = "SELECT m.team_id, m.user_id, m.kind, m.source, m.added_at, u.full_name AS name, \
               coalesce(u.email, u.user_name) AS email, u.standing = 'active' AS is_active, u.is_available FROM team_members m \
               JOIN users u ON u.id = m.user_id WHERE m.team_id = $1 AND m.source <> 'kept_out' ORDER BY m.user_id";
    MEMBERS_PAGE = "SELECT m.team_id, m.user_id, m.kind, m.source, m.added_at, u.full_name AS name, \
                    coalesce(u.email, u.user_name) AS email, u.standing = 'active' AS is_active, u.is_available FROM team_members m \
                    JOIN users u ON u.id = m.user_id WHERE m.team_id = $1 AND m.source <> 'kept_out' ORDER BY m.user_id \
                    LIMIT CAST($2 AS BIGINT) OFFSET CAST($3 AS BIGINT)";
    KEPT_OUT = "SELECT m.team_id, m.user_id, m.kind, m.source, m.added_at, u.full_name AS name, \
                coalesce(u.email, u.user_name) AS email, u.standing = 'active' AS is_active, u.is_available FROM team_members m \
                JOIN users u ON u.id = m.user_id WHERE m.team_id = $1 AND m.source = 'kept_out' ORDER BY m.user_id LIMIT CAST($2 AS BIGINT)";
    MEMBER = "SELECT team_id, user_id, kind, source FROM team_members WHERE team_id = $1 AND user_id = $2";
    TEAMS_OF = "SELECT m.team_id, m.user_id, m.kind, m.source FROM team_members m WHERE m.user_id = $1 ORDER BY m.team_id";
    PUT = "INSERT INTO team_members (team_id, user_id, kind, source, added_at) VALUES ($1, $2, $3, $4, $5) \
           ON CONFLICT (team_id, user_id) DO UPDATE SET kind = excluded.kind, source = excluded.source";
    REMOVE = "DELETE FROM team_members WHERE team_id = $1 AND user_id = $2";
    LEAVE_ALL = "DELETE FROM team_members WHERE user_id = $1 RETURNING team_id, user_id, kind, source";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    description: String,
    strategy: String,
    is_active: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    members: i64,
}

impl TryFrom<Row> for (Team, i64) {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("team {}: strategy", row.id));
        let team = Team {
            id: TeamId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            strategy: Strategy::parse(&row.strategy).ok_or_else(corrupt)?,
            name: row.name,
            description: row.description,
            is_active: row.is_active,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok((team, row.members))
    }
}

/// A team that a user is in.
#[derive(Debug, Clone, FromRow)]
pub struct BelongsRow {
    /// The user.
    pub user_id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// Its name.
    pub name: String,
    /// [`TeamRole`]
    pub kind: String,
}

/// A membership, or the mark that somebody is kept out.
#[derive(Debug, Clone, FromRow)]
pub struct Membership {
    /// The team.
    pub team_id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// [`TeamRole`]
    pub kind: String,
    /// [`TeamSource`]
    pub source: String,
}

impl Membership {
    /// What they are in the team.
    #[must_use]
    pub fn role(&self) -> TeamRole {
        TeamRole::parse(&self.kind).unwrap_or(TeamRole::Agent)
    }

    /// Why.
    #[must_use]
    pub fn source(&self) -> TeamSource {
        TeamSource::parse(&self.source).unwrap_or(TeamSource::Hand)
    }
}

/// A member of a team, as people see them.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct MemberRow {
    pub team_id: Uuid,
    pub user_id: Uuid,
    /// [`TeamRole`]
    pub kind: String,
    /// [`TeamSource`]
    pub source: String,
    pub added_at: DateTime<Utc>,
    pub name: String,
    pub email: String,
    pub is_active: bool,
    pub is_available: bool,
}

/// A page of the teams of a workspace by name, each with the number of its members, and how many teams there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<(Team, i64)>, i64), StoreError> {
    let total = conn.one::<Count>(COUNT_TEAMS.bind(workspace.0)).await?.n;
    let rows = conn.all::<Row>(PAGE.bind(workspace.0).bind(limit).bind(offset)).await?;
    Ok((rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, total))
}

/// The teams of a workspace by name, each with the number of its members.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<(Team, i64)>, StoreError> {
    conn.all::<Row>(OF_WORKSPACE.bind(workspace.0)).await?.into_iter().map(TryInto::try_into).collect()
}

/// What a team is called.
#[derive(Debug, Clone, FromRow)]
pub struct NameRow {
    /// The team.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// What the teams of a workspace are called, by name. Nobody is counted for it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn names(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<NameRow>, StoreError> {
    conn.all(NAMES.bind(workspace.0)).await
}

/// The team of that id, with the number of its members.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: TeamId) -> Result<Option<(Team, i64)>, StoreError> {
    conn.opt::<Row>(FIND.bind(workspace.0).bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// Stores a new team; false where its name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, team: &Team) -> Result<bool, StoreError> {
    let sql = INSERT.bind(team.id.0).bind(team.workspace_id.0).bind(team.name.as_str());
    let sql = sql.bind(crate::text::fold(&team.name)).bind(team.description.as_str()).bind(team.strategy.name());
    Ok(tx.run(sql.bind(team.is_active).bind(team.created_at).bind(team.updated_at)).await? == 1)
}

/// Stores what changed in a team; false where another one has its name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, team: &Team) -> Result<bool, StoreError> {
    let key = crate::text::fold(&team.name);
    if tx.one::<Count>(NAMESAKE.bind(team.workspace_id.0).bind(key.as_str()).bind(team.id.0)).await?.n > 0 {
        return Ok(false);
    }
    let sql = UPDATE.bind(team.id.0).bind(team.name.as_str()).bind(key).bind(team.description.as_str());
    tx.run(sql.bind(team.strategy.name()).bind(team.is_active).bind(team.updated_at)).await?;
    Ok(true)
}

/// How many rules give a team.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn rules(conn: &mut Conn, id: TeamId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(RULES.bind(id.0)).await?.n)
}

/// Deletes a team with its memberships.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: TeamId) -> Result<(), StoreError> {
    tx.run(EMPTY.bind(id.0)).await?;
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}

/// The members of a team, by id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn members(conn: &mut Conn, id: TeamId) -> Result<Vec<MemberRow>, StoreError> {
    conn.all(MEMBERS.bind(id.0)).await
}

/// A page of the members of a team, by id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn members_page(conn: &mut Conn, id: TeamId, offset: i64, limit: i64) -> Result<Vec<MemberRow>, StoreError> {
    conn.all(MEMBERS_PAGE.bind(id.0).bind(limit).bind(offset)).await
}

/// Those who are kept out of a team by hand although a rule gives it, `most` at the most.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn kept_out(conn: &mut Conn, id: TeamId, most: i64) -> Result<Vec<MemberRow>, StoreError> {
    conn.all(KEPT_OUT.bind(id.0).bind(most)).await
}

/// The membership of one user in one team, or the mark that they are kept out.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn membership(conn: &mut Conn, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError> {
    conn.opt(MEMBER.bind(team.0).bind(user.0)).await
}

/// The memberships of one user, the marks that keep them out included.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<Membership>, StoreError> {
    conn.all(TEAMS_OF.bind(user.0)).await
}

/// The teams that users are in, sorted by user and name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn belongings(conn: &mut Conn, users: &[Uuid]) -> Result<Vec<BelongsRow>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "SELECT m.user_id, m.team_id, t.name, m.kind FROM team_members m JOIN teams t ON t.id = m.team_id \
         WHERE m.source <> 'kept_out' AND m.user_id IN (",
    );
    sql.push_list(super::sql::padded(users)).push(") ORDER BY m.user_id, t.name_key, m.team_id");
    conn.all(sql).await
}

/// The memberships of several users, the marks that keep them out included.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_users(conn: &mut Conn, users: &[Uuid]) -> Result<Vec<Membership>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build("SELECT team_id, user_id, kind, source FROM team_members WHERE user_id IN (");
    sql.push_list(super::sql::padded(users)).push(") ORDER BY user_id, team_id");
    conn.all(sql).await
}

/// Stores a membership, or that somebody is kept out.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn put(
    tx: &mut Tx,
    team: TeamId,
    user: UserId,
    role: TeamRole,
    source: TeamSource,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(PUT.bind(team.0).bind(user.0).bind(role.name()).bind(source.name()).bind(at)).await?;
    Ok(())
}

/// Stores memberships that rules give.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn put_many(tx: &mut Tx, rows: &[(TeamId, Uuid, TeamRole)], at: DateTime<Utc>) -> Result<(), StoreError> {
    let row = |(team, user, role): &(TeamId, Uuid, TeamRole)| {
        let (kind, source) = (role.name(), TeamSource::Rule.name());
        vec![Arg::from(team.0), Arg::from(*user), Arg::from(kind), Arg::from(source), Arg::from(at)]
    };
    let start = "INSERT INTO team_members (team_id, user_id, kind, source, added_at) VALUES ";
    let end = " ON CONFLICT (team_id, user_id) DO UPDATE SET kind = excluded.kind, source = excluded.source";
    tx.insert_many(start, rows.iter().map(row).collect(), end).await?;
    Ok(())
}

/// Ends a membership, or the mark that somebody is kept out.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn remove(tx: &mut Tx, team: TeamId, user: UserId) -> Result<(), StoreError> {
    tx.run(REMOVE.bind(team.0).bind(user.0)).await?;
    Ok(())
}

/// Ends the memberships of several users in one team.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn remove_many(tx: &mut Tx, team: TeamId, users: &[Uuid]) -> Result<(), StoreError> {
    for chunk in users.chunks(256) {
        let mut sql = Sql::build("DELETE FROM team_members WHERE team_id = ");
        sql.push_bind(team.0).push(" AND user_id IN (").push_list(super::sql::padded(chunk)).push(")");
        tx.run(sql).await?;
    }
    Ok(())
}

/// Takes a user out of every team; answers which those were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn leave_all(tx: &mut Tx, user: UserId) -> Result<BTreeSet<TeamId>, StoreError> {
    let left: Vec<Membership> = tx.returning_beside(LEAVE_ALL.bind(user.0)).await?;
    Ok(left.iter().filter(|row| row.source() != TeamSource::KeptOut).map(|row| TeamId(row.team_id)).collect())
}
