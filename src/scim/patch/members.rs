//! Operations on a group's members, which are kept outside the group: they are told apart from the rest and never need
//! the members that are there.

use serde_json::{Map, Value};

use super::{Operation, Patch, Target, Verb};
use crate::scim::error::ScimError;
use crate::scim::filter::{Filter, Literal, Op};
use crate::scim::path::AttrRef;
use crate::scim::resource::{Rules, value};
use crate::scim::schema::ResourceType;

/// How many filters over members a request may hold: each is tried on every member that there is. One that names members
/// by their ids is none.
const MAX_MEMBER_FILTERS: usize = 10;

/// One change of a group's membership.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberEdit {
    /// Add these; who is a member already stays one.
    Add(Vec<MemberRef>),
    /// Remove those with these ids; who is none already stays none.
    Remove(Vec<String>),
    /// Remove those for which the filter holds.
    RemoveWhere(Filter),
    /// Have exactly these.
    Replace(Vec<MemberRef>),
    /// Have none.
    Clear,
}

/// A member as the asker names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRef {
    /// Its id.
    pub value: String,
    /// What it is, where the asker says.
    pub kind: Option<MemberKind>,
}

/// What a member can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A user.
    User,
    /// A group.
    Group,
}

pub(super) fn split(mut patch: Patch) -> Result<(Patch, Vec<MemberEdit>), ScimError> {
    let mut edits = Vec::new();
    let mut rest = Vec::with_capacity(patch.operations.len());
    for operation in std::mem::take(&mut patch.operations) {
        let number = operation.number;
        let kept =
            one(&patch, operation, &mut edits).map_err(|error| error.within(&format!("Operation {number}: ")))?;
        rest.extend(kept);
    }
    let filters = edits.iter().filter(|edit| matches!(edit, MemberEdit::RemoveWhere(_))).count();
    if filters > MAX_MEMBER_FILTERS {
        return Err(ScimError::payload_too_large(format!(
            "A PATCH holds {MAX_MEMBER_FILTERS} filters over members at the most, but for those by value."
        )));
    }
    patch.operations = rest;
    Ok((patch, edits))
}

/// Notes what an operation does to members; gives back what else it does.
fn one(patch: &Patch, mut operation: Operation, edits: &mut Vec<MemberEdit>) -> Result<Option<Operation>, ScimError> {
    match &operation.target {
        Target::Resource => {
            let Some(members) = take_members(patch.kind, &mut operation.value) else { return Ok(Some(operation)) };
            edits.extend(whole(patch, operation.verb, Some(members))?);
            Ok(Some(operation))
        }
        Target::Attribute(path) if is_members(path) => {
            if path.sub.is_some() {
                return Err(unchangeable());
            }
            let value = Some(operation.value).filter(|value| !value.is_null());
            edits.extend(whole(patch, operation.verb, value)?);
            Ok(None)
        }
        Target::Selected { list, filter, sub } if is_members(list) => {
            if sub.is_some() {
                return Err(unchangeable());
            }
            let ids = ids(filter);
            edits.push(match (operation.verb, ids) {
                (Verb::Remove, Some(ids)) => MemberEdit::Remove(ids),
                (Verb::Remove, None) => MemberEdit::RemoveWhere(filter.clone()),
                (Verb::Add, Some(ids)) => {
                    MemberEdit::Add(ids.into_iter().map(|value| MemberRef { value, kind: None }).collect())
                }
                _ => return Err(unchangeable()),
            });
            Ok(None)
        }
        _ => Ok(Some(operation)),
    }
}

fn unchangeable() -> ScimError {
    ScimError::mutability("A member can be added or removed, not changed.")
}

fn is_members(path: &AttrRef) -> bool {
    path.extension.is_none() && path.attribute.name == "members"
}

/// The value of `members` in a path-less value.
fn take_members(kind: ResourceType, value: &mut Value) -> Option<Value> {
    let map = value.as_object_mut()?;
    let is_it = |name: &str| {
        crate::scim::path::attribute(kind, name).is_some_and(|path| is_members(&path) && path.sub.is_none())
    };
    let name = map.keys().find(|name| is_it(name))?.clone();
    map.shift_remove(&name)
}

/// An operation on `members` as a whole. A removal with a value removes those named, never all: that is how Entra ID
/// removes one.
fn whole(patch: &Patch, verb: Verb, value: Option<Value>) -> Result<Option<MemberEdit>, ScimError> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(match verb {
            Verb::Add => None,
            Verb::Replace | Verb::Remove => Some(MemberEdit::Clear),
        });
    };
    let members = references(patch, value)?;
    Ok(match verb {
        Verb::Replace if members.is_empty() => Some(MemberEdit::Clear),
        Verb::Replace => Some(MemberEdit::Replace(members)),
        _ if members.is_empty() => None,
        Verb::Add => Some(MemberEdit::Add(members)),
        Verb::Remove => Some(MemberEdit::Remove(members.into_iter().map(|member| member.value).collect())),
    })
}

fn references(patch: &Patch, value: Value) -> Result<Vec<MemberRef>, ScimError> {
    let Some(attribute) = ResourceType::Group.attribute("members") else { return Ok(Vec::new()) };
    let path = AttrRef { extension: None, attribute, sub: None };
    let rules = Rules { profile: patch.profile, patched: false, unwrap: false };
    let elements = match value::attribute(&path, value, rules)? {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    Ok(elements.into_iter().filter_map(|element| element.as_object().and_then(reference)).collect())
}

fn reference(member: &Map<String, Value>) -> Option<MemberRef> {
    let text = |name: &str| member.get(name).and_then(Value::as_str);
    let kind = match text("type") {
        Some(kind) if kind.eq_ignore_ascii_case("User") => Some(MemberKind::User),
        Some(kind) if kind.eq_ignore_ascii_case("Group") => Some(MemberKind::Group),
        _ => None,
    };
    Some(MemberRef { value: text("value")?.to_owned(), kind })
}

/// The ids of a filter that names members by nothing else: `value eq "a" or value eq "b"`.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare { path, op: Op::Eq, value: Literal::Text(id) } if path.leaf().name == "value" => {
            Some(vec![id.clone()])
        }
        Filter::Or(parts) => {
            let mut all = Vec::with_capacity(parts.len());
            for part in parts {
                all.extend(ids(part)?);
            }
            Some(all)
        }
        _ => None,
    }
}
