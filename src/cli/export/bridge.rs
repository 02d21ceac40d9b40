//! A whole workspace, one JSON object a line, in an order in which whatever is named stands before what names it.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{People, Sink};
use crate::cli::CliError;
use crate::cli::import::FORM;
use crate::domain::group::MemberKind;
use crate::domain::role::{Role, RoleSource};
use crate::domain::team::{Team, TeamSource};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::ids::GroupId;
use crate::mapping;
use crate::scim::schema::ENTERPRISE_USER;
use crate::store::{Conn, groups, roles, rules, teams, transfer};

/// Writes everything; the hashes of passwords only where that is wanted.
pub async fn write(conn: &mut Conn, workspace: &Workspace, sink: &mut Sink, secrets: bool) -> Result<(), CliError> {
    sink.line(&json!({
        "kind": "workspace", "form": FORM, "name": workspace.name.as_str(), "plan": workspace.plan,
        "seats": workspace.seats, "seat_policy": workspace.seat_policy.name(),
    }))?;
    let roles = roles::of_workspace(conn, workspace.id).await?;
    for role in roles.iter().filter(|role| !role.is_system || role.is_default) {
        sink.line(&of_role(role))?;
    }
    let teams: Vec<Team> = teams::of_workspace(conn, workspace.id).await?.into_iter().map(|(team, _)| team).collect();
    for team in &teams {
        sink.line(&json!({
            "kind": "team", "name": team.name, "description": team.description, "strategy": team.strategy,
            "active": team.is_active,
        }))?;
    }
    users(conn, workspace, sink, secrets).await?;
    let (mut after, mut all) = (Uuid::nil(), Vec::new());
    loop {
        let page = transfer::groups(conn, workspace.id, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id.0;
        for group in page {
            let (id, profile) = (group.id, group.profile);
            sink.line(&json!({
                "kind": "group", "id": id, "name": profile.display_name, "external_id": profile.external_id,
            }))?;
            all.push(id);
        }
    }
    of_rules(conn, workspace, sink, &roles, &teams).await?;
    for group in all {
        members(conn, group, sink).await?;
    }
    for team in &teams {
        memberships(conn, team, sink).await?;
    }
    Ok(())
}

fn of_role(role: &Role) -> Value {
    if role.is_system {
        return json!({"kind": "role", "name": role.name, "default": role.is_default});
    }
    json!({
        "kind": "role", "name": role.name, "description": role.description, "permissions": role.permissions,
        "default": role.is_default,
    })
}

async fn users(conn: &mut Conn, workspace: &Workspace, sink: &mut Sink, secrets: bool) -> Result<(), CliError> {
    let mut people = People::of(true);
    loop {
        let users = people.page(conn, workspace).await?;
        if users.is_empty() {
            break;
        }
        let mut hashes = HashMap::new();
        if secrets {
            let ids: Vec<Uuid> = users.iter().map(|user| user.id.0).collect();
            let rows = transfer::secrets(conn, &ids).await?;
            hashes.extend(rows.into_iter().map(|row| (row.id, row.password_hash)));
        }
        for user in &users {
            sink.line(&of_user(user, hashes.remove(&user.id.0)))?;
        }
    }
    let mut after = Uuid::nil();
    loop {
        let rows = transfer::reporting(conn, workspace.id, after).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in &rows {
            sink.line(&json!({"kind": "manager", "user": row.id, "manager": row.manager_id}))?;
        }
    }
}

fn of_user(user: &User, password_hash: Option<String>) -> Value {
    let mut resource = mapping::resource(user);
    if let Some(more) = resource.get_mut(ENTERPRISE_USER).and_then(Value::as_object_mut) {
        more.shift_remove("manager");
    }
    let mut line = json!({
        "kind": "user", "id": user.id, "resource": resource, "protected": user.protected,
        "provisioned": user.provisioned, "available": user.is_available, "pins": user.pins,
    });
    if let Some(line) = line.as_object_mut() {
        if user.role_source == RoleSource::Manual {
            line.insert("role".into(), json!(user.role.name));
            line.insert("role_pinned".into(), json!(true));
        }
        line.extend(password_hash.map(|hash| ("password_hash".to_owned(), json!(hash))));
    }
    line
}

async fn of_rules(
    conn: &mut Conn,
    workspace: &Workspace,
    sink: &mut Sink,
    roles: &[Role],
    teams: &[Team],
) -> Result<(), CliError> {
    for rule in rules::of_workspace(conn, workspace.id).await? {
        let group = match rule.group {
            Some(id) => groups::find(conn, workspace.id, id).await?,
            None => None,
        };
        let role = roles.iter().find(|role| Some(role.id) == rule.role).map(|role| role.name.as_str());
        let name = |id| teams.iter().find(|team| team.id == id).map(|team| team.name.as_str());
        let given: Vec<_> = rule.teams.iter().map(|(id, role)| json!({"name": name(*id), "role": role})).collect();
        let group_name = group.as_ref().map_or(&rule.group_name, |group| &group.profile.display_name);
        sink.line(&json!({
            "kind": "rule", "group": group.as_ref().map(|group| group.id), "group_name": group_name, "role": role,
            "priority": rule.priority, "teams": given,
        }))?;
    }
    Ok(())
}

async fn members(conn: &mut Conn, group: GroupId, sink: &mut Sink) -> Result<(), CliError> {
    for kind in [MemberKind::User, MemberKind::Group] {
        let mut after = Uuid::nil();
        loop {
            let members = transfer::members(conn, group, kind, after).await?;
            let Some(last) = members.last() else { break };
            after = *last;
            sink.line(&json!({"kind": "membership", "group": group, "members": members}))?;
        }
    }
    Ok(())
}

async fn memberships(conn: &mut Conn, team: &Team, sink: &mut Sink) -> Result<(), CliError> {
    let mut after = Uuid::nil();
    loop {
        let rows = transfer::memberships(conn, team.id, after).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.user_id;
        for row in &rows {
            let kept_out = row.source() == TeamSource::KeptOut;
            let role = row.role();
            sink.line(&json!({
                "kind": "membership", "team": team.name, "user": row.user_id, "role": role, "kept_out": kept_out,
            }))?;
        }
    }
}
