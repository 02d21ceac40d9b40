//! The people of a workspace as an operator sees them: the protected ones too.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ids::WorkspaceId;
use crate::store::StoreError;
use crate::store::groups::members::belongings;
use crate::store::sql::{Conn, FromRow, Sql};

/// One person in a list.
#[derive(Debug, Clone)]
pub struct Person {
    /// What to call them.
    pub label: String,
    /// Where they are reached, or what they log in with.
    pub email: String,
    /// Active, inactive or waiting.
    pub standing: String,
    /// Their role's name.
    pub role: String,
    /// The names of their groups.
    pub groups: Vec<String>,
    protected: bool,
}

impl Person {
    /// Who can see them.
    #[must_use]
    pub const fn origin(&self) -> &'static str {
        if self.protected { "nobody outside" } else { "providers" }
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    label: String,
    email: String,
    standing: String,
    role: String,
    protected: bool,
}

/// Everybody, in the order in which they came; 1,000 at the most.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn all(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Person>, StoreError> {
    let mut sql = Sql::build(
        "SELECT u.id, coalesce(u.display_name, u.user_name) AS label, coalesce(u.email, u.user_name) AS email, u.standing, r.name AS role, \
         u.protected FROM users u JOIN roles r ON r.id = u.role_id WHERE u.deleted_at IS NULL AND u.workspace_id = ",
    );
    sql.push_bind(workspace.0).push(" ORDER BY u.id LIMIT 1000");
    let rows: Vec<Row> = conn.all(sql).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut groups: HashMap<Uuid, Vec<String>> = HashMap::new();
    for belongs in belongings(conn, &ids).await? {
        groups.entry(belongs.user_id).or_default().push(belongs.display_name);
    }
    let person = |row: Row| Person {
        groups: groups.remove(&row.id).unwrap_or_default(),
        label: row.label,
        email: row.email,
        standing: row.standing,
        role: row.role,
        protected: row.protected,
    };
    Ok(rows.into_iter().map(person).collect())
}
