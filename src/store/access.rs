//! Statements that tell who had access at a moment: what stands now, and what the audit log says has changed since.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use crate::ids::WorkspaceId;

statements! {
    EVERYBODY = "SELECT u.id, u.full_name, u.email, u.standing, r.name AS role, u.role_source, u.role_rule_id, u.protected, u.provisioned, \
                 u.last_login_at, u.created_at FROM users u JOIN roles r ON r.id = u.role_id WHERE u.workspace_id = $1 \
                 AND (u.deleted_at IS NULL OR u.deleted_at > $2) AND u.created_at <= $2 ORDER BY u.created_at, u.id";
    SINCE = "SELECT subject_id, changes FROM audit_log WHERE workspace_id = $1 AND at > $2 AND subject_kind = 'user' ORDER BY seq DESC";
}

/// Somebody who was there at a moment, as they stand now.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct PersonRow {
    pub id: Uuid,
    pub full_name: String,
    pub email: Option<String>,
    pub standing: String,
    /// The role's name.
    pub role: String,
    /// [`RoleSource`](crate::domain::role::RoleSource)
    pub role_source: String,
    pub role_rule_id: Option<Uuid>,
    pub protected: bool,
    pub provisioned: bool,
    pub last_login_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A change of a user since then.
#[derive(Debug, Clone, FromRow)]
pub struct ChangeRow {
    /// Who changed.
    pub subject_id: String,
    /// `{"standing": {"old": …, "new": …}}`, as text.
    pub changes: String,
}

/// Everybody who was there at a moment, oldest first, as they stand now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn everybody(
    conn: &mut Conn,
    workspace: WorkspaceId,
    at: DateTime<Utc>,
) -> Result<Vec<PersonRow>, StoreError> {
    conn.all(EVERYBODY.bind(workspace.0).bind(at)).await
}

/// What has changed of users since a moment, the last change first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn since(conn: &mut Conn, workspace: WorkspaceId, at: DateTime<Utc>) -> Result<Vec<ChangeRow>, StoreError> {
    conn.all(SINCE.bind(workspace.0).bind(at)).await
}
