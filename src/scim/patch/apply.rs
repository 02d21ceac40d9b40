//! One operation on one resource in canonical spelling.

use serde_json::{Map, Value};

use super::parse::target;
use super::{Operation, Target, Verb};
use crate::scim::Profile;
use crate::scim::compare;
use crate::scim::error::ScimError;
use crate::scim::filter::{Filter, Literal, evaluate};
use crate::scim::path::AttrRef;
use crate::scim::resource::limits::check_count;
use crate::scim::resource::list::{Merged, is_primary};
use crate::scim::resource::{Rules, value};
use crate::scim::schema::{Attribute, Kind, ResourceType, Schema};

type Object = Map<String, Value>;

pub(super) fn operation(
    kind: ResourceType,
    profile: Profile,
    operation: &Operation,
    resource: &mut Object,
) -> Result<(), ScimError> {
    let work = Work { kind, verb: operation.verb, rules: Rules { profile, patched: true, unwrap: true } };
    work.on(&operation.target, operation.value.clone(), resource)
}

struct Work {
    kind: ResourceType,
    verb: Verb,
    rules: Rules,
}

impl Work {
    fn on(&self, target: &Target, value: Value, resource: &mut Object) -> Result<(), ScimError> {
        match target {
            Target::Resource => self.members(None, value, resource),
            Target::Extension(schema) if self.verb == Verb::Remove || value.is_null() => {
                resource.shift_remove(&schema.id);
                Ok(())
            }
            Target::Extension(schema) => self.members(Some(schema), value, resource),
            Target::Attribute(path) => self.attribute(path, value, resource),
            Target::Selected { list, filter, sub } => self.selected(list, filter, *sub, value, resource),
        }
    }

    /// Each member of an object as an operation of its own. What is unknown or may not be written is passed over:
    /// providers send `id`, `schemas` and `groups` along.
    fn members(
        &self,
        extension: Option<&'static Schema>,
        value: Value,
        resource: &mut Object,
    ) -> Result<(), ScimError> {
        let Value::Object(members) = value else {
            return Err(ScimError::invalid_value("The value has to be an object of attributes."));
        };
        for (name, value) in members {
            let plain = extension.map(|schema| format!("{}:{name}", schema.id)).unwrap_or(name);
            let Ok(target) = target(self.kind, &plain, self.rules.profile) else { continue };
            if matches!((&target, &value), (Target::Extension(_), value) if !value.is_object() && !value.is_null()) {
                return Err(ScimError::invalid_value(format!("{plain} has to be an object.")));
            }
            // A target found by name is an attribute or an extension, never the resource: this ends.
            self.on(&target, value, resource)?;
        }
        Ok(())
    }

    fn attribute(&self, path: &AttrRef, value: Value, resource: &mut Object) -> Result<(), ScimError> {
        let home = home(path, resource);
        let name = &path.attribute.name;
        match path.sub {
            None if path.attribute.multi_valued => self.list(path, value, home),
            None if self.verb == Verb::Remove => {
                home.shift_remove(name);
                Ok(())
            }
            None if path.attribute.kind == Kind::Complex => self.complex(path, value, home),
            None => {
                let value = if value.is_null() && path.leaf().kind != Kind::Boolean {
                    None
                } else {
                    value::attribute(path, value, self.rules)?
                };
                put(home, name, value);
                Ok(())
            }
            Some(sub) if path.attribute.multi_valued => {
                let value = self.part(path, value)?;
                let mut elements = take_list(home, name);
                if elements.is_empty() && value.is_some() {
                    elements.push(Value::Object(Map::new()));
                }
                let all: Vec<usize> = (0..elements.len()).collect();
                set_part(&mut elements, &all, sub, value.as_ref());
                put_list(home, name, elements);
                Ok(())
            }
            Some(sub) => {
                let value = self.part(path, value)?;
                let mut complex = match home.get_mut(name).map(Value::take) {
                    Some(Value::Object(complex)) => complex,
                    _ => Map::new(),
                };
                put(&mut complex, &sub.name, value);
                put(home, name, (!complex.is_empty()).then_some(Value::Object(complex)));
                Ok(())
            }
        }
    }

    /// The canonical value of a sub-attribute; `None` where it is to go.
    fn part(&self, path: &AttrRef, value: Value) -> Result<Option<Value>, ScimError> {
        if self.verb == Verb::Remove || value.is_null() { Ok(None) } else { value::attribute(path, value, self.rules) }
    }

    /// An object given for a complex attribute sets what it names and leaves the rest (RFC 7644 §3.5.2.1, §3.5.2.3).
    fn complex(&self, path: &AttrRef, value: Value, home: &mut Object) -> Result<(), ScimError> {
        let name = &path.attribute.name;
        let mut merged = match (home.get(name), &value) {
            (Some(Value::Object(present)), Value::Object(_)) => present.clone(),
            _ => Map::new(),
        };
        forget_nulls(path.attribute, &value, &mut merged);
        // A reference to nobody, as Entra ID takes a manager away.
        let blank = value.get("value").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty());
        match value::attribute(path, value, self.rules)? {
            Some(Value::Object(given)) => merged.extend(given),
            _ if blank => merged.clear(),
            _ => {}
        }
        put(home, name, (!merged.is_empty()).then_some(Value::Object(merged)));
        Ok(())
    }

    /// A whole list.
    fn list(&self, path: &AttrRef, value: Value, home: &mut Object) -> Result<(), ScimError> {
        let name = &path.attribute.name;
        if self.verb == Verb::Remove && value.is_null() {
            home.shift_remove(name);
            return Ok(());
        }
        let given = match value::attribute(path, value, self.rules)? {
            Some(Value::Array(given)) => given,
            _ => Vec::new(),
        };
        let elements = match self.verb {
            Verb::Replace => given,
            Verb::Remove => {
                let mut elements = take_list(home, name);
                elements.retain(|element| !given.iter().any(|gone| is_named(path.attribute, element, gone)));
                elements
            }
            Verb::Add => add_all(take_list(home, name), given),
        };
        // Between the operations too, so that each costs what a list may hold and not what was sent.
        check_count(path, elements.len())?;
        put_list(home, name, elements);
        Ok(())
    }

    fn selected(
        &self,
        list: &AttrRef,
        filter: &Filter,
        sub: Option<&'static Attribute>,
        value: Value,
        resource: &mut Object,
    ) -> Result<(), ScimError> {
        let name = &list.attribute.name;
        let home = home(list, resource);
        let mut elements = take_list(home, name);
        let mut matched: Vec<usize> = (0..elements.len()).filter(|at| holds(filter, elements.get(*at))).collect();
        let removes = self.verb == Verb::Remove || value.is_null();
        if removes {
            if let Some(sub) = sub {
                set_part(&mut elements, &matched, sub, None);
            } else {
                let mut at = 0;
                elements.retain(|_| {
                    at += 1;
                    matched.binary_search(&(at - 1)).is_err()
                });
            }
            put_list(home, name, elements);
            return Ok(());
        }
        let mut made = None;
        if matched.is_empty() {
            if self.verb == Verb::Replace && !self.rules.profile.is_compat() {
                return Err(ScimError::no_target(format!("No element of {list} is the one that the path selects.")));
            }
            elements.push(Value::Object(from_equalities(list, filter)?));
            check_count(list, elements.len())?;
            made = Some(elements.len() - 1);
            matched.extend(made);
        }
        if let Some(sub) = sub {
            let value = value::attribute(&AttrRef { sub: Some(sub), ..*list }, value, self.rules)?;
            set_part(&mut elements, &matched, sub, value.as_ref());
        } else {
            self.set_elements(list, filter, &mut elements, &matched, value)?;
        }
        // The filter may have made it the primary one.
        if let Some(at) = made.filter(|at| elements.get(*at).is_some_and(is_primary)) {
            only_primary(&mut elements, at);
        }
        put_list(home, name, elements);
        Ok(())
    }

    /// Gives the matched elements the sub-attributes of an object: `add` besides what they have, `replace` instead.
    fn set_elements(
        &self,
        list: &AttrRef,
        filter: &Filter,
        elements: &mut [Value],
        matched: &[usize],
        value: Value,
    ) -> Result<(), ScimError> {
        let value = match value {
            Value::Array(mut one) if one.len() == 1 => one.pop().unwrap_or_default(),
            other => other,
        };
        let mut absent = Map::new();
        forget_nulls(list.attribute, &value, &mut absent);
        let given = value::complex(list, value, self.rules)?.unwrap_or_default();
        for at in matched {
            let Some(Value::Object(element)) = elements.get_mut(*at) else { continue };
            if self.verb == Verb::Replace {
                // What made the element the selected one stays as it is, unless the value says otherwise.
                let keys = filter.equalities().unwrap_or_default();
                element.retain(|name, _| keys.iter().any(|(path, _)| path.leaf().name == *name));
            }
            element.extend(given.clone());
        }
        if let (Some(true), Some(last)) =
            (given.get("primary").map(|primary| primary == &Value::Bool(true)), matched.last())
        {
            only_primary(elements, *last);
        }
        Ok(())
    }
}

fn holds(filter: &Filter, element: Option<&Value>) -> bool {
    element.is_some_and(|element| evaluate::element_matches(filter, element))
}

/// Where an attribute is kept: the resource itself or an extension of it, which is made where it is not there yet. An
/// extension left empty falls away when the resource is normalised.
fn home<'r>(path: &AttrRef, resource: &'r mut Object) -> &'r mut Object {
    let Some(schema) = path.extension else { return resource };
    let is_object = resource.get(&schema.id).is_some_and(Value::is_object);
    if !is_object {
        resource.insert(schema.id.clone(), Value::Object(Map::new()));
    }
    match resource.get_mut(&schema.id) {
        Some(Value::Object(extension)) => extension,
        _ => unreachable!("made an object just above"),
    }
}

/// Whether `name`, an element in a removal, stands for `element`: their `value` is the same and so is their `type`, where
/// `name` has one; without a `value` everything has to be the same.
fn is_named(list: &Attribute, element: &Value, name: &Value) -> bool {
    let agrees = |part: &str| {
        let (Some(sub), Some(wanted)) = (list.sub(part), name.get(part).and_then(Value::as_str)) else { return true };
        let found = element.get(part).and_then(Value::as_str);
        found.is_some_and(|found| compare::key(sub, found) == compare::key(sub, wanted))
    };
    element == name || (name.get("value").is_some() && agrees("value") && agrees("type"))
}

fn put(map: &mut Object, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(map.insert(name.to_owned(), value)),
        None => drop(map.shift_remove(name)),
    }
}

fn take_list(home: &mut Object, name: &str) -> Vec<Value> {
    match home.get_mut(name).map(Value::take) {
        Some(Value::Array(elements)) => elements,
        Some(Value::Null) | None => Vec::new(),
        Some(single) => vec![single],
    }
}

fn put_list(home: &mut Object, name: &str, elements: Vec<Value>) {
    put(home, name, (!elements.is_empty()).then_some(Value::Array(elements)));
}

/// Adds elements, each once; one that is primary takes that from the others (RFC 7644 §3.5.2.1).
fn add_all(present: Vec<Value>, given: Vec<Value>) -> Vec<Value> {
    let mut merged = Merged::of(present);
    let mut primary = None;
    for element in given {
        let wants = is_primary(&element);
        match element {
            Value::Object(map) => {
                let at = merged.add(map);
                primary = if wants { Some(at) } else { primary };
            }
            simple => merged.add_simple(simple),
        }
    }
    if let Some(at) = primary {
        only_primary(&mut merged.elements, at);
    }
    merged.elements
}

/// Sets or removes a sub-attribute of the elements at `places`.
fn set_part(elements: &mut [Value], places: &[usize], sub: &Attribute, value: Option<&Value>) {
    for at in places {
        if let Some(Value::Object(element)) = elements.get_mut(*at) {
            put(element, &sub.name, value.cloned());
        }
    }
    if let (true, Some(Value::Bool(true)), Some(last)) = (sub.name == "primary", value, places.last()) {
        only_primary(elements, *last);
    }
}

fn only_primary(elements: &mut [Value], at: usize) {
    for (i, element) in elements.iter_mut().enumerate() {
        if let (true, Value::Object(element)) = (i != at && is_primary(element), element) {
            element.insert("primary".into(), Value::Bool(false));
        }
    }
}

/// Takes away what an object names with null.
fn forget_nulls(attribute: &Attribute, value: &Value, from: &mut Object) {
    for (name, value) in value.as_object().into_iter().flatten() {
        if let (true, Some(sub)) = (value.is_null(), attribute.sub(name)) {
            from.shift_remove(&sub.name);
        }
    }
}

/// The element that a filter describes.
fn from_equalities(list: &AttrRef, filter: &Filter) -> Result<Object, ScimError> {
    let unclear = || {
        ScimError::no_target(format!(
            "No element of {list} is the one that the path selects, and the path does not say how to make one."
        ))
    };
    let mut element = Map::new();
    for (path, literal) in filter.equalities().ok_or_else(unclear)? {
        let value = match literal {
            Literal::Null => continue,
            Literal::Bool(truth) => Value::Bool(*truth),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Text(text) => Value::String(text.clone()),
            Literal::Time(time) => Value::String(time.to_rfc3339()),
        };
        element.insert(path.leaf().name.clone(), value);
    }
    Ok(element)
}
