//! Groups: members, nesting, namesakes, and what a large one costs.

use aisoule_bridge::ids::GroupId;
use aisoule_bridge::store::groups::members;
use serde_json::{Value, json};

use crate::support::{Scim, on_both};

fn add(ids: &[&str]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    json!([{"op": "add", "path": "members", "value": members}])
}

async fn groups_of(scim: &Scim, user: &str) -> Vec<(String, String)> {
    let user = scim.get(&format!("/Users/{user}")).await.expect(200).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    user["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|group| (text(&group["display"]), text(&group["type"])))
        .collect()
}

on_both! {
    async fn a_group_shows_its_members_and_a_member_their_groups(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let anna = scim.post("/Users", json!({"userName": "anna", "displayName": "Anna"})).await.expect(201).id();
        let made = scim.post("/Groups", json!({"displayName": "Support", "externalId": "g1", "members": [{"value": anna, "display": "forged", "type": "Group"}, {"value": anna}]})).await.expect(201);
        assert_eq!(made.json["members"], json!([{"value": anna, "$ref": scim.url(&format!("/Users/{anna}")), "display": "Anna", "type": "User"}]));
        assert_eq!((made.header("etag"), made.header("location")), (Some("W/\"1\""), Some(scim.url(&format!("/Groups/{}", made.id())).as_str())));
        assert_eq!(scim.get(&format!("/Groups/{}", made.id())).await.json, made.json);
        let user = scim.get(&format!("/Users/{anna}")).await.json;
        assert_eq!(user["groups"], json!([{"value": made.id(), "$ref": scim.url(&format!("/Groups/{}", made.id())), "display": "Support", "type": "direct"}]));
        let put = scim.put(&format!("/Groups/{}", made.id()), json!({"displayName": "Support"})).await.expect(200).json;
        assert_eq!((put.get("members"), &put["externalId"]), (None, &json!("g1")));
        assert!(groups_of(&scim, &anna).await.is_empty());
    }

    // Row C41; the large ones are in large.rs.
    async fn groups_in_groups_in_circles_come_to_an_end(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let inner = scim.group("Inner", &[&anna]).await;
        let outer = scim.group("Outer", &[&inner, &ben]).await;
        scim.patch(&format!("/Groups/{inner}"), add(&[&outer])).await.expect(200);
        scim.patch(&format!("/Groups/{inner}"), add(&[&inner])).await.expect_error(400, Some("invalidValue"));
        let pair = |name: &str, how: &str| (name.to_owned(), how.to_owned());
        assert_eq!(groups_of(&scim, &anna).await, [pair("Inner", "direct"), pair("Outer", "indirect")]);
        assert_eq!(groups_of(&scim, &ben).await, [pair("Inner", "indirect"), pair("Outer", "direct")]);
        let shown = scim.get(&format!("/Groups/{outer}")).await.json;
        assert!(shown["members"].as_array().unwrap().iter().any(|member| member["type"] == "Group" && member["display"] == "Inner"));
        let mut conn = bridge.app.store.read().await.unwrap();
        let mut everybody: Vec<String> = members::everybody_in(&mut conn, GroupId::parse(&outer).unwrap()).await.unwrap().iter().map(|row| row.id.to_string()).collect();
        everybody.sort();
        let mut expected = [anna.clone(), ben.clone()];
        expected.sort();
        assert_eq!(everybody, expected);
        drop(conn);
        for (filter, found) in [(format!("groups.value eq \"{outer}\""), 2), ("groups.type eq \"indirect\"".into(), 2), ("groups[display eq \"inner\" and type eq \"direct\"]".into(), 1)] {
            assert_eq!(scim.find("/Users", &filter, "").await.expect(200).json["totalResults"], found, "{filter}");
        }
        scim.delete(&format!("/Groups/{outer}")).await.expect(204);
        assert_eq!(groups_of(&scim, &anna).await, [pair("Inner", "direct")]);
        assert_eq!(scim.get(&format!("/Groups/{inner}")).await.json["members"].as_array().unwrap().len(), 1);
    }

    async fn namesakes_are_told_apart_by_their_external_id(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let group = |external_id: Value| json!({"displayName": "Admins", "externalId": external_id});
        scim.post("/Groups", group(json!("1"))).await.expect(201);
        scim.post("/Groups", group(json!("2"))).await.expect(201);
        scim.post("/Groups", group(json!("1"))).await.expect_error(409, Some("uniqueness"));
        scim.post("/Groups", group(Value::Null)).await.expect_error(409, Some("uniqueness"));
        assert_eq!(scim.find("/Groups", "displayName eq \"ADMINS\"", "").await.json["totalResults"], 2);
        let other = scim.group("Others", &[]).await;
        scim.patch(&format!("/Groups/{other}"), json!([{"op": "replace", "path": "displayName", "value": "admins"}])).await.expect_error(409, Some("uniqueness"));
        scim.post("/Groups", json!({"externalId": "x"})).await.expect_error(400, Some("invalidValue"));
    }

    async fn operations_on_members_keep_their_order_and_are_done_or_not_done_together(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (a, b) = (scim.user("a").await, scim.user("b").await);
        let path = format!("/Groups/{}", scim.group("g", &[&a]).await);
        let both = json!([{"op": "add", "path": "members", "value": [{"value": b}]}, {"op": "remove", "path": format!("members[value eq \"{a}\"]")}]);
        let answer = scim.patch(&path, both).await.expect(200).json;
        assert_eq!(answer["members"].as_array().unwrap().len(), 1);
        assert_eq!(answer["members"][0]["value"], b);
        let version = scim.get(&path).await.header("etag").map(str::to_owned);
        let broken = json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
        scim.patch(&path, broken).await.expect_error(400, Some("invalidValue"));
        scim.patch(&path, json!([{"op": "replace", "path": format!("members[value eq \"{b}\"].value"), "value": a}])).await.expect_error(400, Some("mutability"));
        assert_eq!(scim.get(&path).await.header("etag").map(str::to_owned), version);
        scim.patch(&path, json!([{"op": "remove", "path": "members[type eq \"User\" and not (value eq \"x\")]"}])).await.expect(200);
        assert_eq!(scim.get(&path).await.json.get("members"), None);
        let flip = json!({"op": "add", "path": "members", "value": [{"value": a}]});
        let flop = json!({"op": "remove", "path": "members", "value": [{"value": a}]});
        let many: Vec<Value> = (0..1000).map(|i| if i % 2 == 0 { flip.clone() } else { flop.clone() }).collect();
        scim.patch(&path, json!(many)).await.expect(200);
        assert_eq!(scim.get(&path).await.json.get("members"), None);
    }

    async fn a_large_group_is_changed_without_being_read(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut ids = Vec::new();
        for chunk in 0..3 {
            let operations: Vec<Value> = (0..400).map(|i| json!({"method": "POST", "path": "/Users", "bulkId": format!("{i}"), "data": {"userName": format!("u{chunk}-{i}")}})).collect();
            let done = scim.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})).await.expect(200).json;
            ids.extend(done["Operations"].as_array().unwrap().iter().map(|one| one["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()));
        }
        let refs: Vec<&str> = ids.iter().map(String::as_str).collect();
        let path = format!("/Groups/{}", scim.group("g", &refs[..1000]).await);
        let answer = scim.patch(&path, add(&refs[900..])).await.expect(200).json;
        assert_eq!(answer.get("members"), None, "a large group's members are not shown unless they are asked for");
        assert_eq!(scim.get(&path).await.json["members"].as_array().unwrap().len(), 1200);
        let asked = scim.patch(&format!("{path}?attributes=members"), add(&refs[..1])).await.expect(200).json;
        assert_eq!(asked["members"].as_array().unwrap().len(), 1200);
        let kept: Vec<Value> = refs[..5].iter().map(|id| json!({"value": id})).collect();
        let few = scim.patch(&path, json!([{"op": "replace", "path": "members", "value": kept}])).await.expect(200).json;
        assert_eq!(few["members"].as_array().unwrap().len(), 5);
    }
}
