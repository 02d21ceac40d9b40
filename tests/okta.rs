//! Conversations of Okta, replayed (its SCIM 2.0 documentation and what its traffic shows).

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::on_both;

fn user(login: &str, external_id: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login, "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": login, "type": "work"}], "displayName": "Test User", "locale": "en-US",
        "externalId": external_id, "groups": [], "password": "1mz050nq-longer", "active": true
    })
}

on_both! {
    async fn a_person_joins_changes_leaves_and_comes_back(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        // The connection test.
        let empty = scim.get("/Users?startIndex=1&count=2").await.expect(200).json;
        assert_eq!(empty, json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}));
        let none = scim.find("/Users", "userName eq \"t@okta.example\"", "&startIndex=1&count=100").await.expect(200);
        assert_eq!(none.json["totalResults"], 0);
        let id = scim.post("/Users", user("t@okta.example", "00ujl29u0le5T6Aj10h7")).await.expect(201).id();
        let path = format!("/Users/{id}");
        assert_eq!(scim.find("/Users", "userName eq \"T@okta.example\"", "").await.all("id"), [id.clone()]);
        // An update is a PUT of the whole user, without its externalId.
        let mut changed = user("t@okta.example", "");
        changed.as_object_mut().unwrap().retain(|name, _| name != "externalId" && name != "password");
        changed["name"]["familyName"] = json!("Changed");
        changed["id"] = json!(id);
        changed["meta"] = json!({"resourceType": "User"});
        let put = scim.put(&path, changed).await.expect(200).json;
        assert_eq!((&put["name"]["familyName"], &put["externalId"]), (&json!("Changed"), &json!("00ujl29u0le5T6Aj10h7")));
        // Leaving, and being assigned again in each of three ways.
        let leave = json!([{"op": "replace", "value": {"active": false}}]);
        let left = scim.patch(&path, leave.clone()).await.expect(200);
        assert_eq!(left.json["active"], false);
        scim.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
        scim.patch(&path, leave.clone()).await.expect(200);
        assert_eq!(scim.put(&path, user("t@okta.example", "00ujl29u0le5T6Aj10h7")).await.expect(200).json["active"], true);
        scim.patch(&path, leave).await.expect(200);
        let back = scim.post("/Users", user("t@okta.example", "00ujl29u0le5T6Aj10h7")).await.expect(201);
        assert_eq!((back.id(), &back.json["active"]), (id, &json!(true)));
        // A lost 201: the second POST is told, and the next look-up finds the user.
        scim.post("/Users", user("t@okta.example", "00ujl29u0le5T6Aj10h7")).await.expect_error(409, Some("uniqueness"));
        scim.get("/Users/00ujl29u0le5T6Aj10h7").await.expect_error(404, None);
    }

    async fn a_group_is_pushed_renamed_filled_emptied_and_deleted(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (a, b) = (scim.user("a").await, scim.user("b").await);
        let none = scim.find("/Groups", "displayName eq \"Test SCIMv2\"", "&startIndex=1&count=100").await.expect(200);
        assert_eq!(none.json["totalResults"], 0);
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Test SCIMv2", "members": [{"value": a, "display": "a"}]});
        let id = scim.post("/Groups", body.clone()).await.expect(201).id();
        let path = format!("/Groups/{id}");
        scim.post("/Groups", body).await.expect_error(409, Some("uniqueness"));
        // A rename carries the id and leaves the members alone.
        let renamed = scim.patch(&path, json!([{"op": "replace", "value": {"id": id, "displayName": "Renamed"}}])).await.expect(200);
        assert_eq!((&renamed.json["displayName"], &renamed.json["members"][0]["value"]), (&json!("Renamed"), &json!(a)));
        let members = async || {
            let group = scim.get(&path).await.expect(200).json;
            let mut ids: Vec<String> = group["members"].as_array().into_iter().flatten().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        assert_eq!(members().await, [a.clone()]);
        scim.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": b, "display": "b"}]}])).await.expect(200);
        assert_eq!(members().await, [a.clone(), b.clone()]);
        scim.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")}])).await.expect(200);
        scim.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")}])).await.expect(200);
        assert_eq!(members().await, [b.clone()]);
        scim.patch(&path, json!([{"op": "replace", "path": "members", "value": [{"value": a}, {"value": b}]}])).await.expect(200);
        assert_eq!(members().await, [a.clone(), b.clone()]);
        assert_eq!(scim.get("/Groups?startIndex=1&count=100").await.expect(200).json["Resources"][0]["members"].as_array().unwrap().len(), 2);
        scim.delete(&path).await.expect(204);
        scim.get(&path).await.expect_error(404, None);
    }

    // Row C24, and what Okta's own tests of an integration expect.
    async fn the_tests_of_its_integration_network_pass(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let id = scim.post("/Users", user("runscope@okta.example", "00u1")).await.expect(201).id();
        let list = scim.get("/Users?count=1&startIndex=1").await.expect(200).json;
        assert!(list["itemsPerPage"].is_u64() && list["startIndex"].is_u64() && list["totalResults"].is_u64() && list["Resources"][0]["id"] == id.as_str());
        assert!(["id", "name", "userName", "active", "emails", "schemas", "meta"].iter().all(|name| list["Resources"][0].get(*name).is_some()), "{list}");
        let missing = scim.get("/Users/00919288221112222").await.expect_error(404, None);
        assert!(missing.json["detail"].is_string());
        let again = scim.post("/Users", user("runscope@okta.example", "00u2")).await.expect_error(409, Some("uniqueness"));
        assert!(again.json["detail"].as_str().unwrap().contains("userName"), "what the administrator reads in Okta says what is wrong: {}", again.json);
        // Leaving by PATCH frees the seat in the same change; an application of Okta's may PUT instead.
        let path = format!("/Users/{id}");
        assert_eq!(scim.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await.expect(200).json["active"], false);
        assert_eq!(bridge.counters(&workspace).await, (0, 1, 0, 0));
        let mut put = user("runscope@okta.example", "00u1");
        assert_eq!(scim.put(&path, put.clone()).await.expect(200).json["active"], true);
        put["active"] = json!(false);
        assert_eq!(scim.put(&path, put).await.expect(200).json["active"], false);
        assert_eq!(scim.get(&path).await.expect(200).json["active"], false);
        assert_eq!(bridge.counters(&workspace).await, (0, 1, 0, 0));
        // The import of groups reads them in pages.
        for i in 0..3 {
            scim.group(&format!("g{i}"), &[]).await;
        }
        let page = scim.get("/Groups?startIndex=1&count=100").await.expect(200).json;
        assert_eq!((&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]), (&json!(3), &json!(1), &json!(3)));
    }

    async fn a_full_workspace_is_named_in_the_answer_that_okta_shows(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 1, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        scim.post("/Users", user("a@x.org", "1")).await.expect(201);
        let refused = scim.post("/Users", user("b@x.org", "2")).await.expect_error(403, None);
        let detail = refused.json["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("Growth") && detail.contains("1 seat") && detail.contains("1 in use"), "{detail}");
        // A lost 201 in a full workspace is still a conflict, not a lack of seats.
        scim.post("/Users", user("a@x.org", "1")).await.expect_error(409, Some("uniqueness"));
    }
}
