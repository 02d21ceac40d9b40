//! Whether a filter is true of a resource in memory. PATCH uses it for value paths; lists use SQL.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{Filter, Literal, Op};
use crate::scim::compare;
use crate::scim::path::AttrRef;
use crate::scim::schema::{Attribute, Kind};

/// Whether `filter` is true of a whole resource in canonical spelling (with `id`, `meta`, `groups` where it has them).
#[must_use]
pub fn matches(filter: &Filter, resource: &Map<String, Value>) -> bool {
    holds(filter, resource)
}

/// Whether the inner filter of a value path is true of one element.
#[must_use]
pub fn element_matches(filter: &Filter, element: &Value) -> bool {
    element.as_object().is_some_and(|map| holds(filter, map))
}

/// The depth of a filter is bounded by its parser.
fn holds(filter: &Filter, map: &Map<String, Value>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, map)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, map)),
        Filter::Not(inner) => !holds(inner, map),
        Filter::Present(path) => has(path, map),
        Filter::Compare { path, op: Op::Ne, value: Literal::Null } => has(path, map),
        Filter::Compare { path, value: Literal::Null, .. } => !has(path, map),
        Filter::Compare { path, op, value } => compares(path, *op, value, map),
        Filter::Each { path, filter } => values(path, map).iter().any(|element| element_matches(filter, element)),
    }
}

/// The values of the attribute itself: the elements of a list, or the one value, or nothing.
fn values<'v>(path: &AttrRef, map: &'v Map<String, Value>) -> &'v [Value] {
    let within = match path.extension {
        Some(schema) => map.get(&schema.id).and_then(Value::as_object),
        None => Some(map),
    };
    match within.and_then(|map| map.get(&path.attribute.name)) {
        Some(Value::Array(elements)) => elements,
        Some(Value::Null) | None => &[],
        Some(value) => std::slice::from_ref(value),
    }
}

fn part<'v>(path: &AttrRef, value: &'v Value) -> Option<&'v Value> {
    path.sub.map_or(Some(value), |sub| value.get(&sub.name))
}

fn has(path: &AttrRef, map: &Map<String, Value>) -> bool {
    values(path, map).iter().filter_map(|value| part(path, value)).any(is_present)
}

/// RFC 7643 §2.5: null and an empty list are unassigned. The depth of a value is bounded by its reader.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(map) => map.values().any(is_present),
        _ => true,
    }
}

fn compares(path: &AttrRef, op: Op, literal: &Literal, map: &Map<String, Value>) -> bool {
    let leaf = path.leaf();
    let wanted = match literal {
        Literal::Text(text) if !matches!(op, Op::Eq | Op::Ne) => compare::key(leaf, text),
        _ => Cow::Borrowed(""),
    };
    let values = values(path, map);
    if values.is_empty() {
        return op == Op::Ne;
    }
    values.iter().any(|value| candidate(leaf, part(path, value), op, literal, &wanted))
}

/// One candidate against a literal that is not null; `wanted` is the compared form of a text, but for `eq` and `ne`,
/// which do without.
fn candidate(leaf: &Attribute, value: Option<&Value>, op: Op, literal: &Literal, wanted: &str) -> bool {
    let order = match (literal, value) {
        (Literal::Text(wanted), Some(Value::String(text))) if matches!(op, Op::Eq | Op::Ne) => {
            let same = if compare::is_exact(leaf) { text == wanted } else { crate::text::same(text, wanted) };
            return same == (op == Op::Eq);
        }
        (Literal::Text(_), Some(Value::String(text))) => {
            let found = compare::key(leaf, text);
            match op {
                Op::Co => return found.contains(wanted),
                Op::Sw => return found.starts_with(wanted),
                Op::Ew => return found.ends_with(wanted),
                _ => Some(found.as_ref().cmp(wanted)),
            }
        }
        (Literal::Time(time), Some(Value::String(text))) if leaf.kind == Kind::DateTime => {
            compare::time(text).map(|found| found.cmp(time))
        }
        (Literal::Bool(wanted), Some(Value::Bool(found))) => Some(found.cmp(wanted)),
        (Literal::Number(wanted), Some(Value::Number(found))) => numbers(found, wanted),
        _ => None,
    };
    match op {
        Op::Eq => order == Some(Ordering::Equal),
        Op::Ne => order != Some(Ordering::Equal),
        Op::Gt => order == Some(Ordering::Greater),
        Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Op::Lt => order == Some(Ordering::Less),
        Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Op::Co | Op::Sw | Op::Ew => false,
    }
}

fn numbers(a: &serde_json::Number, b: &serde_json::Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
