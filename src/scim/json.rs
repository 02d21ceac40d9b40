//! Strict JSON: bounded depth, no attribute named twice, no U+0000; one pass over the body.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::ScimError;

/// How deep arrays and objects may be nested in a body. The deepest that a resource needs is 4.
pub const MAX_DEPTH: usize = 32;

/// From how many members on an object looks its names up in a set instead of one after the other.
const WIDE: usize = 16;

/// Why a body was refused although it is JSON.
#[derive(Clone, Copy)]
enum Problem {
    Depth,
    Duplicate,
    Nul,
}

/// Reads one JSON text (RFC 8259).
///
/// # Errors
/// 400 `invalidSyntax` with line and column where the text is malformed, deeper than [`MAX_DEPTH`] or has two members
/// of one object whose names differ at most in case; 400 `invalidValue` where a string holds U+0000.
pub fn parse(body: &[u8]) -> Result<Value, ScimError> {
    let problem = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let outcome =
        Seed { depth: 0, problem: &problem }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    outcome.map_err(|error| {
        let place = format!("at line {} column {}", error.line(), error.column());
        match problem.get() {
            Some(Problem::Depth) => {
                ScimError::invalid_syntax(format!("The body is nested deeper than {MAX_DEPTH} levels {place}."))
            }
            Some(Problem::Duplicate) => ScimError::invalid_syntax(format!(
                "The body names an attribute twice {place}; names are compared without case."
            )),
            Some(Problem::Nul) => {
                ScimError::invalid_value(format!("The body holds the character U+0000 in a string {place}."))
            }
            None => ScimError::invalid_syntax(format!("The body is not valid JSON: {error}.")),
        }
    })
}

/// Reads one value at a known depth.
#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    problem: &'a Cell<Option<Problem>>,
}

impl<'a> Seed<'a> {
    fn refuse<E: serde::de::Error>(self, problem: Problem) -> E {
        self.problem.set(Some(problem));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Seed<'a>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Problem::Depth));
        }
        Ok(Seed { depth: self.depth + 1, problem: self.problem })
    }

    fn text<E: serde::de::Error>(self, text: String) -> Result<String, E> {
        if text.as_bytes().contains(&0) { Err(self.refuse(Problem::Nul)) } else { Ok(text) }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.text(value.to_owned()).map(Value::String)
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.text(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = access.next_key::<String>()? {
            let name = self.text::<A::Error>(name)?;
            if map.len() == WIDE {
                seen = map.keys().map(|key| key.to_ascii_lowercase()).collect();
            }
            let twice = if map.len() < WIDE {
                map.keys().any(|key| key.eq_ignore_ascii_case(&name))
            } else {
                !seen.insert(name.to_ascii_lowercase())
            };
            if twice {
                return Err(self.refuse::<A::Error>(Problem::Duplicate));
            }
            let value = access.next_value_seed(inner)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
