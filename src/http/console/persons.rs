//! What several sections say of people: why they have their role, and whom a search finds.

use std::collections::HashMap;

use uuid::Uuid;

use super::frame::Frame;
use crate::domain::role::RoleSource;
use crate::domain::rule::Rule;
use crate::http::browser::Asked;
use crate::ids::WorkspaceId;
use crate::store::people::{self, PersonRow, Wanted};
use crate::store::{Conn, StoreError, rules, workspaces};

/// How many people a search for somebody to add finds at the most.
pub const FOUND: i64 = 10;

/// Why somebody has their role, in a sentence.
#[must_use]
pub fn because(frame: &Frame, source: &str, rule: Option<Uuid>, rules: &[Rule]) -> String {
    match RoleSource::parse(source) {
        Some(RoleSource::Manual) => frame.say("because-manual").into_owned(),
        Some(RoleSource::Rule) => match rules.iter().find(|one| Some(one.id.0) == rule) {
            Some(rule) => {
                let said = frame.fill("because-rule").with("group", rule.group_name.as_str());
                said.with("priority", rule.priority.to_string()).to_string()
            }
            None => frame.say("because-gone").into_owned(),
        },
        Some(RoleSource::Default) | None => frame.say("because-default").into_owned(),
    }
}

/// The people that `search` finds, the first few; nobody where nothing is searched.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn found(asked: &Asked, workspace: WorkspaceId, search: &str) -> Result<Vec<PersonRow>, StoreError> {
    if search.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Wanted { search: Some(search.to_owned()), ..Wanted::default() };
    Ok(people::page(&mut asked.read().await?, workspace, &wanted, 0, FOUND).await?.0)
}

/// The groups with a rule that each of these users is in.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn groups_of(
    conn: &mut Conn,
    workspace: WorkspaceId,
    users: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>, StoreError> {
    let nested = workspaces::find(conn, workspace).await?.is_some_and(|found| found.nested > 0);
    let mut groups: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in rules::belongings(conn, workspace, users, nested).await? {
        groups.entry(row.user_id).or_default().push(row.group_id);
    }
    Ok(groups)
}
