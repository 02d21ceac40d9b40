//! Search keys: a user's attributes in their compared form, as SQL looks for them.
//!
//! Single-valued attributes become members of one flat object, elements of multi-valued ones become rows. What lives in
//! columns of its own (userName, externalId, displayName, active, manager) is not here.

use serde_json::{Map, Value};

use super::compare;
use super::path::AttrRef;
use super::schema::{Attribute, ENTERPRISE_USER, Kind, ResourceType, Schema};

/// Lists whose `value` is too long for an index.
const LONG: [&str; 2] = ["photos", "x509Certificates"];

/// By what a user is searched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Index {
    /// Compared forms of single-valued attributes, by [`AttrRef::key`].
    pub keys: Map<String, Value>,
    /// Elements of multi-valued attributes.
    pub values: Vec<IndexedValue>,
}

/// One element of a multi-valued attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedValue {
    /// The attribute's lower-case name.
    pub attribute: String,
    /// Its place among the elements, from 0.
    pub position: i64,
    /// The compared form of `type`.
    pub type_key: Option<String>,
    /// The compared form of `value`; none for photos and certificates, whose value stands in `keys`.
    pub value_key: Option<String>,
    /// `primary`
    pub primary: Option<bool>,
    /// Compared forms of the other sub-attributes, by lower-case name.
    pub keys: Map<String, Value>,
}

/// The search keys of a user: `attributes` in canonical spelling, `organization` the content of the enterprise extension.
#[must_use]
pub fn of_user(attributes: &Map<String, Value>, organization: &Map<String, Value>) -> Index {
    let mut index = Index::default();
    for (name, value) in attributes {
        if let Some(attribute) = ResourceType::User.attribute(name) {
            index.add(None, attribute, value);
        }
    }
    let extension = ResourceType::User.extension(ENTERPRISE_USER);
    for (name, value) in organization {
        if let Some(attribute) = extension.and_then(|schema| schema.attribute(name)) {
            index.add(extension, attribute, value);
        }
    }
    index
}

impl Index {
    fn add(&mut self, extension: Option<&'static Schema>, attribute: &'static Attribute, value: &Value) {
        let path = AttrRef { extension, attribute, sub: None };
        match value {
            Value::String(text) => self.put(path, text),
            Value::Object(parts) => {
                for (name, part) in parts {
                    if let (Some(sub), Value::String(text)) = (attribute.sub(name), part) {
                        self.put(AttrRef { sub: Some(sub), ..path }, text);
                    }
                }
            }
            Value::Array(elements) => {
                let rows = elements.iter().zip(0..).filter_map(|(element, position)| row(attribute, element, position));
                self.values.extend(rows);
            }
            _ => {}
        }
    }

    fn put(&mut self, path: AttrRef, text: &str) {
        self.keys.insert(path.key(), compare::key(path.leaf(), text).into_owned().into());
    }
}

fn row(attribute: &Attribute, element: &Value, position: i64) -> Option<IndexedValue> {
    let mut row = IndexedValue {
        attribute: attribute.name.to_ascii_lowercase(),
        position,
        type_key: None,
        value_key: None,
        primary: element.get("primary").and_then(Value::as_bool),
        keys: Map::new(),
    };
    for (name, part) in element.as_object()? {
        let (Some(sub), Value::String(text)) = (attribute.sub(name), part) else { continue };
        let key = compare::key(sub, text).into_owned();
        match sub.name.as_str() {
            "type" => row.type_key = Some(key),
            "value" if sub.kind != Kind::Binary && !LONG.contains(&attribute.name.as_str()) => {
                row.value_key = Some(key);
            }
            name => drop(row.keys.insert(name.to_ascii_lowercase(), key.into())),
        }
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::needless_pass_by_value)]
    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn single_values_stand_folded_under_their_dotted_name() {
        let index = of_user(
            &object(json!({"title": "Chef", "name": {"familyName": "ÉLAN"}, "profileUrl": "https://X"})),
            &object(json!({"department": "Sales"})),
        );
        let expected = json!({
            "title": "chef", "name.familyname": "élan", "profileurl": "https://X",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department": "sales",
        });
        assert_eq!(Value::Object(index.keys), expected);
    }

    #[test]
    fn each_element_is_a_row_and_long_values_stay_out_of_the_index() {
        let index = of_user(
            &object(json!({
                "emails": [{"value": "A@x", "type": "Work", "primary": true}, {"value": "b@x", "display": "B"}],
                "photos": [{"value": "https://P", "type": "photo"}],
            })),
            &Map::new(),
        );
        let [first, second, photo] = index.values.as_slice() else { panic!("{index:?}") };
        assert_eq!(
            (first.type_key.as_deref(), first.value_key.as_deref(), first.primary),
            (Some("work"), Some("a@x"), Some(true))
        );
        assert_eq!((second.position, second.primary, second.keys["display"].as_str()), (1, None, Some("b")));
        assert_eq!((photo.value_key.as_deref(), photo.keys["value"].as_str()), (None, Some("https://P")));
    }
}
