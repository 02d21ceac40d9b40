//! From the body of a PATCH request to operations.

use serde_json::{Map, Value};

use super::{MAX_OPERATIONS, Operation, PATCH_OP_URN, Target, Verb};
use crate::scim::Profile;
use crate::scim::error::{ScimError, echo};
use crate::scim::filter::patch_path;
use crate::scim::path::{self, AttrRef, Named};
use crate::scim::schema::{Attribute, Mutability, ResourceType};

/// The member of that name, whatever its case.
pub(super) fn member<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

pub(super) fn operations(kind: ResourceType, body: &Value, profile: Profile) -> Result<Vec<Operation>, ScimError> {
    let Some(body) = body.as_object() else {
        return Err(ScimError::invalid_syntax("The body has to be a JSON object."));
    };
    check_schemas(body, profile)?;
    let operations = match member(body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => return Err(ScimError::invalid_syntax("Operations has to be a list of at least one operation.")),
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(ScimError::payload_too_large(format!("A PATCH holds {MAX_OPERATIONS} operations at the most.")));
    }
    let numbered = operations.iter().zip(1..);
    numbered
        .map(|(one, number)| {
            operation(kind, one, number, profile).map_err(|error| error.within(&format!("Operation {number}: ")))
        })
        .collect()
}

fn check_schemas(body: &Map<String, Value>, profile: Profile) -> Result<(), ScimError> {
    let named = match member(body, "schemas") {
        None | Some(Value::Null) if profile.is_compat() => return Ok(()),
        Some(Value::Array(urns)) => {
            urns.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_OP_URN)))
        }
        _ => false,
    };
    if named { Ok(()) } else { Err(ScimError::invalid_syntax(format!("schemas has to name {PATCH_OP_URN}."))) }
}

fn operation(kind: ResourceType, body: &Value, number: usize, profile: Profile) -> Result<Operation, ScimError> {
    let Some(body) = body.as_object() else {
        return Err(ScimError::invalid_syntax("An operation has to be a JSON object."));
    };
    let verb = verb(member(body, "op"), profile)?;
    let path = match member(body, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.is_empty() && profile.is_compat() => None,
        Some(Value::String(path)) => Some(path.as_str()),
        Some(_) => return Err(ScimError::invalid_path("The path has to be a string.")),
    };
    let value = member(body, "value");
    let target = match path {
        Some(path) => checked(target(kind, path, profile)?, verb, value)?,
        None if verb == Verb::Remove => return Err(ScimError::no_target("A removal needs a path.")),
        None if !profile.is_compat() => {
            return Err(ScimError::invalid_path(
                "This token's profile is interop, in which every operation has a path.",
            ));
        }
        None => Target::Resource,
    };
    match (verb, value, &target) {
        (Verb::Add | Verb::Replace, None, _) => Err(ScimError::invalid_value("The operation needs a value.")),
        (_, Some(value), Target::Resource) if !value.is_object() => {
            Err(ScimError::invalid_value("Without a path the value has to be an object of attributes."))
        }
        _ => Ok(Operation { verb, target, value: value.cloned().unwrap_or_default(), number }),
    }
}

fn verb(op: Option<&Value>, profile: Profile) -> Result<Verb, ScimError> {
    let refuse = || ScimError::invalid_syntax("op has to be one of add, replace, remove.");
    let op = op.and_then(Value::as_str).ok_or_else(refuse)?;
    let known = [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)];
    let same = |name: &str| if profile.is_compat() { name.eq_ignore_ascii_case(op) } else { name == op };
    known.into_iter().find(|(name, _)| same(name)).map(|(_, verb)| verb).ok_or_else(refuse)
}

/// A password can be set and not be taken away. An extension that only the service writes can't be changed by its path; an
/// object that names none of its attributes changes nothing.
fn checked(target: Target, verb: Verb, value: Option<&Value>) -> Result<Target, ScimError> {
    match &target {
        Target::Extension(schema) if schema.attributes.iter().all(Attribute::is_read_only) => {
            let names_one = |value: &Map<String, Value>| value.keys().any(|name| schema.attribute(name).is_some());
            let nothing = value.and_then(Value::as_object).is_some_and(|value| !names_one(value));
            if verb != Verb::Remove && nothing { Ok(target) } else { Err(read_only(&schema.id)) }
        }
        Target::Attribute(path) if path.leaf().mutability == Mutability::WriteOnly => {
            if verb == Verb::Remove || value.is_some_and(Value::is_null) {
                return Err(ScimError::mutability(format!("{path} can be set, not removed.")));
            }
            Ok(target)
        }
        _ => Ok(target),
    }
}

/// What a path leads to.
pub(super) fn target(kind: ResourceType, text: &str, profile: Profile) -> Result<Target, ScimError> {
    if text.contains('[') {
        let (list, filter, sub) = patch_path(kind, text, profile)?;
        check_writable(&AttrRef { sub, ..list })?;
        return Ok(Target::Selected { list, filter, sub });
    }
    match path::resolve(kind, text.trim()) {
        Some(Named::Attribute(path)) => check_writable(&path).map(|()| Target::Attribute(path)),
        Some(Named::Extension(schema)) => Ok(Target::Extension(schema)),
        None => Err(ScimError::invalid_path(format!("There is no attribute \"{}\".", echo(text)))),
    }
}

/// Immutable sub-attributes are those of a group's members, which can be added and removed but not changed.
fn check_writable(path: &AttrRef) -> Result<(), ScimError> {
    let immutable = path.sub.is_some_and(|sub| sub.mutability == Mutability::Immutable);
    if path.attribute.is_read_only() || path.leaf().is_read_only() || immutable {
        return Err(read_only(&path.to_string()));
    }
    Ok(())
}

fn read_only(name: &str) -> ScimError {
    ScimError::mutability(format!("{name} can't be changed by a client."))
}
