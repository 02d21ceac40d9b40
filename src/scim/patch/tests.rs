use serde_json::json;

use super::*;

fn patched(resource: Value, operation: &Value) -> Value {
    let resource = normalise(ResourceType::User, resource, Context::Create, Profile::Compat).unwrap();
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": [operation]});
    let patch = Patch::parse(ResourceType::User, &body, Profile::Compat).unwrap();
    Value::Object(patch.apply(&resource).unwrap())
}

#[test]
fn a_replaced_element_keeps_its_own_spelling_of_what_selected_it() {
    let before = json!({"userName": "a", "emails": [{"value": "a@x", "type": "work", "display": "A"}]});
    let operation = json!({"op": "replace", "path": "emails[type eq \"WORK\"]", "value": {"value": "b@x"}});
    assert_eq!(patched(before, &operation)["emails"], json!([{"value": "b@x", "type": "work"}]));
}

#[test]
fn a_removal_with_a_value_takes_the_elements_that_it_names_and_no_others() {
    let before = json!({"userName": "a", "emails": [{"value": "a@x", "type": "work"}, {"value": "a@x", "type": "home"}, {"value": "b@x"}]});
    for (named, left) in [
        (json!([{"value": "A@X", "type": "Work"}]), json!([{"value": "a@x", "type": "home"}, {"value": "b@x"}])),
        (json!([{"value": "a@x"}]), json!([{"value": "b@x"}])),
        (json!([{"value": "b@x", "type": "work"}]), before["emails"].clone()),
    ] {
        let operation = json!({"op": "remove", "path": "emails", "value": named});
        assert_eq!(patched(before.clone(), &operation)["emails"], left, "{named}");
    }
}
