//! The value of a multi-valued attribute (RFC 7643 §2.4): its elements, each once, at most one of them primary.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::limits::check_count;
use super::value::{Rules, complex, simple};
use crate::scim::error::ScimError;
use crate::scim::path::AttrRef;
use crate::scim::schema::{Kind, ResourceType};

/// The canonical elements; `None` where there is none.
pub(super) fn list(path: &AttrRef, value: Value, rules: Rules) -> Result<Option<Value>, ScimError> {
    let compat = rules.profile.is_compat();
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Null => return Ok(None),
        Value::String(text) if compat && text.is_empty() => return Ok(None),
        single @ (Value::Object(_) | Value::String(_)) if compat => vec![single],
        _ => return Err(ScimError::invalid_value(format!("{path} has to be a list."))),
    };
    check_count(path, elements.len())?;
    let mut merged = Merged::default();
    for element in elements {
        if path.attribute.kind == Kind::Complex {
            if let Some(map) = element_of(path, element, rules)? {
                merged.add(map);
            }
        } else if let Some(value) = simple(path, element, rules)? {
            merged.add_simple(value);
        }
    }
    if merged.elements.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(ScimError::invalid_value(format!("Only one element of {path} may be primary.")));
    }
    Ok(if merged.elements.is_empty() { None } else { Some(Value::Array(merged.elements)) })
}

/// One element; `None` where it says nothing.
fn element_of(path: &AttrRef, element: Value, rules: Rules) -> Result<Option<Map<String, Value>>, ScimError> {
    let Some(mut map) = complex(path, element, rules)? else { return Ok(None) };
    if path.attribute.sub("value").is_none() {
        return Ok(Some(map));
    }
    value_from_reference(&mut map);
    let blank = map.get("value").is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
    if !blank {
        return Ok(Some(map));
    }
    if rules.profile.is_compat() || rules.patched {
        return Ok(None);
    }
    Err(ScimError::invalid_value(format!("An element of {path} has no value.")))
}

/// Where only `$ref` is given, its last segment is the value and the segment before it tells the type.
fn value_from_reference(map: &mut Map<String, Value>) {
    if map.contains_key("value") {
        return;
    }
    let Some(address) = map.get("$ref").and_then(Value::as_str) else { return };
    let mut segments = address.rsplit('/').filter(|segment| !segment.is_empty());
    let (Some(id), Some(folder)) = (segments.next(), segments.next()) else { return };
    let kind =
        ResourceType::ALL.into_iter().find(|kind| kind.endpoint().trim_start_matches('/').eq_ignore_ascii_case(folder));
    let Some(kind) = kind else { return };
    let mut whole = Map::from_iter([("value".to_owned(), Value::from(id))]);
    whole.append(map);
    whole.entry("type").or_insert_with(|| kind.name().into());
    *map = whole;
}

/// Whether an element is the primary one.
pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// What makes two elements the same: `type` and `value`, exactly.
pub(crate) fn identity(element: &Map<String, Value>) -> Option<(String, String)> {
    let text = |name: &str| element.get(name).and_then(Value::as_str);
    Some((text("type").unwrap_or_default().to_owned(), text("value")?.to_owned()))
}

/// Elements in order, each identity once.
#[derive(Default)]
pub(crate) struct Merged {
    pub elements: Vec<Value>,
    places: HashMap<(String, String), usize>,
}

impl Merged {
    /// The elements of a list that is canonical already.
    pub fn of(elements: Vec<Value>) -> Self {
        let mut merged = Self { elements: Vec::with_capacity(elements.len()), places: HashMap::new() };
        for element in elements {
            match element {
                Value::Object(map) => merged.push(map),
                other => merged.elements.push(other),
            }
        }
        merged
    }

    fn push(&mut self, map: Map<String, Value>) {
        if let Some(identity) = identity(&map) {
            self.places.entry(identity).or_insert(self.elements.len());
        }
        self.elements.push(Value::Object(map));
    }

    /// Adds an element; what an equal one has not yet is filled in, and `primary` is never lost. Gives its place.
    pub fn add(&mut self, map: Map<String, Value>) -> usize {
        let place = match identity(&map) {
            Some(identity) => self.places.get(&identity).copied(),
            None => self.elements.iter().position(|element| element.as_object() == Some(&map)),
        };
        let Some(place) = place else {
            self.push(map);
            return self.elements.len() - 1;
        };
        if let Some(Value::Object(present)) = self.elements.get_mut(place) {
            for (name, value) in map {
                if name == "primary" && value == Value::Bool(true) {
                    present.insert(name, value);
                } else {
                    present.entry(name).or_insert(value);
                }
            }
        }
        place
    }

    /// Adds a value without parts.
    pub fn add_simple(&mut self, value: Value) {
        if !self.elements.contains(&value) {
            self.elements.push(value);
        }
    }
}
