//! The statement that tells how a user of some domain logs in.

use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use crate::ids::WorkspaceId;

statements! {
    FIND = "SELECT w.sso_enforced, d.sso_enforced AS domain_enforced, c.name AS connection, \
            (SELECT o.name FROM connections o WHERE o.workspace_id = w.id AND o.enabled = TRUE ORDER BY o.id LIMIT 1) AS other \
            FROM workspaces w LEFT JOIN domains d ON d.workspace_id = w.id AND d.domain = $2 AND d.proved_at IS NOT NULL \
            LEFT JOIN connections c ON c.id = d.connection_id AND c.enabled = TRUE WHERE w.id = $1";
}

/// How a workspace lets the people of one domain in.
#[derive(Debug, Clone, FromRow)]
pub struct WaysRow {
    /// Whether everybody but the protected signs in through a connection.
    pub sso_enforced: bool,
    /// Whether those of the domain do; none where the workspace has not proved it.
    pub domain_enforced: Option<bool>,
    /// The name of the enabled connection that serves the domain.
    pub connection: Option<String>,
    /// The name of the workspace's oldest enabled connection.
    pub other: Option<String>,
}

/// How a workspace lets the people of a domain in; none where there is no such workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, domain: &str) -> Result<Option<WaysRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(domain)).await
}
