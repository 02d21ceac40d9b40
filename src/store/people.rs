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
             FROM users u JOIN roles r ON r.id = u.role_id WHERE u.workspace_id = ",
            $rest
        )
    };
}

statements! {
    FIND = select!("$1 AND u.id = $2 AND u.deleted_at IS NULL");
    WAITING = select!("$1 AND u.standing = 'waiting' ORDER BY u.waiting_since, u.id LIMIT CAST($2 AS BIGINT)");
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
    let mut sql = Sql::build(select!(""));
    sql.push_bind(workspace.0).push(" AND u.deleted_at IS NULL AND u.id IN (").push_list(padded(ids));
    sql.push(") ORDER BY u.full_name_key, u.id");
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
    let total = if wanted.is_everybody() {
        conn.one::<Count>(COUNT_ALL.bind(workspace.0)).await?.n
    } else {
        let mut count = Sql::build("SELECT count(*) AS n FROM users u WHERE u.workspace_id = ");
        narrow(&mut count, workspace, wanted, false);
        conn.one::<Count>(count).await?.n
    };
    let mut rows = Sql::build(select!(""));
    narrow(&mut rows, workspace, wanted, total > MANY);
    rows.push(" ORDER BY u.created_at, u.id LIMIT CAST(").push_bind(limit).push(" AS BIGINT) OFFSET CAST(");
    rows.push_bind(offset).push(" AS BIGINT)");
    Ok((conn.all(rows).await?, total))
}

/// From how many on it is quicker to walk through everybody in order than to sort those whom an index finds.
const MANY: i64 = 5_000;

/// ` …` of the condition; where they are `many`, no index finds them by their role.
fn narrow(sql: &mut Sql, workspace: WorkspaceId, wanted: &Wanted, many: bool) {
    sql.push_bind(workspace.0).push(" AND u.deleted_at IS NULL");
    if let Some(search) = &wanted.search {
        let pattern = like_contains(&text::fold(search));
        sql.push(" AND (u.full_name_key LIKE ").push_bind(pattern.as_str());
        sql.push(" ESCAPE '\\' OR u.email_key LIKE ").push_bind(pattern.as_str());
        sql.push(" ESCAPE '\\' OR u.user_name_key LIKE ").push_bind(pattern).push(" ESCAPE '\\')");
    }
    if let Some(role) = wanted.role {
        sql.push(if many { " AND (u.role_id = " } else { " AND u.role_id = " }).push_bind(role.0);
        sql.push(if many { ") IS TRUE" } else { "" });
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
