//! `/Groups` (RFC 7644 §3.3 to §3.6).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Reply};
use super::users::sets_to_null;
use super::{map, render, search};
use crate::command::groups::{Condition, CreateGroup, DeleteGroup, Edit, EditGroup};
use crate::domain::group::{Group, MemberEdit, MemberKind};
use crate::ids::GroupId;
use crate::scim;
use crate::scim::error::ScimError;
use crate::scim::filter::{Filter, evaluate};
use crate::scim::patch::{self, Patch};
use crate::scim::projection::Projection;
use crate::scim::resource::{Context, normalise};
use crate::scim::schema::ResourceType;
use crate::store::groups as store;

const KIND: ResourceType = ResourceType::Group;

/// `GET /Groups`
pub async fn list(call: Call) -> Answer {
    let request = scim::list::SearchRequest::from_query(KIND, &call.query, call.profile())?;
    search::page(&call, KIND, &request).await
}

/// `POST /Groups/.search` (RFC 7644 §3.4.3)
pub async fn search(call: Call) -> Answer {
    let request = scim::list::SearchRequest::from_body(KIND, &call.json()?, call.profile())?;
    search::page(&call, KIND, &request).await
}

/// `POST /Groups`
pub async fn create(call: Call) -> Answer {
    let body = call.json()?;
    create_as(&call, GroupId::fresh(), body).await
}

/// `POST /Groups`, with the id that the group gets.
pub async fn create_as(call: &Call, id: GroupId, body: Value) -> Answer {
    let projection = call.projection(KIND)?;
    let (profile, members) = map::group(normalise(KIND, body, Context::Create, call.profile())?)?;
    let command = CreateGroup { workspace: call.workspace(), id, profile, members };
    let group = call.commands().execute(&call.actor, command).await?;
    shown(call, &group, &projection, StatusCode::CREATED, true).await
}

/// `GET /Groups/{id}`
pub async fn read(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let id = id(&call)?;
    let mut conn = call.app.store.read().await?;
    let group = store::find(&mut conn, call.workspace(), id).await?.ok_or_else(ScimError::not_found)?;
    drop(conn);
    let names_members = group.members > 0 && projection.wants("members.display");
    if call.has(group.version, names_members) {
        return Ok(Reply::empty(StatusCode::NOT_MODIFIED).version(group.version));
    }
    shown(&call, &group, &projection, StatusCode::OK, true).await
}

/// `PUT /Groups/{id}`. A left-out `members` empties the group (RFC 7644 §3.5.1); a left-out `externalId` stays.
pub async fn replace(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let body = call.json()?;
    let unlinks = sets_to_null(&body, "externalId");
    let (profile, members) = map::group(normalise(KIND, body, Context::Replace, call.profile())?)?;
    let edit = move |group: &Group| {
        let mut profile = profile.clone();
        if !unlinks {
            profile.external_id = profile.external_id.or_else(|| group.profile.external_id.clone());
        }
        Ok(profile)
    };
    edited(&call, &projection, Box::new(edit), vec![MemberEdit::Replace(members)], i64::MAX).await
}

/// Up to how many members a group is small: the answer to a PATCH shows them all.
const SMALL: i64 = 20;

/// `PATCH /Groups/{id}`. The answer shows the members of a small group, and those of a large one only where they are asked
/// for by name, so that it costs what changes and not what the group holds.
pub async fn patch(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let patch = Patch::parse(KIND, &call.json()?, call.profile())?;
    let (rest, edits) = patch.split_members()?;
    let edits = MemberEdit::merged(edits.into_iter().map(member_edit).collect::<Result<_, ScimError>>()?);
    let edit = move |group: &Group| {
        let patched = rest.apply(&map::group_resource(group)).and_then(map::group).map_err(map::through)?;
        Ok(patched.0)
    };
    let most = if call.parameter("attributes").is_some() { i64::MAX } else { SMALL };
    edited(&call, &projection, Box::new(edit), edits, most).await
}

/// `DELETE /Groups/{id}`
pub async fn delete(call: Call) -> Answer {
    let command = DeleteGroup { workspace: call.workspace(), id: id(&call)?, expected: call.expected() };
    call.commands().execute(&call.actor, command).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn member_edit(edit: patch::MemberEdit) -> Result<MemberEdit<Condition>, ScimError> {
    let kind = |kind: patch::MemberKind| match kind {
        patch::MemberKind::User => MemberKind::User,
        patch::MemberKind::Group => MemberKind::Group,
    };
    let members = |members: Vec<patch::MemberRef>| {
        members
            .iter()
            .map(|member| map::new_member(&member.value, member.kind.map(kind)))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match edit {
        patch::MemberEdit::Add(added) => MemberEdit::Add(members(added)?),
        // Whoever is nobody is no member.
        patch::MemberEdit::Remove(ids) => MemberEdit::Remove(ids.iter().filter_map(|id| map::member_id(id)).collect()),
        patch::MemberEdit::RemoveWhere(filter) => MemberEdit::RemoveWhere(condition(filter)),
        patch::MemberEdit::Replace(all) => MemberEdit::Replace(members(all)?),
        patch::MemberEdit::Clear => MemberEdit::Replace(Vec::new()),
    })
}

fn condition(filter: Filter) -> Condition {
    Arc::new(move |id: Uuid, kind: MemberKind, display: &str| {
        evaluate::element_matches(&filter, &json!({"value": id, "type": kind.name(), "display": display}))
    })
}

async fn edited(
    call: &Call,
    projection: &Projection,
    edit: Edit,
    members: Vec<MemberEdit<Condition>>,
    show_up_to: i64,
) -> Answer {
    let command = EditGroup { workspace: call.workspace(), id: id(call)?, expected: call.expected(), edit, members };
    let group = call.commands().execute(&call.actor, command).await?;
    if call.wants_no_body() {
        return Ok(Reply::no_body(group.version));
    }
    shown(call, &group, projection, StatusCode::OK, group.members <= show_up_to).await
}

async fn shown(call: &Call, group: &Group, projection: &Projection, status: StatusCode, with_members: bool) -> Answer {
    let members = if with_members && group.members > 0 && projection.wants("members") {
        Some(store::members::of_group(&mut call.app.store.read().await?, group.id).await?)
    } else {
        None
    };
    let body = render::project(render::group(group, members.as_deref(), call.base()), projection);
    let location = format!("{}/Groups/{}", call.base(), group.id);
    Ok(Reply::json(status, body).version(group.version).header(LOCATION, &location))
}

fn id(call: &Call) -> Result<GroupId, ScimError> {
    GroupId::parse(&call.id).ok_or_else(ScimError::not_found)
}
