//! The documents behind `/Schemas` and `/ResourceTypes` (RFC 7644 §4, RFC 7643 §6, §7, §8.7).

use serde_json::{Map, Value, json};

pub(super) const USER_FILE: &str = include_str!("../../../schemas/user.json");
pub(super) const GROUP_FILE: &str = include_str!("../../../schemas/group.json");
pub(super) const ENTERPRISE_USER_FILE: &str = include_str!("../../../schemas/enterprise_user.json");
pub(super) const AISOULE_USER_FILE: &str = include_str!("../../../schemas/aisoule_user.json");

/// Every schema file that `/Schemas` serves: the resources', then those of the discovery documents (RFC 7643 §8.7.2).
const FILES: [&str; 7] = [
    USER_FILE,
    ENTERPRISE_USER_FILE,
    AISOULE_USER_FILE,
    GROUP_FILE,
    include_str!("../../../schemas/service_provider_config.json"),
    include_str!("../../../schemas/resource_type.json"),
    include_str!("../../../schemas/schema.json"),
];

const RESOURCE_TYPES: &str = include_str!("../../../schemas/resource_types.json");

/// The schemas as `/Schemas` serves them. `base` is the base address without a slash at the end; it goes into
/// `meta.location`.
#[must_use]
pub fn documents(base: &str) -> Vec<Value> {
    let files = FILES.iter().filter_map(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    files.map(|map| described(map, "Schema", &format!("{base}/Schemas"))).collect()
}

/// The resource types as `/ResourceTypes` serves them; `base` as in [`documents`].
#[must_use]
pub fn resource_type_documents(base: &str) -> Vec<Value> {
    let maps: Vec<Map<String, Value>> = serde_json::from_str(RESOURCE_TYPES).unwrap_or_default();
    maps.into_iter().map(|map| described(map, "ResourceType", &format!("{base}/ResourceTypes"))).collect()
}

/// `map` between its `schemas` and its `meta`.
fn described(map: Map<String, Value>, kind: &str, folder: &str) -> Value {
    let id = map.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut document = Map::new();
    document.insert("schemas".to_owned(), json!([format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")]));
    document.extend(map);
    document.insert("meta".to_owned(), json!({"resourceType": kind, "location": format!("{folder}/{id}")}));
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, ResourceType, Schema};
    use super::*;

    #[test]
    fn every_file_is_a_schema() {
        for text in FILES {
            let schema: Schema = serde_json::from_str(text).expect("a schema file parses");
            assert!(!schema.attributes.is_empty(), "{}", schema.id);
            for attribute in &schema.attributes {
                assert_eq!(attribute.kind == Kind::Complex, !attribute.sub_attributes.is_empty(), "{}", attribute.name);
                assert!(!attribute.description.is_empty(), "{}", attribute.name);
            }
        }
    }

    #[test]
    fn the_files_and_the_code_name_the_same_schemas() {
        for (kind, document) in ResourceType::ALL.iter().zip(resource_type_documents("")) {
            assert_eq!(document["name"], kind.name());
            assert_eq!(document["endpoint"], kind.endpoint());
            assert_eq!(document["schema"], kind.schema().id);
            let extensions = document["schemaExtensions"].as_array().expect("an array");
            let named: Vec<_> = extensions.iter().filter_map(|one| one["schema"].as_str()).collect();
            let known: Vec<_> = kind.extensions().iter().map(|schema| schema.id.as_str()).collect();
            assert_eq!(named, known);
            assert!(kind.extensions().iter().all(|schema| !schema.attributes.is_empty()));
        }
    }

    #[test]
    fn a_document_has_its_location() {
        let documents = documents("https://b.example/scim/v2");
        assert_eq!(documents.len(), 7);
        assert_eq!(
            documents[0]["meta"]["location"],
            "https://b.example/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"
        );
    }
}
