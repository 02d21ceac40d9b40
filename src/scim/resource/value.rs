//! One value of one attribute: its type, its size, its canonical form (RFC 7643 §2.3).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::limits::{check_length, is_name};
use super::list;
use crate::scim::error::ScimError;
use crate::scim::filter::loose_boolean;
use crate::scim::path::AttrRef;
use crate::scim::schema::Kind;
use crate::scim::{Profile, compare};

/// How values are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub profile: Profile,
    /// Elements without `value` fall away, as after a PATCH.
    pub patched: bool,
    /// A list of one element stands for a single value, as Entra ID writes the values of a PATCH.
    pub unwrap: bool,
}

impl Rules {
    fn is_compat(self) -> bool {
        self.profile.is_compat()
    }
}

/// The canonical value of the attribute that `path` names; `None` where it is unassigned.
///
/// # Errors
/// 400 `invalidValue` that names the attribute.
pub(crate) fn attribute(path: &AttrRef, value: Value, rules: Rules) -> Result<Option<Value>, ScimError> {
    if path.sub.is_none() && path.attribute.multi_valued {
        return list::list(path, value, rules);
    }
    let value = if rules.unwrap && rules.is_compat() { unwrapped(value, path.leaf().kind) } else { value };
    if path.leaf().kind == Kind::Complex {
        return Ok(complex(path, value, rules)?.map(Value::Object));
    }
    simple(path, value, rules)
}

/// `[x]` as `x`, and for a simple attribute `[{"value": x}]` as `x`.
fn unwrapped(value: Value, kind: Kind) -> Value {
    let inner = match value {
        Value::Array(mut elements) if elements.len() == 1 => elements.pop().unwrap_or_default(),
        other => return other,
    };
    match inner {
        Value::Object(mut map) if kind != Kind::Complex && map.contains_key("value") => {
            map.swap_remove("value").unwrap_or_default()
        }
        other => other,
    }
}

/// A complex value: the attribute itself, or one element of a list.
pub(crate) fn complex(path: &AttrRef, value: Value, rules: Rules) -> Result<Option<Map<String, Value>>, ScimError> {
    let attribute = path.attribute;
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Ok(None),
        Value::Array(elements) if elements.is_empty() => return Ok(None),
        Value::String(text) if rules.is_compat() && text.trim().is_empty() => return Ok(None),
        text @ Value::String(_) if rules.is_compat() && attribute.sub("value").is_some() => {
            Map::from_iter([("value".to_owned(), text)])
        }
        _ => return Err(ScimError::invalid_value(format!("{} has to be an object.", path.whole()))),
    };
    let mut slots: Vec<Option<Value>> = vec![None; attribute.sub_attributes.len()];
    for (name, value) in map {
        let found =
            attribute.sub_attributes.iter().zip(&mut slots).find(|(sub, _)| sub.name.eq_ignore_ascii_case(&name));
        if let Some((sub, slot)) = found
            && !sub.is_read_only()
        {
            *slot = simple(&AttrRef { sub: Some(sub), ..*path }, value, rules)?;
        }
    }
    let mut map = Map::new();
    for (sub, value) in attribute.sub_attributes.iter().zip(slots) {
        match value {
            Some(value) => {
                map.insert(sub.name.clone(), value);
            }
            None if sub.required && !sub.is_read_only() => {
                return Err(ScimError::invalid_value(format!("{}.{} is required.", path.whole(), sub.name)));
            }
            None => {}
        }
    }
    let blank =
        |map: &Map<String, Value>| map.get("value").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty());
    if map.is_empty() || (rules.is_compat() && !attribute.multi_valued && blank(&map)) {
        return Ok(None);
    }
    Ok(Some(map))
}

/// A value without parts, of the type of `path.leaf()`.
pub(crate) fn simple(path: &AttrRef, value: Value, rules: Rules) -> Result<Option<Value>, ScimError> {
    let leaf = path.leaf();
    let wrong = |what: &str| Err(ScimError::invalid_value(format!("{path} has to be {what}.")));
    let switch = leaf.kind == Kind::Boolean && path.sub.is_none();
    match (leaf.kind, value) {
        (_, Value::Null) if switch => wrong("true or false, not null"),
        (_, Value::Null) => Ok(None),
        (_, Value::Array(elements)) if elements.is_empty() && !switch => Ok(None),
        (Kind::Boolean, value @ Value::Bool(_)) => Ok(Some(value)),
        (Kind::Boolean, Value::String(text)) if rules.is_compat() && loose_boolean(&text).is_some() => {
            Ok(loose_boolean(&text).map(Value::Bool))
        }
        (Kind::Boolean, _) => wrong("true or false"),
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(Some(Value::Number(number))),
        (Kind::Decimal, value @ Value::Number(_)) => Ok(Some(value)),
        (Kind::Integer | Kind::Decimal, _) => wrong("a number"),
        (Kind::Complex, _) => wrong("one of its sub-attributes"),
        (_, Value::String(text)) => string(path, text, rules),
        (Kind::DateTime, _) => wrong("a date and time in a string"),
        (Kind::Binary, _) => wrong("base64 in a string"),
        (Kind::Reference, _) => wrong("an address in a string"),
        (Kind::String, _) => wrong("a string"),
    }
}

fn string(path: &AttrRef, text: String, rules: Rules) -> Result<Option<Value>, ScimError> {
    check_length(path, &text)?;
    if text.contains('\0') {
        return Err(ScimError::invalid_value(format!("{path} holds the character U+0000.")));
    }
    let leaf = path.leaf();
    if (is_name(path) || leaf.required) && text.trim().is_empty() {
        let unassigned = !leaf.required && rules.is_compat();
        return if unassigned { Ok(None) } else { Err(ScimError::invalid_value(format!("{path} must not be blank."))) };
    }
    let blank = text.is_empty();
    match leaf.kind {
        Kind::DateTime if blank && rules.is_compat() => Ok(None),
        Kind::DateTime if compare::time(&text).is_none() => {
            Err(ScimError::invalid_value(format!("{path} has to be a date and time such as 2026-01-31T08:00:00Z.")))
        }
        Kind::Binary if !blank && !is_base64(&text) => {
            Err(ScimError::invalid_value(format!("{path} has to be base64.")))
        }
        _ => Ok(Some(Value::String(text))),
    }
}

/// Base64 in either alphabet, padded or not (RFC 7643 §2.3.6, RFC 4648 §4, §5).
fn is_base64(text: &str) -> bool {
    const ANY: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, ANY).decode(text).is_ok()
}
