use serde_json::{Value, json};

use super::*;

#[allow(clippy::needless_pass_by_value)]
fn request(operations: Value) -> BulkRequest {
    BulkRequest::parse(&json!({"schemas": [REQUEST_URN], "Operations": operations})).unwrap()
}

fn group(id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|member| json!({"value": format!("bulkId:{member}")})).collect();
    json!({"method": "post", "path": "/Groups", "bulkId": id, "data": {"displayName": id, "members": members}})
}

fn order(request: &BulkRequest) -> Vec<usize> {
    request
        .plan()
        .iter()
        .filter_map(|step| if let Step::Do { operation, .. } = step { Some(*operation) } else { None })
        .collect()
}

#[test]
fn whoever_refers_comes_after_what_it_refers_to() {
    assert_eq!(order(&request(json!([group("a", &["b"]), group("b", &["c"]), group("c", &[])]))), [2, 1, 0]);
    let patch = json!({"method": "PATCH", "path": "/Groups/bulkId:a", "data": {"x": 1}});
    assert_eq!(order(&request(json!([patch, group("a", &[])]))), [1, 0]);
    assert_eq!(order(&request(json!([group("a", &["nobody"]), group("b", &[])]))), [0, 1]);
}

#[test]
fn a_circle_is_closed_afterwards() {
    // RFC 7644 §3.7.1: each group is a member of the other.
    let plan = request(json!([group("a", &["b"]), group("b", &["a"])])).plan();
    let expected = [
        Step::Do { operation: 0, without: vec!["b".into()] },
        Step::Do { operation: 1, without: vec![] },
        Step::Complete { operation: 0, without: vec!["b".into()] },
    ];
    assert_eq!(plan, expected);
}

#[test]
fn a_request_holds_only_so_many_references() {
    let parse = |count: usize| {
        let members = vec!["b"; count];
        BulkRequest::parse(&json!({"schemas": [REQUEST_URN], "Operations": [group("a", &members)]})).map(|_| ())
    };
    assert!(parse(MAX_REFERENCES).is_ok());
    assert_eq!(parse(MAX_REFERENCES + 1).unwrap_err().status, 413);
}

#[test]
fn what_hangs_on_a_circle_waits_for_it() {
    let patch = json!({"method": "PATCH", "path": "/Groups/bulkId:a", "data": {"x": 1}});
    let plan = order(&request(json!([patch, group("a", &["a"])])));
    assert_eq!(plan, [1, 0]);
}

#[test]
fn what_is_wrong_with_one_operation_is_said_in_its_place() {
    let bad = json!([
        {"method": "GET", "path": "/Users/1"},
        {"method": "POST", "path": "/Users", "data": {}},
        {"method": "POST", "path": "/Users/1", "bulkId": "x", "data": {}},
        {"method": "POST", "path": "/Bulk", "bulkId": "y", "data": {}},
        {"method": "DELETE", "path": "/Users"},
        {"method": "PUT", "path": "/Users/1/2", "data": {}},
        {"method": "PUT", "path": "/Users/1", "data": []},
        {"method": "PUT", "path": "Users/1", "data": {}},
        7
    ]);
    assert!(request(bad).operations.iter().all(|one| one.act.is_err()));
}

#[test]
fn a_request_that_is_none_is_refused_whole() {
    let parse = |body: Value| BulkRequest::parse(&body).map(|_| ()).unwrap_err().status;
    assert_eq!(parse(json!([])), 400);
    assert_eq!(parse(json!({"Operations": []})), 400);
    assert_eq!(parse(json!({"schemas": [REQUEST_URN]})), 400);
    assert_eq!(parse(json!({"schemas": [REQUEST_URN], "Operations": [], "failOnErrors": 0})), 400);
    assert_eq!(parse(json!({"schemas": [REQUEST_URN], "Operations": vec![json!({}); MAX_OPERATIONS + 1]})), 413);
    assert_eq!(parse(json!({"schemas": [REQUEST_URN], "Operations": [group("a", &[]), group("a", &[])]})), 400);
}

#[test]
fn references_are_replaced_or_left_out() {
    let data = json!({"members": [{"value": "bulkId:a"}, {"value": "x"}], "manager": "bulkId:b", "n": 1});
    assert_eq!(references(&data), ["a", "b"]);
    let resolved = substitute(data.clone(), &mut |id: &str| Ok::<_, ()>(format!("id-{id}"))).unwrap();
    assert_eq!(resolved, json!({"members": [{"value": "id-a"}, {"value": "x"}], "manager": "id-b", "n": 1}));
    assert_eq!(without(data, &HashSet::from(["a", "b"])), json!({"members": [{"value": "x"}], "n": 1}));
}
