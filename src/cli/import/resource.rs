//! Users and groups as SCIM has them.

use serde_json::Value;

use super::item::Item;
use crate::command::import::{Says, UserRow};
use crate::domain::group::GroupProfile;
use crate::mapping;
use crate::scim::Profile;
use crate::scim::resource::{Context, normalise};
use crate::scim::schema::{ENTERPRISE_USER, GROUP, ResourceType, USER};

/// A resource, and what is to be said of it once everything that it names is there.
///
/// # Errors
/// What is wrong with it.
pub fn item(value: Value) -> Result<(Item, Vec<Item>), String> {
    let schemas = value.get("schemas").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is = |urn: &str| schemas.iter().filter_map(Value::as_str).any(|schema| schema.eq_ignore_ascii_case(urn));
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    match (is(USER), is(GROUP)) {
        (true, false) => user(id, value),
        (false, true) => group(id, value),
        _ => Err("is neither a user nor a group: `schemas` has to say which".into()),
    }
}

fn user(id: Option<String>, value: Value) -> Result<(Item, Vec<Item>), String> {
    let (row, manager) = row(value)?;
    let name = format!("user {}", name_of(&row));
    let then = manager.map(|manager| Item::Manager { user: id.clone().unwrap_or_else(|| name.clone()), manager });
    let then = then.into_iter().collect();
    Ok((Item::User { id: Some(id.unwrap_or(name)), row: Box::new(row) }, then))
}

fn name_of(row: &UserRow) -> String {
    if let Says::Whole(profile) = &row.says { profile.user_name_key() } else { String::new() }
}

/// A user's resource as a row, and their manager's id.
///
/// # Errors
/// What is wrong with it.
pub fn row(mut value: Value) -> Result<(UserRow, Option<String>), String> {
    let manager =
        value.get_mut(ENTERPRISE_USER).and_then(Value::as_object_mut).and_then(|more| more.shift_remove("manager"));
    let manager = manager.and_then(|manager| Some(manager.get("value").unwrap_or(&manager).as_str()?.to_owned()));
    let resource =
        normalise(ResourceType::User, value, Context::Patched, Profile::Compat).map_err(|error| error.detail)?;
    let (draft, _) = mapping::draft(resource).map_err(|error| error.detail)?;
    let row = UserRow {
        says: Says::Whole(Box::new(draft.profile)),
        active: draft.active,
        role: None,
        teams: None,
        protected: Some(false),
        kept: None,
    };
    Ok((row, manager))
}

fn group(id: Option<String>, mut value: Value) -> Result<(Item, Vec<Item>), String> {
    let members = value.as_object_mut().and_then(|group| group.shift_remove("members"));
    let resource =
        normalise(ResourceType::Group, value, Context::Patched, Profile::Compat).map_err(|error| error.detail)?;
    let (profile, _) = mapping::group(resource).map_err(|error| error.detail)?;
    let list = members.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |member: &Value| member.get("value").and_then(Value::as_str).map(str::to_owned);
    let members = list.iter().map(of).collect::<Option<Vec<_>>>().ok_or("members: each has a value, which is an id")?;
    let id = id.unwrap_or_else(|| name(&profile));
    let then = if members.is_empty() { Vec::new() } else { vec![Item::Members { group: id.clone(), members }] };
    Ok((Item::Group { id: Some(id), profile }, then))
}

/// By what a group without an id is known within the file.
fn name(profile: &GroupProfile) -> String {
    let id = profile.external_id.as_deref().unwrap_or_default();
    format!("group {} {id}", profile.display_name_key())
}
