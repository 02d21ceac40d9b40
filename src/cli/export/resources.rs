//! Users and groups as SCIM has them, one a line: what an identity provider sees.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{People, Sink};
use crate::cli::CliError;
use crate::domain::group::{Group, MemberKind};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::mapping;
use crate::scim::schema::{ENTERPRISE_USER, GROUP, USER};
use crate::store::{Conn, transfer};

/// Writes every user and group.
pub async fn write(conn: &mut Conn, workspace: &Workspace, sink: &mut Sink) -> Result<(), CliError> {
    let mut people = People::of(false);
    loop {
        let users = people.page(conn, workspace).await?;
        if users.is_empty() {
            break;
        }
        for user in &users {
            sink.line(&Value::Object(resource(user)))?;
        }
    }
    let mut after = Uuid::nil();
    loop {
        let groups = transfer::groups(conn, workspace.id, after).await?;
        let Some(last) = groups.last() else { return Ok(()) };
        after = last.id.0;
        for group in &groups {
            one(conn, group, sink).await?;
        }
    }
}

fn resource(user: &User) -> Map<String, Value> {
    let mapped = mapping::resource(user);
    let mut schemas = vec![USER];
    schemas.extend(mapped.contains_key(ENTERPRISE_USER).then_some(ENTERPRISE_USER));
    let mut resource = Map::new();
    resource.insert("schemas".into(), json!(schemas));
    resource.insert("id".into(), json!(user.id));
    resource.extend(mapped);
    resource
}

/// A group with its members, who are written as they are read.
async fn one(conn: &mut Conn, group: &Group, sink: &mut Sink) -> Result<(), CliError> {
    let mut resource = Map::new();
    resource.insert("schemas".into(), json!([GROUP]));
    resource.insert("id".into(), json!(group.id));
    resource.extend(mapping::group_resource(group));
    let text = Value::Object(resource).to_string();
    sink.write(text.trim_end_matches('}').as_bytes())?;
    sink.write(b",\"members\":[")?;
    let mut first = true;
    for kind in [MemberKind::User, MemberKind::Group] {
        let mut after = Uuid::nil();
        loop {
            let members = transfer::members(conn, group.id, kind, after).await?;
            let Some(last) = members.last() else { break };
            after = *last;
            for member in members {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                sink.write(format!("{comma}{}", json!({"value": member, "type": kind.name()})).as_bytes())?;
            }
        }
    }
    sink.write(b"]}\n")
}
