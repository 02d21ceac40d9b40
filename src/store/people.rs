//! Statements that read users as AIsoule shows them: with what lies over what a provider says.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, Sql, like_contains, padded, statements};
use super::workspaces::Count;
use crate::domain::pins::Pins;
use crate::domain::role::RoleSource;
use crate::domain::user::Standing;
use crate::ids::{RoleId, TeamId, UserId, WorkspaceId};
use crate::text;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.workspace_id, u.user_name, u.email, u.full_name, u.role_id, r.name AS role_name, r.is_system AS role_is_system, u.role_source, \
             u.standing, u.waiting_since, u.is_available, u.protected, u.provisioned, u.pins, u.last_login_at, u.created_at, u.updated_at \
             FROM users u JOIN roles r ON r.id = u.role_id WHERE ",
            $rest
        )
    };
}

statements! {
    FIND = select!("u.workspace_id = $1 AND u.id = $2 AND u.deleted_at IS NULL");
    WAITING = select!("u.workspace_id = $1 AND u.standing = 'waiting' ORDER BY u.waiting_since, u.id LIMIT CAST($2 AS BIGINT)");
    COUNT_ALL = "SELECT users + (SELECT count(*) FROM users u WHERE u.workspace_id = $1 AND u.protected = TRUE AND u.deleted_at IS NULL) AS n \
                 FROM workspaces WHERE id = $1";
    COUNT_WAITING = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND standing = 'waiting'";
}

/// A user, as AIsoule shows them.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs, clippy::struct_excessive_bools)]
pub struct PersonRow {
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub user_name: String,
    pub email: Option<String>,
    pub full_name: String,
    pub role_id: Uuid,
    pub role_name: String,
    pub role_is_system: bool,
    pub role_source: String,
    pub standing: String,
    pub waiting_since: Option<DateTime<Utc>>,
    pub is_available: bool,
    pub protected: bool,
    pub provisioned: bool,
    /// [`Pins`], as JSON.
    pub pins: String,
    pub last_login_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl PersonRow {
    /// What was decided by hand and holds against the provider and the rules.
    #[must_use]
    pub fn pinned(&self) -> Vec<&'static str> {
        let pins: Pins = serde_json::from_str(&self.pins).unwrap_or_default();
        let fields = [
            ("full_name", pins.full_name.is_some()),
            ("email", pins.email.is_some()),
            ("role", self.role_source == RoleSource::Manual.name()),
            ("active", pins.inactive.is_some()),
        ];
        fields.into_iter().filter(|(_, is_pinned)| *is_pinned).map(|(name, _)| name).collect()
    }
}

/// Which users are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What the name, the address or the userName contains, in any case.
    pub search: Option<String>,
    /// Those with this role.
    pub role: Option<RoleId>,
    /// Those in this team.
    pub team: Option<TeamId>,
    /// Those of this standing; inactive are also those who wait.
    pub standing: Option<Standing>,
}

impl Wanted {
    /// Whether nobody is left out.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        self.search.is_none() && self.role.is_none() && self.team.is_none() && self.standing.is_none()
    }
}

/// The user of that id, protected or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: UserId) -> Result<Option<PersonRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(id.0)).await
}

/// Those of these users who are in the workspace, protected or not, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn those(conn: &mut Conn, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<PersonRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(select!("u.id IN ("));
    // By the ids alone, whatever else an index could find.
    sql.push_list(padded(ids)).push(") AND (u.workspace_id = ").push_bind(workspace.0);
    sql.push(") IS TRUE AND u.deleted_at IS NULL ORDER BY substr(u.full_name_key, 1, 200), u.id");
    conn.all(sql).await
}

/// Those who have waited longest for a seat.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn waiting(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<PersonRow>, StoreError> {
    conn.all(WAITING.bind(workspace.0).bind(most)).await
}

/// How many wait for a seat.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn count_waiting(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_WAITING.bind(workspace.0)).await?.n)
}

/// A page of users, oldest first, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> Result<(Vec<PersonRow>, i64), StoreError> {
    let mut count = Sql::build("SELECT count(*) AS n FROM users u WHERE u.workspace_id = ");
    narrow(&mut count, workspace, wanted);
    let total = conn.one::<Count>(count).await?.n;
    let mut rows = Sql::build(select!("u.workspace_id = "));
    narrow(&mut rows, workspace, wanted);
    rows.push(" ORDER BY u.created_at, u.id LIMIT CAST(").push_bind(limit).push(" AS BIGINT) OFFSET CAST(");
    rows.push_bind(offset).push(" AS BIGINT)");
    Ok((conn.all(rows).await?, total))
}

/// Up to how many of those who fit are counted.
pub const COUNTED: i64 = 1_000;

/// A page of people by name.
pub struct Listing {
    /// Who stands on it.
    pub rows: Vec<PersonRow>,
    /// How many fit; [`COUNTED`] and one where there are more.
    pub total: i64,
    /// Whether there is another page.
    pub is_more: bool,
}

#[derive(FromRow)]
struct IdRow {
    id: Uuid,
}

/// A page of users by name. However many there are, it is walked through one narrow index and no further than that is
/// needed.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn listing(
    conn: &mut Conn,
    workspace: WorkspaceId,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> Result<Listing, StoreError> {
    // Who searches has everybody looked at, once: what fits is counted on the way.
    let is_whole = wanted.search.is_some() && offset + limit <= COUNTED;
    let (from, most) = if is_whole { (0, COUNTED + 1) } else { (offset, limit + 1) };
    let found: Vec<IdRow> = conn.all(by_name("", workspace, wanted, (from, most))).await?;
    let known = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let total = if is_whole { known } else { total(conn, workspace, wanted).await? };
    let place = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let after = found.iter().skip(place(offset - from));
    let ids: Vec<Uuid> = after.map(|row| row.id).take(place(limit)).collect();
    let is_more = from + known > offset + limit;
    Ok(Listing { rows: those(conn, workspace, &ids).await?, total, is_more })
}

/// Who fits, by name: from which place on, and how many at the most. `start` stands before it, for a test that has it explained.
#[must_use]
pub fn by_name(start: &'static str, workspace: WorkspaceId, wanted: &Wanted, (from, most): (i64, i64)) -> Sql {
    let mut sql = Sql::build(start);
    sql.push("SELECT u.id FROM users u WHERE u.workspace_id = ");
    narrow(&mut sql, workspace, wanted);
    sql.push(" ORDER BY substr(u.full_name_key, 1, 200), u.id LIMIT CAST(").push_bind(most);
    sql.push(" AS BIGINT) OFFSET CAST(").push_bind(from).push(" AS BIGINT)");
    sql
}

/// How many users fit: all who are kept count of, else no more than are counted.
async fn total(conn: &mut Conn, workspace: WorkspaceId, wanted: &Wanted) -> Result<i64, StoreError> {
    if wanted.is_everybody() {
        return Ok(conn.one::<Count>(COUNT_ALL.bind(workspace.0)).await?.n);
    }
    let mut sql = Sql::build("SELECT count(*) AS n FROM (SELECT 1 AS one FROM users u WHERE u.workspace_id = ");
    narrow(&mut sql, workspace, wanted);
    // The order leads through the index that has everything which is asked for; holders of a role have one of their own.
    sql.push(if wanted.role.is_some() { "" } else { " ORDER BY substr(u.full_name_key, 1, 200), u.id" });
    sql.push(" LIMIT CAST(").push_bind(COUNTED + 1).push(" AS BIGINT)) counted");
    Ok(conn.one::<Count>(sql).await?.n)
}

fn narrow(sql: &mut Sql, workspace: WorkspaceId, wanted: &Wanted) {
    sql.push_bind(workspace.0).push(" AND u.deleted_at IS NULL");
    if let Some(search) = &wanted.search {
        let pattern = like_contains(&text::fold(search));
        sql.push(" AND (u.full_name_key LIKE ").push_bind(pattern.as_str());
        sql.push(" ESCAPE '\\' OR u.email_key LIKE ").push_bind(pattern.as_str());
        sql.push(" ESCAPE '\\' OR u.user_name_key LIKE ").push_bind(pattern).push(" ESCAPE '\\')");
    }
    if let Some(role) = wanted.role {
        sql.push(" AND u.role_id = ").push_bind(role.0);
    }
    match wanted.standing {
        // Who waits for a seat may not work either.
        Some(Standing::Inactive) => {
            sql.push(" AND u.standing <> 'active'");
        }
        Some(standing) => {
            sql.push(" AND u.standing = ").push_bind(standing.name());
        }
        None => {}
    }
    if let Some(team) = wanted.team {
        sql.push(" AND u.id IN (SELECT user_id FROM team_members WHERE source <> 'kept_out' AND team_id = ");
        sql.push_bind(team.0).push(")");
    }
}
