//! The one place that knows both SCIM's names and the product's.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::group::{Group, GroupProfile, MemberKind, NewMember};
use crate::domain::user::{Profile, Standing, User, UserDraft};
use crate::ids::UserId;
use crate::scim::error::ScimError;
use crate::scim::schema::ENTERPRISE_USER;

/// A canonical User resource as a draft, and the password that was in it.
///
/// # Errors
/// 400 `invalidValue` where the manager is nobody's id.
pub fn draft(mut resource: Map<String, Value>) -> Result<(UserDraft, Option<String>), ScimError> {
    let active = resource.shift_remove("active").and_then(|active| active.as_bool());
    let password = text(&mut resource, "password");
    let mut organization = match resource.shift_remove(ENTERPRISE_USER) {
        Some(Value::Object(organization)) => organization,
        _ => Map::new(),
    };
    let manager = organization.shift_remove("manager");
    // A reference says as much as an id: its last segment is one.
    let part = |name: &str| manager.as_ref().and_then(|manager| manager.get(name)).and_then(Value::as_str);
    let manager = part("value").or_else(|| part("$ref")?.rsplit('/').next());
    let profile = Profile {
        user_name: text(&mut resource, "userName").unwrap_or_default(),
        external_id: text(&mut resource, "externalId"),
        display_name: text(&mut resource, "displayName"),
        manager: manager.map(manager_id).transpose()?,
        attributes: resource,
        organization,
    };
    Ok((UserDraft { profile, active }, password))
}

fn text(resource: &mut Map<String, Value>, name: &str) -> Option<String> {
    match resource.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn manager_id(text: &str) -> Result<UserId, ScimError> {
    UserId::parse(text).ok_or_else(|| ScimError::invalid_value("manager: there is no such user in this workspace."))
}

/// What an identity provider may write of a user, as a canonical resource: the inverse of [`draft`]. Who waits for a
/// seat is to be active, so that a change of something else leaves them waiting.
#[must_use]
pub fn resource(user: &User) -> Map<String, Value> {
    let profile = &user.profile;
    let mut resource = profile.attributes.clone();
    let mut put = |name: &str, value: Value| drop(resource.insert(name.to_owned(), value));
    put("userName", profile.user_name.clone().into());
    put("active", (user.standing != Standing::Inactive).into());
    if let Some(external_id) = &profile.external_id {
        put("externalId", external_id.clone().into());
    }
    if let Some(display_name) = &profile.display_name {
        put("displayName", display_name.clone().into());
    }
    let mut organization = profile.organization.clone();
    if let Some(manager) = profile.manager {
        organization.insert("manager".into(), serde_json::json!({"value": manager}));
    }
    if !organization.is_empty() {
        put(ENTERPRISE_USER, Value::Object(organization));
    }
    resource
}

/// A canonical Group resource as a profile, and the members in it.
///
/// # Errors
/// 400 `invalidValue` where a member is nobody's id.
pub fn group(mut resource: Map<String, Value>) -> Result<(GroupProfile, Vec<NewMember>), ScimError> {
    let members = match resource.shift_remove("members") {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    let member = |member: &Value| {
        let of = |name: &str| member.get(name).and_then(Value::as_str);
        new_member(of("value").unwrap_or_default(), of("type").and_then(member_kind))
    };
    let members = members.iter().map(member).collect::<Result<_, _>>()?;
    let display_name = text(&mut resource, "displayName").unwrap_or_default();
    Ok((GroupProfile { display_name, external_id: text(&mut resource, "externalId") }, members))
}

/// What an identity provider may write of a group, members aside.
#[must_use]
pub fn group_resource(group: &Group) -> Map<String, Value> {
    let mut resource = Map::new();
    resource.insert("displayName".into(), group.profile.display_name.clone().into());
    if let Some(external_id) = &group.profile.external_id {
        resource.insert("externalId".into(), external_id.clone().into());
    }
    resource
}

/// A member by its id.
///
/// # Errors
/// 400 `invalidValue` where it is nobody's id.
pub fn new_member(id: &str, kind: Option<MemberKind>) -> Result<NewMember, ScimError> {
    match member_id(id) {
        Some(id) => Ok(NewMember { id, kind }),
        None => Err(ScimError::invalid_value("members: there is no user or group with such an id in this workspace.")),
    }
}

/// The id of a member; none where it is nobody's.
#[must_use]
pub fn member_id(id: &str) -> Option<Uuid> {
    UserId::parse(id).map(|id| id.0)
}

fn member_kind(name: &str) -> Option<MemberKind> {
    [MemberKind::User, MemberKind::Group].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
}

/// A refusal of SCIM's on its way through a command.
#[must_use]
pub fn through(error: ScimError) -> crate::command::users::EditError {
    Arc::new(error)
}
