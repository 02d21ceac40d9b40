//! Every attribute of every schema, taken from `schemas/*.json`: searched by, sorted by, shown and left out.

use aisoule_bridge::scim::schema::{Attribute, COMMON, Kind, ResourceType, Returned, Uniqueness};
use serde_json::{Value, json};

use crate::support::{Scim, on_both};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An attribute or sub-attribute with its full path.
struct Leaf {
    path: String,
    /// The list that it is a sub-attribute of.
    list: Option<String>,
    attribute: &'static Attribute,
    /// Whether the attribute itself, or what holds it, may be shown.
    returned: bool,
}

fn leaves(kind: ResourceType) -> Vec<Leaf> {
    let mut all = Vec::new();
    let core = kind.schema().attributes.iter().chain(&*COMMON).map(|attribute| (String::new(), attribute));
    let more = kind
        .extensions()
        .iter()
        .flat_map(|schema| schema.attributes.iter().map(move |attribute| (format!("{}:", schema.id), attribute)));
    for (prefix, attribute) in core.chain(more) {
        let (path, returned) = (format!("{prefix}{}", attribute.name), attribute.returned != Returned::Never);
        for sub in &attribute.sub_attributes {
            let list = attribute.multi_valued.then(|| path.clone());
            all.push(Leaf {
                path: format!("{path}.{}", sub.name),
                list,
                attribute: sub,
                returned: returned && sub.returned != Returned::Never,
            });
        }
        all.push(Leaf { path, list: None, attribute, returned });
    }
    all
}

/// The value at a path of a resource as it is shown; the first, where there are several.
fn value_at<'v>(resource: &'v Value, path: &str) -> Option<&'v Value> {
    let (extension, rest) = match path.rfind(':') {
        Some(at) => (Some(&path[..at]), &path[at + 1..]),
        None => (None, path),
    };
    let mut value = match extension {
        Some(urn) => resource.get(urn)?,
        None => resource,
    };
    for name in rest.split('.') {
        value = match value {
            Value::Array(elements) => elements.iter().find_map(|element| element.get(name))?,
            other => other.get(name)?,
        };
    }
    match value {
        Value::Array(elements) => elements.first(),
        other => Some(other),
    }
}

async fn ask(scim: &Scim, endpoint: &str, filter: &str) -> Option<Vec<String>> {
    let answer = scim.find(endpoint, filter, "&count=50").await;
    if answer.status == 200 {
        return Some(answer.all("id"));
    }
    answer.clone().expect_error(400, Some("invalidFilter"));
    assert!(answer.json["detail"].as_str().unwrap().len() > 20, "{filter}");
    None
}

async fn directory(scim: &Scim) -> (Value, Value) {
    let boss = scim.post("/Users", json!({"userName": "boss", "displayName": "The Boss"})).await.expect(201).id();
    let element = |i: usize| json!({"value": format!("v{i}@example.com"), "display": format!("Display {i}"), "type": format!("type{i}"), "primary": i == 0});
    let list: Vec<Value> = (0..2).map(element).collect();
    let certificates = json!([{"value": "MIIDQzCCAqyg", "display": "Cert", "type": "x", "primary": true}]);
    let mut body = json!({
        "userName": "Full@Example.com", "externalId": "Ext-1", "name": {"formatted": "F M", "familyName": "Fam", "givenName": "Giv", "middleName": "Mid", "honorificPrefix": "Dr.", "honorificSuffix": "III"},
        "displayName": "Full User", "nickName": "Nick", "profileUrl": "https://example.com/Full", "title": "Title", "userType": "Employee", "preferredLanguage": "en-GB", "locale": "en-GB", "timezone": "Europe/Berlin", "active": true, "password": "t1meMa$heen!",
        "addresses": [{"formatted": "A B", "streetAddress": "Street", "locality": "Town", "region": "Region", "postalCode": "12345", "country": "DE", "type": "work", "primary": true}], "x509Certificates": certificates,
        ENTERPRISE: {"employeeNumber": "7", "costCenter": "CC", "organization": "Org", "division": "Div", "department": "Dep", "manager": {"value": boss}},
    });
    for name in ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles"] {
        body[name] = json!(list);
    }
    let id = scim.post("/Users", body).await.expect(201).id();
    let inner = scim
        .post("/Groups", json!({"displayName": "Inner", "externalId": "G-1", "members": [{"value": id}]}))
        .await
        .expect(201)
        .id();
    (scim.get(&format!("/Users/{id}")).await.json, scim.get(&format!("/Groups/{inner}")).await.json)
}

on_both! {
    async fn every_attribute_can_be_searched_by_or_says_that_it_cannot(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, group) = directory(&scim).await;
        let (mut searched, mut refused) = (0, Vec::new());
        for (kind, resource, others) in [(ResourceType::User, &user, 1), (ResourceType::Group, &group, 0)] {
            let (id, endpoint) = (resource["id"].as_str().unwrap().to_owned(), kind.endpoint());
            for leaf in leaves(kind) {
                let path = &leaf.path;
                if !leaf.returned {
                    for filter in [format!("{path} pr"), format!("{path} eq \"t1meMa$heen\""), format!("not ({path} eq \"x\")"), format!("{path} sw \"$argon2\"")] {
                        assert_eq!(ask(&scim, endpoint, &filter).await, None, "{filter}");
                    }
                    continue;
                }
                let value = value_at(resource, path);
                let present = ask(&scim, endpoint, &format!("{path} pr")).await.unwrap_or_else(|| panic!("{path} pr is refused"));
                assert_eq!(present.contains(&id), value.is_some(), "{path} pr");
                let absent = ask(&scim, endpoint, &format!("not ({path} pr)")).await.unwrap();
                assert_eq!((absent.contains(&id), present.len() + absent.len()), (value.is_none(), others + 1), "not ({path} pr)");
                let Some(value) = value else { continue };
                // What is compared of a complex attribute is its value.
                let value = if value.is_object() { value.get("value").unwrap_or(&Value::Null) } else { value };
                for op in ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] {
                    let literal = match (op, value) {
                        ("co", Value::String(text)) => json!(text.chars().skip(1).take(3).collect::<String>()),
                        ("sw", Value::String(text)) => json!(text.chars().take(2).collect::<String>()),
                        ("ew", Value::String(text)) => json!(text.chars().rev().take(2).collect::<Vec<_>>().iter().rev().collect::<String>()),
                        (_, Value::Null) => json!("x"),
                        (_, value) => value.clone(),
                    };
                    let filter = format!("{path} {op} {literal}");
                    let Some(found) = ask(&scim, endpoint, &filter).await else {
                        // Refused by intention: there is nothing to compare, or the comparison has no meaning.
                        let complex = leaf.attribute.kind == Kind::Complex && value.is_null();
                        let untimely = leaf.attribute.kind == Kind::DateTime && ["co", "sw", "ew"].contains(&op);
                        let only_equal = [Kind::Boolean, Kind::Binary].contains(&leaf.attribute.kind) || path == "x509Certificates";
                        assert!(complex || untimely || (only_equal && !["eq", "ne"].contains(&op)), "{filter} is refused");
                        refused.push(filter);
                        continue;
                    };
                    searched += 1;
                    let multi = leaf.list.is_some() || leaf.attribute.multi_valued;
                    match op {
                        "eq" | "co" | "sw" | "ew" | "ge" | "le" => assert!(found.contains(&id), "{filter}"),
                        "ne" | "gt" | "lt" if !multi => assert!(!found.contains(&id), "{filter}"),
                        _ => {}
                    }
                    if op == "eq" {
                        let upper = format!("{} EQ {literal}", path.to_ascii_uppercase());
                        assert_eq!(ask(&scim, endpoint, &upper).await, Some(found), "{upper}");
                    }
                }
                if let (Some(list), false) = (&leaf.list, value.is_null()) {
                    let name = &leaf.attribute.name;
                    for filter in [format!("{list}[{name} eq {value}]"), format!("{list}[{name} eq {value}] and id pr"), format!("{list}[not ({name} ne {value})]"), format!("{list}[{name} pr]")] {
                        assert!(ask(&scim, endpoint, &filter).await.is_some_and(|found| found.contains(&id)), "{filter}");
                    }
                    let none = format!("{list}[{name} eq {value} and not ({name} eq {value})]");
                    assert_eq!(ask(&scim, endpoint, &none).await, Some(Vec::new()), "{none}");
                }
            }
        }
        assert!(searched > 450, "{searched} comparisons were answered");
        assert!(refused.len() < 140, "{refused:?}");
    }

    // Row C20.
    async fn every_attribute_can_be_sorted_by_or_says_that_it_cannot(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        directory(&scim).await;
        for kind in ResourceType::ALL {
            let total = scim.get(kind.endpoint()).await.json["totalResults"].clone();
            for leaf in leaves(kind) {
                for order in ["ascending", "descending"] {
                    let answer = scim.get(&format!("{}?sortBy={}&sortOrder={order}", kind.endpoint(), leaf.path)).await;
                    if answer.status == 200 {
                        assert!(leaf.returned && answer.json["totalResults"] == total, "{}", leaf.path);
                    } else {
                        answer.expect_error(400, Some("invalidPath"));
                        let list = leaf.path.split('.').next().unwrap();
                        let is_list = ["groups", "members", "addresses"].contains(&list) || leaf.path.contains(":User:teams");
                        assert!(!leaf.returned || is_list, "{}", leaf.path);
                    }
                }
            }
        }
    }

    async fn what_the_schemas_call_unique_no_two_resources_share_and_what_else_is_unique_is_said(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut unique = Vec::new();
        for kind in ResourceType::ALL {
            let naming = if kind == ResourceType::User { "userName" } else { "displayName" };
            for attribute in kind.schema().attributes.iter().chain(&*COMMON) {
                if attribute.uniqueness != Uniqueness::Server || attribute.is_read_only() {
                    continue;
                }
                let body = |name: &str| {
                    let mut body = json!({naming: name});
                    body[&attribute.name] = json!(format!("same {}", attribute.name));
                    body
                };
                let of = |name: &str| format!("{name} {} {}", kind.name(), attribute.name);
                scim.post(kind.endpoint(), body(&of("one"))).await.expect(201);
                scim.post(kind.endpoint(), body(&of("two"))).await.expect_error(409, Some("uniqueness"));
                let other = scim.post(kind.endpoint(), json!({naming: of("other"), "externalId": of("other")})).await.expect(201).id();
                let change = json!([{"op": "replace", "path": attribute.name, "value": body("")[&attribute.name]}]);
                scim.patch(&format!("{}/{other}", kind.endpoint()), change).await.expect_error(409, Some("uniqueness"));
                unique.push(format!("{}.{}", kind.name(), attribute.name));
            }
        }
        assert_eq!(unique, ["User.userName", "User.externalId", "Group.externalId"]);
        // The first address is unique although not every address is: the schema says it in words.
        let schema = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await.expect(200).json;
        let emails = schema["attributes"].as_array().unwrap().iter().find(|one| one["name"] == "emails").unwrap();
        let value = emails["subAttributes"].as_array().unwrap().iter().find(|one| one["name"] == "value").unwrap();
        assert!(value["uniqueness"] == "none" && value["description"].as_str().unwrap().contains("unique among the people of the workspace"), "{value}");
        let person = |name: &str, emails: [&str; 2]| json!({"userName": name, "emails": [{"value": emails[0], "primary": true}, {"value": emails[1]}]});
        scim.post("/Users", person("p1", ["one@example.com", "shared@example.com"])).await.expect(201);
        scim.post("/Users", person("p2", ["two@example.com", "shared@example.com"])).await.expect(201);
        scim.post("/Users", person("p3", ["ONE@example.com", "three@example.com"])).await.expect_error(409, Some("uniqueness"));
    }

    // Row C20.
    async fn every_attribute_can_be_asked_for_and_left_out(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, group) = directory(&scim).await;
        for (kind, resource) in [(ResourceType::User, &user), (ResourceType::Group, &group)] {
            let path = format!("{}/{}", kind.endpoint(), resource["id"].as_str().unwrap());
            for leaf in leaves(kind) {
                let with = scim.get(&format!("{path}?attributes={}", leaf.path)).await.expect(200).json;
                let without = scim.get(&format!("{path}?excludedAttributes={}", leaf.path)).await.expect(200).json;
                let listed = scim.find(kind.endpoint(), &format!("id eq {}", resource["id"]), &format!("&attributes={}", leaf.path)).await.expect(200).json["Resources"][0].clone();
                assert_eq!(with, listed, "{}", leaf.path);
                for shown in [&with, &without] {
                    assert!(shown["id"] == resource["id"] && shown["schemas"] == resource["schemas"], "{}", leaf.path);
                    assert!(!shown.to_string().contains("t1meMa") && !shown.to_string().contains("argon2"));
                }
                assert_eq!(value_at(&with, &leaf.path), value_at(resource, &leaf.path), "attributes={}", leaf.path);
                if leaf.attribute.returned != Returned::Always {
                    assert_eq!(value_at(&without, &leaf.path), None, "excludedAttributes={}", leaf.path);
                }
                let names = with.as_object().unwrap().len();
                assert!(names <= 3, "attributes={} shows {with}", leaf.path);
            }
        }
        for nothing in ["password", "password_hash", "token_hash", "nonsense", "urn:x:y"] {
            let shown = scim.get(&format!("/Users/{}?attributes={nothing}", user["id"].as_str().unwrap())).await.expect(200).json;
            assert_eq!(shown, json!({"schemas": user["schemas"], "id": user["id"]}), "{nothing}");
        }
    }
}
