//! References to what another operation of the same request makes: any string `bulkId:x` (RFC 7644 §3.7.2).

use std::collections::HashSet;
use std::hash::BuildHasher;

use serde_json::Value;

/// How a reference begins.
pub const PREFIX: &str = "bulkId:";

/// The bulkIds that a value refers to, each once. The depth of a value is bounded by its reader.
#[must_use]
pub fn references(value: &Value) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    collect(value, &mut found, &mut seen);
    found
}

/// How many references a value holds, one that stands twice counted twice.
#[must_use]
pub fn count(value: &Value) -> usize {
    match value {
        Value::String(text) => usize::from(text.starts_with(PREFIX)),
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn collect<'v>(value: &'v Value, found: &mut Vec<String>, seen: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix(PREFIX)
                && seen.insert(id)
            {
                found.push(id.to_owned());
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found, seen)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found, seen)),
        _ => {}
    }
}

/// The value with every reference replaced by the id that `resolve` gives for it.
///
/// # Errors
/// Whatever `resolve` refuses.
pub fn substitute<E>(value: Value, resolve: &mut impl FnMut(&str) -> Result<String, E>) -> Result<Value, E> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix(PREFIX) {
            Some(id) => Value::String(resolve(id)?),
            None => Value::String(text),
        },
        Value::Array(elements) => {
            Value::Array(elements.into_iter().map(|element| substitute(element, resolve)).collect::<Result<_, E>>()?)
        }
        Value::Object(members) => {
            let member = |(name, member)| Ok((name, substitute(member, resolve)?));
            Value::Object(members.into_iter().map(member).collect::<Result<_, E>>()?)
        }
        other => other,
    })
}

/// The value without the elements and members that refer to one of `ids`.
#[must_use]
pub fn without<S: BuildHasher>(value: Value, ids: &HashSet<&str, S>) -> Value {
    let refers = |value: &Value| match value {
        Value::String(text) => text.strip_prefix(PREFIX).is_some_and(|id| ids.contains(id)),
        Value::Object(members) => {
            let id = members.get("value").and_then(Value::as_str).and_then(|text| text.strip_prefix(PREFIX));
            id.is_some_and(|id| ids.contains(id))
        }
        _ => false,
    };
    match value {
        Value::Array(elements) => Value::Array(
            elements.into_iter().filter(|element| !refers(element)).map(|element| without(element, ids)).collect(),
        ),
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| !refers(member));
            Value::Object(kept.map(|(name, member)| (name, without(member, ids))).collect())
        }
        other => other,
    }
}
