//! A body becomes the canonical resource: what a client may write, in the schema's spelling and order, checked.
//!
//! # What a value means
//! - Unknown attributes and unknown extensions are ignored, and so is what only the service may write.
//! - null and `[]` are unassigned, that is absent (RFC 7643 §2.5). So are `{}` for a complex attribute, a complex value
//!   without any sub-attribute, and in `Compat` `""` for a complex or multi-valued attribute. Only a boolean of the
//!   resource itself (`active`) must not be null: who switches an account has to say which way.
//! - An empty string is a value. Two attributes may not be blank: `userName` and `displayName`; where they are not
//!   required, `Compat` takes a blank one as unassigned.
//! - An element of a list without its `value` says nothing: `Compat` (and any PATCH) drops it, `Interop` refuses it.
//! - Elements with the same `type` and `value` are merged into the first.

pub(crate) mod limits;
pub(crate) mod list;
mod shape;
pub(crate) mod value;

use serde_json::{Map, Value};

pub use limits::{MAX_BLOB, MAX_ELEMENT_VALUE, MAX_ELEMENTS, MAX_NAME, MAX_TEXT};
pub(crate) use value::Rules;

use super::Profile;
use super::error::ScimError;
use super::path::{self, AttrRef, Named};
use super::schema::{Attribute, COMMON, EXTERNAL_ID, ResourceType, Schema};

/// What the body is for (RFC 7644 §3.3, §3.5.1, §3.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// POST.
    Create,
    /// PUT.
    Replace,
    /// The resource after a PATCH: `schemas` is not asked for, elements that lost their `value` fall away.
    Patched,
}

/// The canonical resource that `body` describes, without `schemas`, `id` and `meta`.
///
/// # Errors
/// 400 `invalidSyntax` where the body is no object or its `schemas` are those of something else; 400 `invalidValue`,
/// naming the attribute, where a value has the wrong type or size, a required attribute is absent, or two elements of a
/// list are primary; 400 `mutability` where a PATCH leaves a required attribute unassigned.
pub fn normalise(
    kind: ResourceType,
    body: Value,
    context: Context,
    profile: Profile,
) -> Result<Map<String, Value>, ScimError> {
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax("The body has to be a JSON object."));
    };
    if context != Context::Patched {
        shape::check_schemas(kind, &body, profile)?;
    }
    let mut draft = Draft::new(kind);
    for (name, value) in body {
        draft.place(&name, value, profile)?;
    }
    draft.finish(Rules { profile, patched: context == Context::Patched, unwrap: false })
}

/// The raw value of each attribute, by its place in its schema.
struct Draft {
    kind: ResourceType,
    external_id: Option<Value>,
    core: Vec<Option<Value>>,
    extensions: Vec<Vec<Option<Value>>>,
}

impl Draft {
    fn new(kind: ResourceType) -> Self {
        let empty = |schema: &Schema| vec![None; schema.attributes.len()];
        let extensions = kind.extensions().iter().map(empty).collect();
        Self { kind, external_id: None, core: empty(kind.schema()), extensions }
    }

    /// Files one member of the body; what is unknown is let go.
    fn place(&mut self, name: &str, value: Value, profile: Profile) -> Result<(), ScimError> {
        if name.eq_ignore_ascii_case(EXTERNAL_ID) {
            self.external_id = Some(value);
        } else if let Some(slot) = slot(&mut self.core, self.kind.schema(), name) {
            *slot = Some(value);
        } else if name.contains([':', '.']) {
            match path::resolve(self.kind, name) {
                Some(Named::Extension(schema)) => self.place_extension(schema, value, profile)?,
                Some(Named::Attribute(path)) if profile.is_compat() => self.place_path(path, value),
                _ => {}
            }
        }
        Ok(())
    }

    fn place_extension(&mut self, schema: &Schema, value: Value, profile: Profile) -> Result<(), ScimError> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Ok(()),
            Value::String(text) if text.is_empty() && profile.is_compat() => return Ok(()),
            _ => return Err(ScimError::invalid_value(format!("{} has to be an object.", schema.id))),
        };
        for (name, value) in members {
            let slots = self.slots(Some(schema));
            if let Some(slot) = slots.and_then(|slots| slot(slots, schema, &name)) {
                *slot = Some(value);
            } else if profile.is_compat()
                && let Some(path) = path::attribute(self.kind, &format!("{}:{name}", schema.id))
            {
                self.place_path(path, value);
            }
        }
        Ok(())
    }

    fn slots(&mut self, extension: Option<&Schema>) -> Option<&mut Vec<Option<Value>>> {
        let Some(schema) = extension else { return Some(&mut self.core) };
        let at = self.kind.extensions().iter().position(|one| one.id == schema.id)?;
        self.extensions.get_mut(at)
    }

    /// Files the value of a fully qualified or dotted name.
    fn place_path(&mut self, path: AttrRef, value: Value) {
        let schema = path.extension.unwrap_or(self.kind.schema());
        let slot = if path.attribute.name == EXTERNAL_ID && path.extension.is_none() {
            Some(&mut self.external_id)
        } else {
            self.slots(path.extension).and_then(|slots| slot(slots, schema, &path.attribute.name))
        };
        let Some(slot) = slot else { return };
        match path.sub {
            None => *slot = Some(value),
            Some(_) if path.attribute.multi_valued => {}
            Some(sub) => match slot {
                Some(Value::Object(members)) => {
                    members.insert(sub.name.clone(), value);
                }
                _ => *slot = Some(Value::Object(Map::from_iter([(sub.name.clone(), value)]))),
            },
        }
    }

    fn finish(self, rules: Rules) -> Result<Map<String, Value>, ScimError> {
        let mut resource = Map::new();
        if let Some(attribute) = COMMON.iter().find(|attribute| attribute.name == EXTERNAL_ID) {
            emit(&mut resource, None, attribute, self.external_id, rules)?;
        }
        for (attribute, value) in self.kind.schema().attributes.iter().zip(self.core) {
            emit(&mut resource, None, attribute, value, rules)?;
        }
        for (schema, values) in self.kind.extensions().iter().zip(self.extensions) {
            let mut extension = Map::new();
            for (attribute, value) in schema.attributes.iter().zip(values) {
                emit(&mut extension, Some(schema), attribute, value, rules)?;
            }
            if !extension.is_empty() {
                resource.insert(schema.id.clone(), Value::Object(extension));
            }
        }
        Ok(resource)
    }
}

/// The slot of the attribute of that name.
fn slot<'s>(slots: &'s mut [Option<Value>], schema: &Schema, name: &str) -> Option<&'s mut Option<Value>> {
    let at = schema.attributes.iter().position(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
    slots.get_mut(at)
}

/// Checks one attribute and writes it into `into`.
fn emit(
    into: &mut Map<String, Value>,
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    value: Option<Value>,
    rules: Rules,
) -> Result<(), ScimError> {
    if attribute.is_read_only() {
        return Ok(());
    }
    let path = AttrRef { extension, attribute, sub: None };
    let value = match value {
        Some(value) => value::attribute(&path, value, rules)?,
        None => None,
    };
    match value {
        Some(value) => {
            into.insert(attribute.name.clone(), value);
        }
        // RFC 7644 §3.5.2.2: what a PATCH may not take away.
        None if attribute.required && rules.patched => {
            return Err(ScimError::mutability(format!("{path} is required.")));
        }
        None if attribute.required => {
            return Err(ScimError::invalid_value(format!("{path} is required.")));
        }
        None => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
